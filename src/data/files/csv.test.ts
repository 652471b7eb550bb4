import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

  test('must be told the classes', () => {
    expect(() => csvStream(file('a,kind\n1,x\n'), { label: 'kind' })).toThrow(
      'a.csv: wanted classNames or classes, for labels are unknown before the end of a stream, got nothing',
    )
  })
})
