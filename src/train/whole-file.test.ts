import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeFlushed } from './whole-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-whole-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Memory that nobody touches takes no room, and /dev/null takes no time.
test.skipIf(platform() === 'win32').each([
  ['one chunk', () => [new Uint8Array(2_240_000_000)]],
  ['several chunks', () => Array.from({ length: 3 }, () => new Uint8Array(800_000_000))],
])('2 GiB and more are written in pieces: %s', async (_, chunks) => {
  await writeFlushed('/dev/null', chunks())
})

test('chunks are written in order, empty ones too', async () => {
  const path = join(folder, 'parts')
  await writeFlushed(path, [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])
  expect([...readFileSync(path)]).toEqual([1, 2, 3])
})
