import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { collect } from '../stream.ts'
import { csv, csvStream } from './csv.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (text: string): string => {
  const path = join(folder, 'a.csv')
  writeFileSync(path, text)
  return path
}
describe('a stream of a CSV file', () => {
  test('has the same numbers as the whole file, wherever it is cut', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i},${i / 7},"k ""${i % 3}, ü"""`)
    const path = file(`a,b,kind\n${rows.join('\n')}`)
    const whole = csv(path, { label: 'kind' })
    const stream = csvStream(path, { label: 'kind', classNames: whole.classNames! })
    expect(await collect(stream)).toEqual(whole)
    expect([whole.length, whole.classes]).toEqual([60_000, 3])
  })

  test('of a gzipped file may be left early, and says when the file is damaged', async () => {
    const path = join(folder, 'a.csv.gz')
    const bytes = gzipSync(`a,k\n${'1,0\n'.repeat(600_000)}`)
    writeFileSync(path, bytes)
    const stream = csvStream(path, { label: 'k', classes: 2 })
    for await (const { length } of stream.read(0)) {
      expect(length).toBeLessThan(600_000)
      break
    }
    expect((await collect(stream)).length).toBe(600_000)
    writeFileSync(path, bytes.subarray(0, -9))
    await expect(collect(stream)).rejects.toThrow(
      'a.csv.gz: wanted a whole gzip file, got one that is truncated or damaged',
    )
  })

  test('must be told the classes', () => {
    expect(() => csvStream(file('a,kind\n1,x\n'), { label: 'kind' })).toThrow(
      'a.csv: wanted classNames or classes, for labels are unknown before the end of a stream, got nothing',
    )
  })
})

test('a CSV file that is not there is named', () => {
  const wrong = 'no.csv: wanted a file, got none; check the path'
  expect(() => csv(join(folder, 'no.csv'), { label: 'k' })).toThrow(wrong)
  expect(() => csvStream(join(folder, 'no.csv'), { label: 'k', classes: 2 })).toThrow(wrong)
  expect(() => csv(folder, { label: 'k' })).toThrow(`${folder}: wanted a file, got a folder`)
})
