import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readers } from '../../scripts/fuzz/readers.ts'
import { tryFile } from '../../scripts/fuzz/run.ts'

// A sample of what scripts/fuzz-readers.ts tries. Memory is not measured here, where other tests take some as well.

const folder = mkdtempSync(join(tmpdir(), 'evenstep-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each(readers)('$name files are read or refused, whatever they hold', async (reader) => {
  const results = { read: 0, refused: 0 }
  for (let index = 0; index < 60; index++) {
    const { result, message } = await tryFile(reader, 0, index, folder)
    if (result === 'crash') expect.unreachable(`${reader.name} ${index}: ${message}`)
    results[result === 'refused' ? 'refused' : 'read']++
  }
  expect(results.read).toBeGreaterThan(10)
  expect(results.refused).toBeGreaterThan(5)
})
