import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packageFolder } from '../package-folder.ts'
import { builtFile } from './site.ts'

test('large files that an installed package has only once are found where it has them', () => {
  const digits = readFileSync(new URL('assets/mnist-10x10.bin', packageFolder))
  const served = builtFile('/assets/mnist-10x10-DqVW_MTm.bin')!
  expect(digits.equals(served.bytes)).toBe(true)
  expect(served).toMatchObject({ type: 'application/octet-stream', cache: 'max-age=31536000, immutable' })
  const engine = builtFile('/assets/ort-wasm-simd-threaded-DcHrbrbl.wasm')!
  expect([...engine.bytes.subarray(0, 4)]).toEqual([0, 0x61, 0x73, 0x6d]) // the beginning of WebAssembly
  expect(engine.type).toBe('application/wasm')
})

test('nothing else is: no other file of a name that ends so, and none outside of the folder', () => {
  for (const path of [
    '/assets/names-DqVW_MTm.bin',
    '/assets/mnist-10x10.bin',
    '/mnist-10x10-DqVW_MTm.bin',
    '/assets/../package-DqVW_MTm.bin',
    '/assets/breast-cancer.csv',
  ])
    expect(builtFile(path), path).toBeUndefined()
})
