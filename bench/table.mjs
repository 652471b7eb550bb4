// The results as Markdown tables and a chart: `node bench/table.mjs [results.json] [--write README.md,docs/benchmarks.md]`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chartOf } from './chart.mjs'
import { ratioOf } from './statistics.mjs'

/** The tables that a page may have between markers of the same name. */
const tables = {
  bench: (results) =>
    withNote(
      againstPyTorch(results, (one) => !one.growth),
      results,
    ),
  peers: (results) => withNote(againstPeers(results), { ...results, contenders: [] }),
  growth: (results) => {
    const rows = againstPyTorch(results, (one) => one.growth)
    return (
      rows && `![Milliseconds a step by width, depth and batch](benchmarks.svg)\n\n${withNote(rows, results)}`
    )
  },
}

/** All tables, without those that have no rows. */
export const toMarkdown = (results) =>
  Object.values(tables)
    .map((table) => table(results))
    .filter(Boolean)
    .join('\n\n')

const withNote = (table, results) => table && `${table}\n\n${footnote(results)}`

/** The times of PyTorch with the number of threads that is faster on a workload; undefined if it is absent. */
export const bestOf = (times, name) =>
  Object.entries(times)
    .filter(([contender]) => contender.startsWith(name))
    .map(([, one]) => one)
    .sort((a, b) => a.median - b.median)[0]

/** PyTorch's time ÷ Evenstep's for a workload, with its interval; undefined if one of them is absent. */
export function speedup({ times }) {
  const peer = bestOf(times, 'PyTorch')
  const own = times.Evenstep
  return peer && own ? ratioOf(peer.rounds, own.rounds) : undefined
}

function againstPyTorch({ workloads }, isRow) {
  const rows = workloads.filter(isRow).map((one) => {
    const ratio = speedup(one)
    const shown = ratio ? `**${short(ratio.mean)}** (${short(ratio.low)}–${short(ratio.high)})` : 'absent'
    const peer = bestOf(one.times, 'PyTorch')
    return [`${one.name}, batch ${one.batch}`, cell(one.times.Evenstep), cell(peer), shown]
  })
  return aligned(['µs a step or batch', 'Evenstep', 'PyTorch', 'PyTorch ÷ Evenstep'], rows)
}

function againstPeers({ workloads, contenders }) {
  const rows = workloads.filter(({ peers }) => peers)
  const versionOf = ({ name, version }) => (name.startsWith('Evenstep') ? name : `${name} ${version}`)
  const shown = contenders.filter(
    ({ name }) => !name.startsWith('PyTorch') && rows.some((one) => one.times[name]),
  )
  const cells = rows.map((one) => [
    `${one.name}, batch ${one.batch}`,
    ...shown.map(({ name }) => cell(one.times[name])),
  ])
  return shown.length < 2 ? '' : aligned(['µs a step', ...shown.map(versionOf)], cells)
}

const cell = (time) => (time ? `${short(time.median)} (${short(time.min)}–${short(time.max)})` : 'absent')

/** A Markdown table, padded as formatters do: the first column left-aligned, the others right-aligned. */
function aligned(head, rows) {
  if (rows.length === 0) return ''
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i].length)))
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const pad = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))
  return [head, rule, ...rows].map((cells) => `| ${cells.map(pad).join(' | ')} |`).join('\n')
}

/** Three significant figures, with commas. */
const short = (value) => Number(value.toPrecision(3)).toLocaleString('en')

function footnote({ machine, rounds, date, load, contenders }) {
  const torch = contenders.find(({ name }) => name.startsWith('PyTorch'))
  const beside = torch
    ? ` Ratios are geometric means over rounds with their 95 % intervals. PyTorch ${torch.version} with the better of one and two threads.`
    : ''
  return (
    `Medians (least–greatest) of ${rounds} interleaved rounds.${beside} ` +
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node.slice(1)}; ` +
    `load ${load[0]} at the start; ${date.slice(0, 10)}.`
  )
}

/** Returns the text with what stands between the markers of each table replaced by that table. */
export function filled(text, results) {
  let page = text
  let found = 0
  for (const [name, table] of Object.entries(tables)) {
    const markers = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [from, to] = markers.map((marker) => page.indexOf(marker))
    const rows = table(results)
    if (from < 0 || to < from || !rows) continue
    page = `${page.slice(0, from + markers[0].length)}\n\n${rows}\n\n${page.slice(to)}`
    found++
  }
  if (found > 0) return page
  throw new Error(`wanted markers such as <!-- bench --> and <!-- /bench --> in the file, got none`)
}

function main() {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'string', default: '' } },
    allowPositionals: true,
  })
  const file = positionals[0] ?? join(import.meta.dirname, 'results', 'latest.json')
  const results = JSON.parse(readFileSync(file, 'utf8'))
  const pages = values.write.split(',').filter(Boolean)
  if (pages.length === 0) return console.log(toMarkdown(results))
  for (const page of pages) writeFileSync(page, filled(readFileSync(page, 'utf8'), results))
  const chart = chartOf(results)
  if (chart) writeFileSync(join(import.meta.dirname, '..', 'docs', 'benchmarks.svg'), chart)
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main()
