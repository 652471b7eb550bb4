import { expect, test } from 'vitest'
import { type ColumnKinds, encoder, parseTable, type TableEncoding } from '../../src/data/index.ts'
import { TabularInput } from '../../src/nn/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { golden } from '../support/golden.ts'

interface Golden {
  readonly csv: string
  /** Number of training rows; they come first. */
  readonly train: number
  readonly columns: ColumnKinds
  /** Values of all rows by column: `n0`, `n0 missing`, `c0="red"`. */
  readonly wanted: Readonly<Record<string, readonly number[]>>
}

const tables = golden<readonly Golden[]>('tables')

/** Returns the names of the features that come out of a one-hot `TabularInput`. */
const featuresOf = (encoding: TableEncoding): string[] =>
  encoding.columns.flatMap((column) =>
    column.kind === 'category'
      ? column.values.map((value) => `${column.name}=${JSON.stringify(value)}`)
      : encoder({ format: 1, columns: [column] }).featureNames,
  )

test('50 random tables are encoded as by SimpleImputer, StandardScaler and OneHotEncoder', async () => {
  expect(tables).toHaveLength(50)
  for (const { csv, train, columns, wanted } of tables) {
    const table = parseTable(csv, 'golden.csv', { target: 'y', columns })
    const encoding = table.encoding(Array.from({ length: train }, (_, row) => row))
    const data = table.encodedBy(encoding)
    const input = new TabularInput(data, { encode: 'one-hot' })
    const names = featuresOf(encoding)
    expect(names.toSorted()).toEqual(Object.keys(wanted).toSorted())
    const step = await compile({ x: { shape: [data.length, ...data.x.shape] } }, ({ x }) => ({
      y: input.forward(x),
    }))
    const { y } = await step({ x: data.x.data })
    const found = Array.from(y as Float32Array)
    for (const [i, name] of names.entries()) {
      const values = wanted[name]!.map((_, row) => found[row * names.length + i]!)
      const off = values.map((value, row) => Math.abs(value - wanted[name]![row]!))
      expect(Math.max(...off), `${name} of ${csv}`).toBeLessThan(
        2e-6 * Math.max(1, ...wanted[name]!.map(Math.abs)),
      )
    }
  }
})
