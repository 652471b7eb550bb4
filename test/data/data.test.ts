import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { dataset, subset, type Values } from '../../src/data/dataset.ts'
import { digits10x10 } from '../../src/data/files/digits.ts'
import { idxImages } from '../../src/data/files/idx.ts'
import { parseIdx } from '../../src/data/formats/idx.ts'
import { loader } from '../../src/data/loader.ts'
import { moments, normalize, standardize, streamMoments } from '../../src/data/normalize.ts'
import { collect, stream } from '../../src/data/stream.ts'

const numbered = (n: number) =>
  dataset({
    x: Float32Array.from({ length: 2 * n }, (_, i) => i),
    y: Int32Array.from({ length: n }, (_, i) => i),
  })

describe('a data set', () => {
  test('finds the shape of its examples and the number of classes', () => {
    const set = dataset({ x: new Float32Array(12), y: Int32Array.of(0, 2, 1) })
    expect([set.length, set.x.shape, set.classes]).toEqual([3, [4], 3])
    expect(dataset({ x: new Float32Array(2), y: Float32Array.of(0.5, 1) }).classes).toBeUndefined()
  })

  test('refuses lengths and labels that do not fit', () => {
    expect(() => dataset({ x: new Float32Array(7), y: new Int32Array(2), shape: [3] })).toThrow(
      'dataset: wanted 3 numbers of x for each of 2 examples, got 7; check shape',
    )
    expect(() => dataset({ x: new Float32Array(2), y: Int32Array.of(0, 3), classes: 3 })).toThrow(
      'dataset: wanted labels from 0 to 2, got 3 at example 1',
    )
    expect(() => dataset({ x: new Float32Array(3), y: new Float32Array(3), targetShape: [2] })).toThrow(
      'dataset: wanted whole targets of 2 numbers, got 3; check targetShape',
    )
    const names = { classes: 3, classNames: ['a', 'b'] }
    expect(() => dataset({ x: new Float32Array(2), y: Int32Array.of(0, 1), ...names })).toThrow(
      'dataset: wanted 3 classNames, one a class, got 2',
    )
    expect(() => subset(numbered(3), [0, 3])).toThrow('subset: wanted indices from 0 to 2, got 3')
    expect(() => subset(numbered(3), [])).toThrow('subset: wanted indices from 0 to 2, got nothing')
  })
})

describe('a loader', () => {
  const seen = (batches: Iterable<{ y: ArrayLike<number | bigint> }>): number[] =>
    [...batches].flatMap(({ y }) => Array.from(y, Number))

  test('gives every example once an epoch, in an order that (seed, epoch) decides', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(99),
        (n, batchSize, seed) => {
          const make = () => loader(numbered(n), { batchSize, seed })
          const [first, again, next] = [make().batches(0), make().batches(0), make().batches(1)].map(seen)
          expect(first).toEqual(again)
          expect([...first!].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
          if (n > 20) expect(first).not.toEqual(next)
        },
      ),
    )
  })

  test('keeps x and y of an example together', () => {
    for (const { x, y } of loader(numbered(10), { batchSize: 3, seed: 0 }).batches(0)) {
      for (const [i, label] of Array.from(y, Number).entries()) expect(x[2 * i]).toBe(2 * label)
    }
  })

  test('keeps or drops the last batch, by rule', () => {
    const sizes = (last: 'keep' | 'drop') =>
      [...loader(numbered(10), { batchSize: 4, last }).batches(0)].map((b) => b.length)
    expect(sizes('keep')).toEqual([4, 4, 2])
    expect(sizes('drop')).toEqual([4, 4])
    expect(loader(numbered(10), { batchSize: 4 }).length).toBe(3)
    expect(() => loader(numbered(3), { batchSize: 4, last: 'drop' })).toThrow(
      "loader: wanted at least one batch of 4 examples, got 3; use a smaller batchSize or last: 'keep'",
    )
    expect(() => loader(numbered(3), { batchSize: 0 })).toThrow(
      'loader: wanted batchSize as a positive integer, got 0',
    )
  })

  test('stacks batches in the same order, the odd one apart', () => {
    const all = loader(numbered(11), { batchSize: 2, seed: 3 })
    const stacks = [...all.stacks(0, () => 3)].map((s) => s.length)
    expect(stacks).toEqual([6, 4, 1])
    const inTurn = [] // a stack is written over the one before
    for (const stack of all.stacks(0, () => 3)) inTurn.push(...seen([stack]))
    expect(inTurn).toEqual(seen(all.batches(0)))
  })

  test('copies rows of any length whole', () => {
    for (const size of [1, 2, 23, 24, 100]) {
      const x = Float32Array.from({ length: 5 * size }, (_, i) => i)
      const picked = subset(dataset({ x, y: new Int32Array(5) }), [3, 0]).x.data
      expect(Array.from(picked, Number)).toEqual([...x.subarray(3 * size, 4 * size), ...x.subarray(0, size)])
    }
  })
})

