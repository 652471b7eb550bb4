import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../core/random.ts'
import type { Batch } from './batch.ts'
import { type Dataset, dataset } from './dataset.ts'
import { cutout, horizontalFlip, randomCrop } from './image-transforms.ts'
import { loader } from './loader.ts'
import { mixup, oneHot } from './mixup.ts'
import { recipeOf, tableRecipe, withRecipe } from './recipe.ts'
import { collect, stream } from './stream.ts'
import type { Transform } from './transform.ts'

const image = [2, 4, 5]
const size = 40

const images = (n: number): Dataset =>
  dataset({
    x: Float32Array.from({ length: n * size }, (_, i) => i + 1),
    y: Int32Array.from({ length: n }, (_, i) => i % 3),
    shape: image,
    classes: 3,
  })
const all = [randomCrop({ padding: 2 }), horizontalFlip(), cutout({ size: 3 }), mixup({ alpha: 0.4 })]
const rows = ({ x, length }: Batch): number[][] =>
  Array.from({ length }, (_, i) => Array.from(x.slice(i * size, (i + 1) * size), Number))
/** One image under a transform, once for each epoch. */
const epochs = (transform: Transform, count: number): number[][] =>
  Array.from({ length: count }, (_, epoch) => {
    const [batch] = loader(images(1), { batchSize: 1, transform }).batches(epoch)
    return rows(batch!)[0]!
  })
const original = rows({ x: images(1).x.data, y: images(1).y.data, length: 1 })[0]!

describe('transforms', () => {
  test('depend on (seed, epoch, example) alone: not on the batch, nor on the order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(9),
        (n, batchSize, seed) => {
          const set = oneHot(images(n))
          const inOrder = loader(set, { batchSize: n, sampler: whole(n, (i) => i), seed, transform: all })
          const [together] = inOrder.batches(1)
          const backwards = whole(n, (i) => n - 1 - i)
          const others = loader(set, { batchSize, sampler: backwards, seed, transform: all })
          const apart = [...others.batches(1)].flatMap(rows)
          expect(apart.reverse()).toEqual(rows(together!))
          const inTurn: number[][] = []
          for (const stack of others.stacks(1, () => 2)) inTurn.push(...rows(stack))
          expect(inTurn.reverse()).toEqual(rows(together!))
        },
      ),
      { numRuns: 30 },
    )
  })

  test('differ from one epoch and seed to the next, and leave the data set as it is', () => {
    const set = oneHot(images(4))
    const before = set.x.data.slice()
    const first = (seed: number, epoch: number): number[][] =>
      [
        ...loader(set, { batchSize: 4, sampler: whole(4, (i) => i), seed, transform: all }).batches(epoch),
      ].flatMap(rows)
    expect(first(0, 0)).toEqual(first(0, 0))
    expect(first(0, 0)).not.toEqual(first(0, 1))
    expect(first(0, 0)).not.toEqual(first(1, 0))
    expect(set.x.data).toEqual(before)
  })

  test('give a stream what they give the same examples in memory', async () => {
    const set = images(7)
    const transform = all.slice(0, 3)
    const flow = stream(
      function* () {
        for (const [i, x] of rows({ x: set.x.data, y: set.y.data, length: 7 }).entries())
          yield { x, y: i % 3 }
      },
      { shape: image, classes: 3 },
    )
    const memory = loader(set, { batchSize: 3, sampler: whole(7, (i) => i), seed: 5, transform })
    const streamed = loader(flow, { batchSize: 4, seed: 5, shuffleBuffer: 1, transform })
    const found: number[][] = []
    for await (const batch of streamed.batches(2)) found.push(...rows(batch))
    const key = (list: number[][]): string[] => list.map((row) => row.join()).sort()
    expect(key(found)).toEqual(key([...memory.batches(2)].flatMap(rows)))
    expect((await collect(flow)).x.data).toEqual(set.x.data)
  })

  test('refuse examples that they do not suit', () => {
    const flat = dataset({ x: new Float32Array(4), y: Int32Array.of(0, 1) })
    expect(() => loader(flat, { batchSize: 1, transform: horizontalFlip() })).toThrow(
      'horizontalFlip: wanted x of [channels, height, width], got [2]; keep the shape of the images',
    )
    expect(() => loader(flat, { batchSize: 1, transform: mixup() })).toThrow(
      'mixup: wanted y of floats, got int32; turn labels into probabilities with data.oneHot',
    )
    const integers = dataset({ x: new Int32Array(4), y: Int32Array.of(0, 1) })
    expect(() => loader(integers, { batchSize: 1, transform: cutout({ size: 1 }) })).toThrow(
      'cutout: wanted x of floats, got int32',
    )
    const flow = stream(() => [{ x: [1], y: 1 }], { shape: [1] })
    expect(() => loader(flow, { batchSize: 1, transform: mixup() })).toThrow(
      'mixup: wanted a data set in memory, got a stream; collect it first',
    )
    expect(() => randomCrop({ padding: 0.5 })).toThrow(
      'randomCrop: wanted padding as a positive integer, got 0.5',
    )
    expect(() => horizontalFlip({ probability: 2 })).toThrow(
      'horizontalFlip: wanted probability as a number from 0 to 1, got 2',
    )
    expect(() => mixup({ alpha: 0 })).toThrow('mixup: wanted alpha as a number > 0, got 0')
    expect(() => oneHot(dataset({ x: new Float32Array(1), y: new Float32Array(1) }))).toThrow(
      'oneHot: wanted labels, got targets of float32',
    )
  })
})

