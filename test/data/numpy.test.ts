import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/data/formats/zip.ts'
import {
  encodeNpy,
  encodeNpz,
  type NpyArray,
  type NpyData,
  npy,
  npz,
  parseNpy,
  parseNpz,
  readNpy,
  readNpz,
  writeNpy,
  writeNpz,
} from '../../src/data/index.ts'

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/npy', name)
const folder = mkdtempSync(join(tmpdir(), 'evenstep-npy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const numbers = [0, 1, 2, 3, 100, 127]

describe('NumPy’s files', () => {
  test('are read in every element type and byte order', () => {
    const types = ['f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2']
    for (const name of [...types.map((type) => `little-${type}`), 'big-f4', 'big-i8', 'big-f2']) {
      const { shape, data } = readNpy(fixture(`${name}.npy`))
      expect([name, shape, Array.from(data, Number)]).toEqual([name, [2, 3], numbers])
    }
    expect(readNpy(fixture('little-i8.npy')).data).toBeInstanceOf(BigInt64Array)
    expect(readNpy(fixture('bool.npy'))).toEqual({ shape: [3], data: Uint8Array.of(1, 0, 1) })
    expect(readNpy(fixture('scalar.npy'))).toEqual({ shape: [], data: Float64Array.of(1.5) })
    expect(readNpy(fixture('empty.npy'))).toEqual({ shape: [0, 3], data: new Float32Array(0) })
    expect(readNpy(fixture('extreme-i8.npy')).data).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n))
    expect(readNpy(fixture('extreme-f2.npy')).data).toEqual(
      Float32Array.of(0.0999755859375, -65504, 2 ** -24, Infinity, -Infinity, NaN, -0),
    )
  })

  test('are read column by column, and with headers of every version', () => {
    expect(readNpy(fixture('fortran.npy'))).toEqual({ shape: [2, 3], data: Float32Array.from(numbers) })
    const ramp = Int16Array.from({ length: 24 }, (_, i) => i)
    expect(readNpy(fixture('fortran-3.npy'))).toEqual({ shape: [2, 3, 4], data: ramp })
    for (const version of [2, 3]) {
      const read = readNpy(fixture(`version-${version}.npy`))
      expect(read).toEqual({ shape: [2, 3], data: Float32Array.from(numbers) })
    }
  })

  test('may have a header in the syntax of Python 2, and entries in any order', () => {
    const read = (header: string, body = 8): NpyArray => {
      const bytes = new Uint8Array(10 + header.length + body)
      bytes.set(Buffer.from('\x93NUMPY\x01\x00', 'latin1'))
      bytes[8] = header.length
      bytes.set(Buffer.from(header), 10)
      return parseNpy(bytes, 'a')
    }
    for (const [header, shape] of [
      ["{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }\n", [2]],
      ["{'shape': (2L, 1L), 'fortran_order': False, 'descr': '=f4'}", [2, 1]],
      ["{'shape': ( 2,1 ), 'fortran_order': True, 'descr': 'f4'}", [2, 1]],
    ] as const)
      expect(read(header)).toEqual({ shape, data: new Float32Array(2) })
    expect(read("{'descr': '?', 'fortran_order': False, 'shape': (8,), }").data).toEqual(new Uint8Array(8))
    for (const header of [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
    ])
      expect(() => read(header)).toThrow(
        `a: wanted a header with descr, fortran_order and shape, got ${JSON.stringify(header).slice(0, 57)}`,
      )
    expect(() => read("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999, 2), }")).toThrow(
      'a: wanted a shape that fits into memory, got [10000000000000000, 2]; the file is damaged',
    )
    expect(() => {
      const bytes = Uint8Array.from(readFileSync(fixture('bool.npy')))
      bytes[bytes.length - 1] = 2
      parseNpy(bytes, 'a')
    }).toThrow('a: wanted booleans as 0 or 1, got 2; the file is damaged')
  })

  test('are written byte for byte as NumPy does', () => {
    for (const type of ['f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8']) {
      const bytes = new Uint8Array(readFileSync(fixture(`little-${type}.npy`)))
      expect(encodeNpy(parseNpy(bytes, type))).toEqual(bytes)
    }
    const scalar = new Uint8Array(readFileSync(fixture('scalar.npy')))
    expect(encodeNpy(parseNpy(scalar, 'scalar'))).toEqual(scalar)
  })

  test('say why they cannot be read', () => {
    const refuses = (name: string, message: string): void =>
      expect(() => readNpy(fixture(`${name}.npy`))).toThrow(`${name}.npy: ${message}`)
    refuses('structured', 'wanted plain numbers, got a structured dtype; save each field as its own array')
    const types = { text: '<U2', complex: '<c16', object: '|O' }
    for (const [name, dtype] of Object.entries(types)) {
      refuses(
        name,
        `wanted integers, floats or booleans, got dtype ${dtype}; save it with array.astype('float32')`,
      )
    }
    const bytes = readFileSync(fixture('little-f4.npy'))
    expect(() => parseNpy(bytes.subarray(0, -1), 'a')).toThrow(
      'a: wanted 24 bytes for [2, 3] of <f4, got 23; the file is truncated or damaged',
    )
    expect(() => parseNpy(bytes.subarray(0, 20), 'a')).toThrow(
      'a: wanted a header of 118 bytes, got 20 in all; it is damaged',
    )
    expect(() => parseNpy(new Uint8Array(20), 'a')).toThrow(
      'a: wanted an NPY file that starts \\x93NUMPY, got another',
    )
    expect(() => encodeNpy({ shape: [2], data: new Float32Array(3) })).toThrow(
      'encodeNpy: wanted 2 numbers for [2], got 3',
    )
  })
})