describe('normalisation', () => {
  const split = { train: numbered(4), validation: dataset({ x: Float32Array.of(9, 9), y: Int32Array.of(0) }) }

  test('is that of the training part', () => {
    const { train, validation } = normalize(split)
    const mean = 3.5
    const deviation = Math.sqrt(21 / 4)
    expect(Number(train.x.data[0])).toBeCloseTo((0 - mean) / deviation, 6)
    expect(Number(validation.x.data[0])).toBeCloseTo((9 - mean) / deviation, 6)
  })

  test('may go by channel', () => {
    const x = Float32Array.of(1, 3, 10, 10, 3, 1, 10, 30)
    const { train } = normalize(
      {
        ...split,
        train: dataset({ x, y: Int32Array.of(0, 1), shape: [2, 2] }),
        validation: dataset({ x, y: Int32Array.of(0, 1), shape: [2, 2] }),
      },
      { per: 'channel' },
    )
    expect(Array.from(train.x.data.slice(0, 2), Number)).toEqual([-1, 1])
    const second = [10, 10, 10, 30].map((v) => Math.fround((v - 15) / Math.sqrt(75)))
    expect([2, 3, 6, 7].map((i) => Number(train.x.data[i]))).toEqual(second)
  })

  test('keeps its digits far from 0, also over a stream', async () => {
    const values = [1e9, 1e9 + 1, 1e9 + 2]
    const x = Float64Array.from(values)
    const exact = { mean: Float64Array.of(1e9 + 1), deviation: Float64Array.of(Math.sqrt(2 / 3)) }
    expect(moments(dataset({ x, y: new Int32Array(3) }))).toEqual(exact)
    const flow = stream(() => values.map((v) => ({ x: [v], y: 0 })), { shape: [1], dtype: 'float64' })
    const found = await streamMoments(flow)
    expect(found).toEqual(exact)
    const standard = await collect(standardize(flow, found))
    expect(standard.x.data).toEqual(standardize(dataset({ x, y: new Int32Array(3) }), exact).x.data)
    expect(() =>
      standardize(numbered(2), { mean: new Float64Array(3), deviation: new Float64Array(3) }),
    ).toThrow('standardize: wanted a mean and a deviation for equal parts of x [2], got 3')
    await expect(streamMoments(stream(() => [], { shape: [1] }))).rejects.toThrow(
      'streamMoments: wanted at least one example, got 0',
    )
  })

  test('may go by feature, and shifts one that never varies', () => {
    const x = Float32Array.of(1, 5, 3, 5)
    const { train } = normalize(
      { ...split, train: dataset({ x, y: Int32Array.of(0, 1) }) },
      { per: 'feature' },
    )
    expect(Array.from(train.x.data, Number)).toEqual([-1, 0, 1, 0])
  })
})

