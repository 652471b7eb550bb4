import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { loader } from './loader.ts'
import { collect, type Stream, type StreamExample, type StreamOptions, stream } from './stream.ts'

const counting = (n: number): Stream =>
  stream(
    async function* () {
      for (let i = 0; i < n; i++) yield { x: [i, -i], y: i }
    },
    { shape: [2] },
  )
const gathered = async (batches: AsyncIterable<Batch>): Promise<{ sizes: number[]; y: number[] }> => {
  const found = { sizes: [] as number[], y: [] as number[] }
  for await (const { x, y, length } of batches) {
    found.sizes.push(length)
    found.y.push(...Array.from(y, Number))
    for (let i = 0; i < length; i++) {
      expect([Number(x[2 * i]), Number(x[2 * i + 1])]).toEqual([Number(y[i]), -Number(y[i])])
    }
  }
  return found
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

test('a stream comes in order, in batches of the size asked for, and may be collected', async () => {
  const { sizes, y } = await gathered(loader(counting(600), { batchSize: 250 }).batches(0))
  expect(sizes).toEqual([250, 250, 100])
  expect(y).toEqual(upTo(600))
  expect((await gathered(loader(counting(600), { batchSize: 250, last: 'drop' }).batches(0))).sizes).toEqual([
    250, 250,
  ])
  for await (const { x } of loader(counting(600), { batchSize: 250 }).stacks(0, () => 2))
    expect(x.byteOffset).toBe(0)
  const stacks = await gathered(loader(counting(600), { batchSize: 50 }).stacks(0, () => 7))
  expect(stacks.sizes).toEqual([350, 250])
  const set = await collect(counting(3))
  expect([set.length, set.x.shape, Array.from(set.y.data, Number)]).toEqual([3, [2], [0, 1, 2]])
})

test('a shuffled stream has every example once, in an order that (seed, epoch) decides', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 64 }),
      fc.nat(9),
      async (n, shuffleBuffer, batchSize, seed) => {
        const read = async (epoch: number, size: number): Promise<number[]> =>
          (await gathered(loader(counting(n), { batchSize: size, seed, shuffleBuffer }).batches(epoch))).y
        const first = await read(0, batchSize)
        expect([...first].sort((a, b) => a - b)).toEqual(upTo(n))
        expect(await read(0, batchSize + 1)).toEqual(first)
        if (n > 50 && shuffleBuffer > 10) expect(await read(1, batchSize)).not.toEqual(first)
      },
    ),
    { numRuns: 25 },
  )
})

test('a stream stops its source when the reader stops', async () => {
  let open = 0
  const endless = stream(
    function* () {
      open++
      try {
        for (let i = 0; ; i++) yield { x: [i], y: i }
      } finally {
        open--
      }
    },
    { shape: [1] },
  )
  for await (const { length } of loader(endless, { batchSize: 8, seed: 0, shuffleBuffer: 10 }).batches(0)) {
    expect([length, open]).toEqual([8, 1])
    break
  }
  expect(open).toBe(0)
})

test('a stream says which example does not fit', async () => {
  const one = (x: number[], y: number | number[], classes?: number): Promise<unknown> =>
    collect(stream(() => [{ x, y }], { shape: [2], ...(classes !== undefined && { classes }) }))
  await expect(one([1], 0)).rejects.toThrow('stream: wanted 2 numbers of x, got 1; look at example 0')
  await expect(one([1, 2], [1, 2])).rejects.toThrow('stream: wanted 1 numbers of y, got 2; look at example 0')
  await expect(one([1, 2], 2, 2)).rejects.toThrow(
    'stream: wanted labels from 0 to 1, got 2; look at example 0',
  )
  await expect(collect(stream(() => [], { shape: [1] }))).rejects.toThrow(
    'collect: wanted at least one example, got 0',
  )
  expect(() => loader(counting(1), { batchSize: 1, shuffleBuffer: 0 })).toThrow(
    'loader: wanted shuffleBuffer as a positive integer, got 0',
  )
})

test('a stream takes any arrays of numbers, and refuses what its element type cannot hold', async () => {
  const read = async (
    x: StreamExample['x'],
    y: StreamExample['y'],
    options: Omit<StreamOptions, 'shape'> = {},
  ) => {
    const set = await collect(stream(() => [{ x, y }], { shape: [2], ...options }))
    return [Array.from(set.x.data, Number), Array.from(set.y.data, Number), set.y.shape]
  }
  expect(await read(Uint8Array.of(1, 255), 0)).toEqual([[1, 255], [0], []])
  expect(await read(BigInt64Array.of(1n, -2n), [1], { classes: 2 })).toEqual([[1, -2], [1], []])
  expect(await read([[1], [2]], [1], { classes: 2, targetShape: [1] })).toEqual([[1, 2], [1], [1]])
  await expect(read([0.5, 1], 0, { dtype: 'int32' })).rejects.toThrow(
    'stream: example 0: wanted x of whole numbers that int32 can hold, got 0.5',
  )
  await expect(read([2 ** 31, 1], 0, { dtype: 'int32' })).rejects.toThrow(
    'stream: example 0: wanted x of whole numbers that int32 can hold, got 2147483648',
  )
  await expect(read([1, Number.NaN], 0)).rejects.toThrow(
    'stream: example 0: wanted x[1] as a finite number, got NaN',
  )
})
