import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Dataset } from '../../data/dataset.ts'
import { parseData } from './data.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-parts-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, ...rows: readonly string[]): string => {
  writeFileSync(join(folder, name), ['answer,price,y', ...rows].join('\n'))
  return name
}

test('later parts of a table have the kinds of the columns of the training part', async () => {
  const train = file('train.csv', 'no,1.50,a', 'yes,x,b', 'no,1.50,a', 'maybe,x,b', 'maybe,x,a', 'yes,2.50,b')
  const later = file('later.csv', 'yes,2.50,b', 'no,1.50,a', 'yes,1.50,a')
  const part = (table: string, options = {}) => ({ table, label: 'y', ...options })
  const parts = await parseData({ train: part(train), validation: part(later), test: part(later) }, folder)
  const numbers = [3, 0, 2, 2, 3, 2]
  for (const made of [parts.validation, parts.test])
    expect(Array.from((made as Dataset).x.data, Number)).toEqual(numbers)
  const told = part(later, { columns: { price: 'number' } })
  await expect(parseData({ train: part(train), validation: told }, folder)).rejects.toThrow(
    `later.csv: wanted a text at row 0, column price, got 2.5; tell its kind, as in columns: { "price": 'category' }`,
  )
})