describe('IDX files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-idx-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const idx = (code: number, shape: readonly number[], body: ArrayLike<number>): Uint8Array => {
    const head = new DataView(new ArrayBuffer(4 + 4 * shape.length))
    head.setUint32(0, (code << 8) | shape.length)
    for (const [axis, n] of shape.entries()) head.setUint32(4 + 4 * axis, n)
    return Uint8Array.from([...new Uint8Array(head.buffer), ...Array.from(body)])
  }
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }

  test('are read gzipped or not, in every element type', () => {
    const bytes = idx(8, [2, 2], [1, 2, 3, 255])
    for (const form of [bytes, gzipSync(bytes)]) {
      expect(parseIdx(form, 'a')).toEqual({ shape: [2, 2], data: Uint8Array.of(1, 2, 3, 255) })
    }
    expect(parseIdx(idx(9, [1], [255]), 'a').data).toEqual(Int8Array.of(-1))
    expect(parseIdx(idx(11, [1], [1, 2]), 'a').data).toEqual(Int16Array.of(258))
    expect(parseIdx(idx(12, [1], [0, 0, 1, 0]), 'a').data).toEqual(Int32Array.of(256))
    expect(parseIdx(idx(13, [1], [63, 128, 0, 0]), 'a').data).toEqual(Float32Array.of(1))
    expect(parseIdx(idx(14, [1], [63, 240, 0, 0, 0, 0, 0, 0]), 'a').data).toEqual(Float64Array.of(1))
  })

  test('say what is wrong with them', () => {
    expect(() => parseIdx(Uint8Array.of(1, 2, 3, 4, 5), 'a.idx')).toThrow(
      'a.idx: wanted an IDX file that starts 00 00 08, got 01 02 03 04',
    )
    expect(() => parseIdx(new Uint8Array(0), 'a.idx')).toThrow(
      'a.idx: wanted an IDX file, got an empty file; load it again',
    )
    expect(() => parseIdx(idx(8, [2, 2], [1, 2, 3]), 'a.idx')).toThrow(
      'a.idx: wanted 16 bytes for [2, 2], got 15; the file is truncated or damaged',
    )
    expect(() => parseIdx(gzipSync(idx(8, [2], [1, 2])).subarray(0, 20), 'a.gz')).toThrow(
      'a.gz: wanted a whole gzip file, got one that is truncated or damaged',
    )
  })

  test('are refused when damaged, or have as many numbers as they say', () => {
    const bytes = idx(8, [2, 2], [1, 2, 3, 255])
    fc.assert(
      fc.property(
        fc.constantFrom(bytes, new Uint8Array(gzipSync(bytes))),
        fc.nat(60),
        fc.nat(255),
        fc.boolean(),
        (whole, at, put, cut) => {
          const changed = Uint8Array.from(cut ? whole.subarray(0, at) : whole)
          if (!cut && at < changed.length) changed[at] = put
          try {
            const { shape, data } = parseIdx(changed, 'a')
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
          } catch (error) {
            expect((error as Error).message).toMatch(/^a: wanted /)
          }
        },
      ),
      { numRuns: 1500 },
    )
  })

  test('become a data set, when images and labels fit', () => {
    const images = file('images', idx(8, [2, 1, 2], [0, 255, 51, 0]))
    const set = idxImages(images, file('labels', idx(8, [2], [1, 9])))
    expect(Array.from(set.x.data as Values)).toEqual([0, 1, Math.fround(0.2), 0])
    expect([set.x.shape, set.y.data]).toEqual([[2], Int32Array.of(1, 9)])
    expect(idxImages(images, file('labels', idx(8, [2], [1, 9])), { layout: 'image' }).x.shape).toEqual([
      1, 1, 2,
    ])
    expect(() => idxImages(images, file('labels', idx(8, [3], [1, 2, 3])))).toThrow(
      'labels: wanted 2 labels, one for each image, got [3]',
    )
    expect(() => idxImages(images, file('labels', idx(8, [2], [1, 10])))).toThrow(
      'labels: wanted labels from 0 to 9, got 10 at example 1',
    )
  })
})

test('the digits are all of MNIST, small and normalised', () => {
  const { train, validation } = digits10x10()
  expect([train.length, validation.length, train.x.shape, train.classes]).toEqual([60_000, 10_000, [100], 10])
  const x = train.x.data as Float32Array
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  const deviation = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length)
  expect([mean, deviation - 1].every((m) => Math.abs(m) < 1e-5)).toBe(true)
  expect(Array.from(train.y.data.slice(0, 10), Number)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
})
