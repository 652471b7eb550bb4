import { visible } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { escapeMarkdown } from './escape.ts'
import type { Block, Code } from './section.ts'
import { sectionsOf } from './sections.ts'
import { summaryOf } from './summary.ts'
import { tableMarkdown } from './table.ts'

/** Renders a study's findings as Markdown: the content of the HTML page, but tables in place of charts. */
export function markdown(findings: Findings): string {
  const { shown, absent } = sectionsOf(findings)
  const parts = [
    `# ${escapeMarkdown(findings.name)}`,
    escapeMarkdown(summaryOf(findings)),
    ...findings.answer.map((sentence) => `> ${escapeMarkdown(sentence)}`),
    ...shown.flatMap(({ title, blocks }) => [`## ${title}`, ...blocks.flatMap(blockMarkdown)]),
    ...(absent.length > 0 ? ['## Not shown', absent.map((line) => `- ${line}`).join('\n')] : []),
  ]
  return visible(`${parts.join('\n\n')}\n`)
}

function blockMarkdown(block: Block): readonly string[] {
  switch (block.type) {
    case 'paragraph':
      return [escapeMarkdown(block.text)]
    case 'code':
      return [codeMarkdown(block)]
    case 'table':
      return block.long ? [`${escapeMarkdown(block.caption)}: in findings.json.`] : [tableMarkdown(block)]
    case 'figure':
      return [escapeMarkdown(block.caption), ...block.panels.map((panel) => tableMarkdown(panel.table))]
  }
}

/** Returns a fenced code block; its fence is longer than any sequence of backticks in the code. */
function codeMarkdown({ title, language, text }: Code): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${title}:\n\n${fence}${language}\n${text}\n${fence}`
}
