import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Numbers } from '../../scripts/fuzz/bytes.ts'
import { Draw } from '../../scripts/fuzz/reader.ts'
import { readers } from '../../scripts/fuzz/readers.ts'
import { write } from '../../scripts/fuzz/run.ts'
import { sample } from '../../scripts/fuzz/sample.ts'
import { EvenstepError } from '../../src/core/errors.ts'
import { golden } from '../support/golden.ts'

// Made-up files, sound and damaged: what is read must be what NumPy, safetensors, pyarrow or Pillow reads.

const expected = golden<Record<string, 'skip' | null | Record<string, (number | string)[]>>>('readers')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-golden-readers-'))
afterAll(() => rmSync(folder, { recursive: true }))

const texts: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }
const numberOf = (value: number | string): number => (typeof value === 'number' ? value : texts[value]!)

test.each(Object.entries(sample))(
  '%s files have the numbers that other libraries read',
  async (name, count) => {
    const reader = readers.find((one) => one.name === name)!
    let compared = 0
    for (let i = 0; i < count; i++) {
      const file = reader.make(new Draw(name, 1, i))
      const wanted = expected[`${name}-${i}`]
      try {
        const read = (await file.read(write(file, folder))) as Numbers
        if (wanted === 'skip' || wanted === null || wanted === undefined) continue // the other library is stricter
        const where = `${name} ${i}: ${JSON.stringify(file.about)}`
        expect(Object.keys(read).sort(), where).toEqual(Object.keys(wanted).sort())
        for (const key of Object.keys(read)) expect(read[key], where).toEqual(wanted[key]!.map(numberOf))
        compared++
      } catch (error) {
        if (!(error instanceof EvenstepError)) throw error
      }
    }
    expect(compared).toBeGreaterThan(count / 4)
  },
)
