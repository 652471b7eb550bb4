// Writes docs/atlas.md, its pictures and the README's section from what has been run: npx jiti studies/atlas/write.ts
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { study } from 'evenstep'
import { cellPicture } from './cell-picture.ts'
import { decaySection } from './decay-page.ts'
import { type Found, findings, type Together, together } from './findings.ts'
import { furtherSection } from './further-page.ts'
import { overallPicture } from './overall-picture.ts'
import { page } from './page.ts'
import { asRatio, count, range, wrapped } from './words.ts'

const root = join(import.meta.dirname, '../..')

/** The files that show the atlas, by path. */
export async function files(within?: string): Promise<ReadonlyMap<string, string>> {
  const all = await findings(within)
  const answers = together(all)
  const sections = [await decaySection(), await furtherSection()].filter((section) => section !== '')
  const pictures = all.flatMap(({ cell, result }) =>
    result ? [[`docs/atlas/${cell.id}.svg`, cellPicture(cell, result)] as const] : [],
  )
  return new Map([
    ...pictures,
    ['docs/atlas.svg', overallPicture(answers)],
    ['docs/atlas.md', [page(all, answers, discovered(answers)), ...sections].join('\n')],
    ['README.md', between(readFileSync(join(root, 'README.md'), 'utf8'), headline(all, answers))],
  ])
}

/** How many answers hold when all cells and questions are corrected together. */
function discovered(answers: readonly Together[]): string {
  const p = answers.flatMap(({ effects }) => effects.map(({ effect }) => effect.judged.p))
  const kept = p.length === 0 ? 0 : study.falseDiscovery(p, 'any').filter((q) => q <= 0.05).length
  return `Of the ${count(p.length, 'answer')} of single cells, ${kept} are shown at a false-discovery rate of 5 % over all of them.`
}

/** The README's lines: the main answers. */
function headline(all: readonly Found[], answers: readonly Together[]): string {
  const done = all.filter(({ result }) => result?.counts).length
  const parts = ['batch', 'schedule-batch', 'schedule-none', 'plateau-batch'].flatMap((id) => {
    const { question, meta } = answers.find(({ question }) => question.id === id)!
    return meta
      ? [`${question.title} ${asRatio(question, meta.mean)} (${range(question, meta.interval)})`]
      : []
  })
  const means =
    parts.length > 0
      ? `. Mean ratios of test losses over the ${done} of ${all.length} cells whose networks reach a baseline, with 95 % intervals: ${parts.join('; ')}`
      : ''
  return `${wrapped(`The atlas asks the same on real data from vision, language and biomedicine, with MLPs, CNNs, RNNs and attention ([docs/atlas.md](docs/atlas.md))${means}.`)}

![Ratios of test losses in the cells of the atlas](docs/atlas.svg)`
}

const markers = ['<!-- atlas -->', '<!-- /atlas -->'] as const

function between(text: string, lines: string): string {
  const [from, to] = markers.map((marker) => text.indexOf(marker)) as [number, number]
  if (from < 0 || to < from) throw new Error(`atlas: wanted ${markers.join(' and ')} in README.md, got none`)
  return `${text.slice(0, from + markers[0].length)}\n${lines}\n${text.slice(to)}`
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(join(root, 'docs/atlas'), { recursive: true })
  for (const [path, text] of await files()) writeFileSync(join(root, path), text)
}