const array: fc.Arbitrary<NpyArray> = fc
  .tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.nat(9), fc.infiniteStream(fc.nat(255)))
  .map(([shape, type, bytes]) => {
    const make = [
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      BigInt64Array,
      Uint8Array,
      Uint16Array,
      Uint32Array,
      BigUint64Array,
    ][type]!
    const size = shape.reduce((a, b) => a * b, 1)
    const raw = Uint8Array.from({ length: size * make.BYTES_PER_ELEMENT }, () => bytes.next().value)
    return { shape, data: new make(raw.buffer) as NpyData }
  })

test('arrays of any shape and type come back as they were', () => {
  fc.assert(
    fc.property(array, (one) => {
      expect(parseNpy(encodeNpy(one), 'a')).toEqual(one)
    }),
  )
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]\w{0,9}$/), array),
      fc.boolean(),
      (arrays, compress) => {
        const back = parseNpz(encodeNpz(arrays, { compress }), 'a')
        expect(Object.fromEntries(Object.entries(back))).toEqual(Object.fromEntries(Object.entries(arrays)))
      },
    ),
  )
})

describe('archives', () => {
  test('of NumPy are read, stored or deflated, and written again', () => {
    const x = { shape: [3, 2, 2], data: Float64Array.from({ length: 12 }, (_, i) => i) }
    const y = { shape: [3], data: BigInt64Array.of(0n, 2n, 1n) }
    for (const name of ['stored', 'deflated']) expect(readNpz(fixture(`${name}.npz`))).toEqual({ x, y })
    const path = join(folder, 'a.npz')
    writeNpz(path, { x, y })
    expect(readNpz(path)).toEqual({ x, y })
  })

  test('become data sets, and so do single files', () => {
    const set = npz(fixture('stored.npz'))
    expect([set.x.shape, set.x.dtype, set.y.data, set.classes]).toEqual([
      [2, 2],
      'float32',
      Int32Array.of(0, 2, 1),
      3,
    ])
    expect(npz(fixture('stored.npz'), { dtype: 'float64' }).x.dtype).toBe('float64')
    const [xPath, yPath] = [join(folder, 'x.npy'), join(folder, 'y.npy')]
    writeNpy(xPath, { shape: [2, 3], data: Uint8Array.from(numbers) })
    writeNpy(yPath, { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) })
    expect(npy(xPath, yPath).y).toEqual({ shape: [2], data: Float32Array.of(1, 2, 3, 4), dtype: 'float32' })
    expect(() => npz(fixture('stored.npz'), { x: 'X' })).toThrow(
      'stored.npz: wanted an array that is one of x, y, got X; did you mean x?',
    )
    expect(() => npy(fixture('bool.npy'), yPath)).toThrow(
      'y.npy: wanted x and y with equal numbers of examples, got [3] and [2, 2]',
    )
  })

  test('have one array of each name', () => {
    const one = encodeNpy({ shape: [1], data: Float32Array.of(1) })
    const names = (...all: string[]) => pack(new Map(all.map((name) => [name, one])), true)
    expect(() => parseNpz(names('x', 'x.npy'), 'a.npz')).toThrow(
      'a.npz: wanted a name for each array, got x twice',
    )
  })

  test('that are damaged are refused', () => {
    const bytes = readFileSync(fixture('deflated.npz'))
    expect(() => parseNpz(bytes.subarray(0, -1), 'a.npz')).toThrow(
      'a.npz: wanted a whole ZIP archive, got one that is truncated or damaged',
    )
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(bytes)
        changed[at]! ^= change
        try {
          // A change that is not noticed is in a name or a date, not in the numbers.
          for (const { data } of Object.values(parseNpz(changed, 'a.npz'))) {
            expect([12, 3]).toContain(data.length)
            expect(Array.from(data, Number).join()).toMatch(/^(0,1,2,3,4,5,6,7,8,9,10,11|0,2,1)$/)
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^a\.npz.*: wanted /)
        }
      }),
      { numRuns: 1500 },
    )
  })
})

test('a damaged NPY file is refused, or has as many numbers as it says', () => {
  const bytes = readFileSync(fixture('little-f4.npy'))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, put, cut) => {
      const changed = Uint8Array.from(cut ? bytes.subarray(0, at) : bytes)
      if (!cut) changed[at] = put
      try {
        const { shape, data } = parseNpy(changed, 'a.npy')
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
      } catch (error) {
        expect((error as Error).message).toMatch(/^a\.npy: wanted /)
      }
    }),
    { numRuns: 1500 },
  )
})