/** Every example once, in an order of its own. */
const whole = (count: number, at: (i: number) => number) => ({
  count,
  order: () => Int32Array.from({ length: count }, (_, i) => at(i)),
})

test('a crop is one of all that a border allows', () => {
  const padding = 2
  const [channels, height, width] = image as [number, number, number]
  const crop = (down: number, right: number): number[] =>
    original.map((_, i) => {
      const [c, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width]
      const inside = row + down >= 0 && row + down < height && column + right >= 0 && column + right < width
      return inside ? original[(c * height + row + down) * width + column + right]! : -1
    })
  const shifts = [-2, -1, 0, 1, 2]
  const possible = new Set(shifts.flatMap((down) => shifts.map((right) => crop(down, right).join())))
  const seen = new Set(epochs(randomCrop({ padding, fill: -1 }), 400).map((row) => row.join()))
  expect([...seen].filter((row) => !possible.has(row))).toEqual([])
  expect([seen.size, channels]).toEqual([25, 2])
})

test('a flip mirrors rows, half of the time', () => {
  const flipped = original.map((_, i) => original[i - (i % 5) + 4 - (i % 5)]!)
  const found = epochs(horizontalFlip(), 400)
  const mirrored = found.filter((row) => row.join() === flipped.join()).length
  expect(found.filter((row) => row.join() === original.join()).length).toBe(400 - mirrored)
  expect(Math.abs(mirrored - 200)).toBeLessThan(40)
})

test('a cutout is one square, the same in each channel', () => {
  for (const row of epochs(cutout({ size: 2, fill: 0 }), 50)) {
    const holes = row.flatMap((value, i) => (value === 0 ? [i] : []))
    const first = holes.filter((i) => i < 20)
    expect(holes).toEqual([...first, ...first.map((i) => i + 20)])
    expect([1, 2, 4]).toContain(first.length)
  }
})

test('mixup takes x and y of two examples in the same proportion', () => {
  const set = oneHot(images(3))
  const [batch] = loader(set, { batchSize: 3, seed: 1, transform: mixup({ alpha: 1 }) }).batches(0)
  for (let i = 0; i < 3; i++) {
    const y = Array.from(batch!.y.slice(3 * i, 3 * i + 3), Number)
    expect(y.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    // x of example k is 40k + 1, 40k + 2, …, so its first number tells the mixture.
    const expected = y.reduce((sum, part, k) => sum + part * (40 * k + 1), 0)
    expect(Number(batch!.x[i * size])).toBeCloseTo(expected, 3)
  }
})

test('mixup draws its weight from Beta(α, α)', () => {
  for (const alpha of [0.01, 0.2, 1, 3]) {
    const n = 4000
    const weights = Float64Array.from({ length: n }, (_, i) => {
      const y = Float32Array.of(1)
      const other = () => ({ x: Float32Array.of(0), y: Float32Array.of(0) })
      const occasion = { epoch: 0, index: i, shape: [1], random: random(alpha, i), length: 1, other }
      mixup({ alpha }).apply({ x: Float32Array.of(1), y }, occasion)
      return y[0]!
    })
    const mean = weights.reduce((a, b) => a + b) / n
    const variance = weights.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1 / (4 * (2 * alpha + 1)))).toBeLessThan(0.01)
  }
})

test('one-hot targets keep the names and the codes of features, and how the data were read', () => {
  const names = { featureNames: ['a', 'b'], categories: [0, 3], classNames: ['no', 'yes'] }
  const rows = withRecipe(dataset({ x: [[0.5, 1]], y: [1], ...names }), tableRecipe('a.csv', { label: 'k' }))
  const set = oneHot(rows)
  expect(set).toMatchObject({ ...names, classes: 2 })
  expect(set.y.data).toEqual(Float32Array.of(0, 1))
  expect(recipeOf(set)).toEqual({ table: { label: 'k' }, normalized: [] })
})
