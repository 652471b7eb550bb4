import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readFile, withFile } from '../../src/data/files/read-file.ts'
import { fileSource } from '../../src/disk/file-source.ts'
import { loadWeights } from '../../src/train/index.ts'
import { readTensors } from '../../src/train/safetensors.ts'
import { ToyNet } from '../support/toy.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-large-'))
afterAll(() => rmSync(root, { recursive: true }))

const size = 5 * 2 ** 30

/** Makes a file of 5 GiB that takes no room on disk: bytes at its start, then zeros, then bytes at its end. */
function sparse(name: string, start: Uint8Array, end: Uint8Array = new Uint8Array()): string {
  const path = join(root, name)
  writeFileSync(path, start)
  truncateSync(path, size)
  const file = openSync(path, 'r+')
  writeSync(file, end, 0, end.length, size - end.length)
  closeSync(file)
  return path
}

/** The header of a safetensors file with the given entries. */
function header(entries: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(entries))
  const bytes = new Uint8Array(8 + text.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

describe('a file of 5 GiB', () => {
  test('is read where it is asked for', () => {
    const path = sparse('range', Uint8Array.of(1), Uint8Array.of(2, 3))
    withFile(path, (file) => {
      const source = fileSource(file, path)
      expect(source.length).toBe(size)
      const bytes = [source.read(0, 2), source.read(size - 3, size)].map((one) => [...new Uint8Array(one)])
      expect(bytes).toEqual([
        [1, 0],
        [0, 2, 3],
      ])
    })
  })

  test('of tensors is checked by its header before a tensor is read, and each is read alone', () => {
    const wrong = { 'fc1.weight': { dtype: 'F32', shape: [8, 2], data_offsets: [0, 64] } }
    const path = sparse('wrong.safetensors', header(wrong))
    const bytes = header(wrong).length + 64
    expect(() => loadWeights(new ToyNet(), path)).toThrow(
      `wrong.safetensors: wanted ${bytes} bytes, got ${size}; the file is truncated or damaged`,
    )
    const length = 2.5 * 2 ** 30
    const head = header({
      a: { dtype: 'U8', shape: [length], data_offsets: [0, length] },
      b: { dtype: 'F32', shape: [1], data_offsets: [length, length + 4] },
    })
    const asked: number[] = []
    const read = (start: number, end: number): ArrayBuffer => {
      asked.push(end - start)
      if (start < head.length) {
        const part = new Uint8Array(end - start)
        part.set(head.subarray(start, end))
        return part.buffer
      }
      return new ArrayBuffer(end - start > 4 ? 0 : 4)
    }
    readTensors({ length: head.length + length + 4, read }, 'two')
    expect(asked).toEqual([256, head.length - 8, length, 4])
  })
})

test('a header beyond 100 MB is refused before it is read', () => {
  const bytes = new Uint8Array(9)
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 30n, true)
  const path = sparse('header.safetensors', bytes)
  expect(() => loadWeights(new ToyNet(), path)).toThrow(
    'header.safetensors: wanted a header of up to 100000000 bytes, got 1073741824; the file is damaged',
  )
})

test.runIf(existsSync('/proc/self/status'))('a file that states no size is read to its end', () => {
  expect(readFile('/proc/self/status').length).toBeGreaterThan(100)
})
