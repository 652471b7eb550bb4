import { dash } from '../../core/text.ts'
import { escapeHtml, escapeMarkdown } from './escape.ts'
import type { Table } from './section.ts'

/** Renders a table as HTML, in a frame that scrolls sideways on a narrow page. */
export function tableHtml({ caption, columns, heads, rows }: Table): string {
  const right = numeric({ columns, heads, rows })
  const kind = (at: number): string => (right[at] ? ' class="number"' : '')
  const head = columns.map((name, at) => `<th scope="col"${kind(at)}>${escapeHtml(name)}</th>`).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((text, at) => cell(text, at < heads, kind(at))).join('')}</tr>`,
  )
  const name = escapeHtml(caption)
  return [
    `<div class="scroll" role="group" aria-label="${name}" tabindex="0"><table>`,
    `<caption><span>${name}</span></caption>`,
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>\n${body.join('\n')}\n</tbody></table></div>`,
  ].join('\n')
}

const cell = (text: string, isHead: boolean, kind: string): string =>
  isHead ? `<th scope="row"${kind}>${escapeHtml(text)}</th>` : `<td${kind}>${escapeHtml(text)}</td>`

/** Renders a table as Markdown, with columns padded to equal width, so that it is readable as plain text. */
export function tableMarkdown(table: Table): string {
  const right = numeric(table)
  const lines = [table.columns, ...table.rows].map((row) => row.map(escapeMarkdown))
  const widths = table.columns.map((_, at) => Math.max(3, ...lines.map((row) => [...row[at]!].length)))
  const pad = (text: string, at: number): string => {
    const space = ' '.repeat(widths[at]! - [...text].length)
    return right[at] ? space + text : text + space
  }
  const [head, ...body] = lines.map((row) => `| ${row.map(pad).join(' | ')} |`)
  const rule = widths.map((width, at) => (right[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [`**${escapeMarkdown(table.caption)}**`, '', head, `| ${rule.join(' | ')} |`, ...body].join('\n')
}

/** Returns, for each column, whether it contains only numbers or dashes, and so should be right-aligned. */
function numeric({ columns, heads, rows }: Pick<Table, 'columns' | 'heads' | 'rows'>): readonly boolean[] {
  const isNumber = (text: string): boolean =>
    text === dash || text === '' || /^×|^[<≤≥] |^−?\d[\d,]*(\.\d+)?(?![.\d])/.test(text)
  return columns.map((_, at) => at >= heads && rows.every((row) => isNumber(row[at]!)))
}
