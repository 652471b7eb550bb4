/**
 * Time to read and encode a mixed table of 100,000 rows and 30 columns: `npm run build && node bench/encode-table.mjs`.
 *
 * The columns are 12 of numbers, one of them with missing values, 5 of categories, 2 of dates, 1 of booleans and 10 of
 * free text of 6 words, besides a label. Prints the medians of 5 turns, wall-clock time and CPU time, the size of the
 * file and of the encoded rows, and the peak of memory.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { data } from '../dist/index.js'
import { median, round } from './statistics.mjs'

const [rows, turns] = [100_000, 5]
const { uniform } = (await import('../dist/index.js')).random(0, 'table')
const below = (n) => Math.floor(uniform() * n)
const words = Array.from({ length: 2000 }, () =>
  Array.from({ length: 3 + below(6) }, () => String.fromCharCode(97 + below(26))).join(''),
)
const columns = [
  ...Array.from({ length: 11 }, () => () => (uniform() * 1000).toFixed(3)),
  () => (uniform() < 0.1 ? '' : below(100)),
  ...Array.from({ length: 5 }, (_, i) => () => words[below(4 ** (i + 1))]),
  () => `20${10 + below(14)}-0${1 + below(9)}-${10 + below(19)}`,
  () => `20${10 + below(14)}-0${1 + below(9)}-${10 + below(19)} 1${below(10)}:${10 + below(50)}`,
  () => ['yes', 'no'][below(2)],
  ...Array.from({ length: 10 }, () => () => Array.from({ length: 6 }, () => words[below(2000)]).join(' ')),
  () => ['stays', 'leaves'][below(2)],
]
const names = [...columns.map((_, i) => `column ${i}`).slice(0, -1), 'label']

const folder = mkdtempSync(join(tmpdir(), 'evenstep-table-'))
const path = join(folder, 'table.csv')
try {
  const lines = Array.from({ length: rows }, () => columns.map((value) => value()).join(','))
  writeFileSync(path, `${names.join(',')}\n${lines.join('\n')}\n`)
  lines.length = 0
  const [wall, cpu, read] = [[], [], []]
  let width = 0
  for (let turn = 0; turn < turns; turn++) {
    const [begin, before] = [performance.now(), process.cpuUsage()]
    const table = await data.table(path, { label: 'label' })
    read.push(performance.now() - begin)
    const { train, validation } = data.split(table, { validation: 0.2 })
    wall.push(performance.now() - begin)
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1000)
    width = train.x.shape[0]
    if (train.length + validation.length !== rows) throw new Error('rows are missing')
  }
  const seconds = (times) => `${(median(times) / 1000).toFixed(2)} s`
  const megabytes = (bytes) => `${round(bytes / 2 ** 20)} MB`
  console.log(`read and encoded in ${seconds(wall)}, ${seconds(cpu)} of CPU; read alone in ${seconds(read)}`)
  console.log(
    `file ${megabytes(statSync(path).size)}, encoded ${rows} × ${width}, ${megabytes(4 * rows * width)}`,
  )
  console.log(`peak of memory ${megabytes(process.resourceUsage().maxRSS * 1024)}`)
} finally {
  rmSync(folder, { recursive: true })
}
