import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { unzip, unzipNatively } from './gzip.ts'

const text = new TextEncoder().encode('γ and β, '.repeat(20_000))
/** What looks like the start of a member, inside of one: stored bytes. */
const alike = gzipSync(Uint8Array.of(1, 0x1f, 0x8b, 8, 0, 2), { level: 0 })

test('members are decompressed natively, in order', async () => {
  const file = Buffer.concat([gzipSync(text), gzipSync(Uint8Array.of(7)), gzipSync(text.subarray(9))])
  const content = await unzipNatively(file)
  expect(Buffer.compare(content, unzip(file, 'a.gz'))).toBe(0)
})

test.each([
  ['not gzip', Uint8Array.of(1, 2, 3)],
  ['truncated', gzipSync(text).subarray(0, 100)],
  ['damaged', gzipSync(text).fill(0xff, 40, 60)],
  ['split wrongly', alike],
  ['longer than 32 MB', gzipSync(new Uint8Array(2 ** 25 + 1))],
])('bytes that are %s are unchanged', async (_, file) => {
  expect(await unzipNatively(file)).toBe(file)
})
