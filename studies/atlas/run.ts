// Runs cells of the atlas: npx jiti studies/atlas/run.ts [--quick] [CELL…]
// Each run is stored in studies/results/atlas at once; runs that are stored are not repeated.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { looks } from './arms.ts'
import { Book, folder } from './book.ts'
import type { Cell } from './cell.ts'
import { cells, missing } from './cells.ts'
import { fresh, isQuick, more, quick, windows } from './stages.ts'

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = positionals.filter((id) => !cells.some((cell) => cell.id === id))
if (unknown.length > 0) {
  console.error(`atlas: wanted some of ${cells.map(({ id }) => id).join(', ')}, got ${unknown.join(', ')}`)
  process.exit(2)
}
const asked =
  positionals.length === 0 ? cells : positionals.map((id) => cells.find((cell) => cell.id === id)!)
const within = values.quick ? mkdtempSync(join(tmpdir(), 'atlas-')) : folder
const here = asked.filter((cell) => {
  const lacks = missing(cell)
  if (lacks !== undefined) console.log(`${cell.id}: skipped, since ${lacks} is not there`)
  return lacks === undefined && (!values.quick || isQuick(cell))
})
for (const cell of here) {
  await tell(cell, 'rates and windows', async (book) => {
    await fresh(book)
    await windows(book)
  })
}
for (const seeds of values.quick ? [] : looks.slice(1)) {
  for (const cell of here) await tell(cell, `${seeds} seeds`, (book) => more(book, seeds))
}

async function tell(cell: Cell, name: string, stage: (book: Book) => Promise<void>): Promise<void> {
  const began = performance.now()
  const book = new Book(values.quick ? quick(cell) : cell, within)
  await stage(book)
  const minutes = ((performance.now() - began) / 6e4).toFixed(1)
  console.log(`${cell.id}: ${name} done, ${Object.keys(book.runs).length} runs, ${minutes} minutes`)
}
