// The results as a Markdown table: `node bench/table.mjs [results.json] [--write README.md]`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** A table of microseconds per step and their ratio to Evenstep's, with a footnote on the machine. */
export function toMarkdown(results) {
  const { contenders, absent, nets } = results
  const head = ['µs a step', ...nets.map(({ name, batch }) => `${name}, batch ${batch}`)]
  const rows = [
    ...merged(contenders).map((row) => rowOf(row, contenders, nets)),
    ...absent.map((name) => [name, ...nets.map(() => 'absent')]),
  ]
  return `${aligned(head, rows)}\n\n${footnote(results)}`
}

/** A Markdown table, padded as formatters do: the first column left-aligned, the others right-aligned. */
function aligned(head, rows) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i].length)))
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const pad = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  return [head, rule, ...rows].map((cells) => `| ${cells.map(pad).join(' | ')} |`).join('\n')
}

/** One row per library; PyTorch's has the better thread count for each net. */
function merged(contenders) {
  const rows = new Map()
  for (const contender of contenders) {
    const name = contender.name.replace(/,.*/, '')
    rows.set(name, [...(rows.get(name) ?? []), contender])
  }
  return [...rows].map(([name, variants]) => ({ name, variants }))
}

const best = (variants, net) =>
  variants.map((variant) => variant.nets[net.name]).reduce((a, b) => (b.median < a.median ? b : a))

function rowOf({ name, variants }, contenders, nets) {
  const base = contenders.find((contender) => contender.name === 'Evenstep')
  const title = name === 'Evenstep' ? '**Evenstep**' : `${name} ${variants[0].version}`
  return [title, ...nets.map((net) => cell(best(variants, net), base?.nets[net.name]))]
}

function cell({ median, min, max }, base) {
  const times = base && base.median !== median ? ` · ${short(median / base.median)}×` : ''
  return `**${short(median)}**${times} (${short(min)}–${short(max)})`
}

/** Three significant figures, with commas. */
const short = (value) => Number(value.toPrecision(3)).toLocaleString('en')

function footnote({ machine, rounds, date, load, contenders }) {
  const threads = contenders.some(({ name }) => name.startsWith('PyTorch'))
    ? ' PyTorch with the better of one and two threads.'
    : ''
  return (
    `Median (least–greatest) of ${rounds} interleaved rounds, and how many times Evenstep's median.${threads} ` +
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node.slice(1)}; ` +
    `load ${load[0]} at the start; ${date.slice(0, 10)}.`
  )
}

const markers = ['<!-- bench -->', '<!-- /bench -->']

/** Returns the text with everything between the markers replaced by `table`. */
export function between(text, table) {
  const [from, to] = markers.map((marker) => text.indexOf(marker))
  if (from < 0 || to < from) throw new Error(`wanted ${markers.join(' and ')} in the file, got none`)
  return `${text.slice(0, from + markers[0].length)}\n\n${table}\n\n${text.slice(to)}`
}

function main() {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'string' } },
    allowPositionals: true,
  })
  const file = positionals[0] ?? join(import.meta.dirname, 'results', 'latest.json')
  const table = toMarkdown(JSON.parse(readFileSync(file, 'utf8')))
  if (values.write === undefined) return console.log(table)
  writeFileSync(values.write, between(readFileSync(values.write, 'utf8'), table))
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main()
