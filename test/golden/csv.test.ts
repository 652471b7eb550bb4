import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Data } from '../../src/core/dtype.ts'
import { parseCsv } from '../../src/data/formats/csv.ts'
import type { CsvOptions } from '../../src/data/formats/csv-options.ts'
import { golden } from '../support/golden.ts'

interface Case {
  readonly file: string
  readonly options: CsvOptions
  readonly x: string
  readonly y?: string
  readonly labels?: readonly string[]
}

const digest = ({ buffer, byteOffset, byteLength }: Data): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
    .slice(0, 16)

test('CSV files hold the numbers and classes that pandas reads, to the last bit', () => {
  const cases = golden<Case[]>('csv')
  expect(cases.length).toBeGreaterThan(100)
  for (const [index, { file, options, x, y, labels }] of cases.entries()) {
    const set = parseCsv(Buffer.from(file, 'base64'), `${index}.csv`, options)
    const about = `${index}: ${JSON.stringify(options)}`
    expect(digest(set.x.data), about).toBe(x)
    if (labels === undefined) expect(digest(set.y.data), about).toBe(y)
    else {
      const names = set.classNames ?? Array.from({ length: set.classes! }, (_, i) => String(i))
      expect(
        Array.from(set.y.data, Number).map((label) => names[label]),
        about,
      ).toEqual(labels)
      expect([...names].sort(), about).toEqual([...new Set(labels)].sort())
    }
  }
})
