import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, readOptions, required, size as sizeOption } from '../core/options.ts'
import type { Random } from '../core/random.ts'
import type { Example, Transform } from './transform.ts'

const cropOptions = {
  /** Number of pixels added on each side, and so the maximum shift of the image. */
  padding: required(sizeOption),
  /** Value of the added pixels; 0 is the mean if images are normalized. @default 0 */
  fill: number({}, 0),
}

/**
 * Pads each image by `padding` pixels on every side, then crops it at a random place to its original size.
 *
 * @throws {ArgumentError} when `padding` is not a positive integer, or `x` not `[channels, height, width]`.
 */
export function randomCrop(given: OptionsOf<typeof cropOptions>): Transform {
  const { padding, fill } = readOptions('randomCrop', cropOptions, given)
  return imageTransform('randomCrop', { padding, fill }, (x, [, height, width], random) => {
    const down = randomInteger(random, -padding, padding)
    const right = randomInteger(random, -padding, padding)
    const from = x.slice()
    x.fill(fill)
    const [first, last] = [Math.max(0, right), Math.min(width, width + right)]
    if (last <= first) return
    for (let row = 0; row < x.length / width; row++) {
      const source = (row % height) + down
      if (source < 0 || source >= height) continue
      const start = (row + down) * width
      x.set(from.subarray(start + first, start + last), row * width + first - right)
    }
  })
}

const flipOptions = {
  /** Probability that an image is mirrored. @default 0.5 */
  probability: number({ min: 0, max: 1 }, 0.5),
}

/**
 * Mirrors each image left to right, with the given probability.
 *
 * @throws {ArgumentError} when `probability` is outside 0 … 1, or `x` not `[channels, height, width]`.
 */
export function horizontalFlip(given: OptionsOf<typeof flipOptions> = {}): Transform {
  const { probability } = readOptions('horizontalFlip', flipOptions, given)
  return imageTransform('horizontalFlip', { probability }, (x, [, , width], random) => {
    if (random.uniform() >= probability) return
    for (let row = 0; row < x.length; row += width) x.subarray(row, row + width).reverse()
  })
}

const cutoutOptions = {
  /** Side of the square to fill, in pixels. */
  size: required(sizeOption),
  /** Value that replaces all pixels of the square. @default 0 */
  fill: number({}, 0),
}

/**
 * Fills one random square of each image with a constant, in all channels. The square's centre is uniform over
 * the image, so part of the square may lie outside.
 *
 * @throws {ArgumentError} when `size` is not a positive integer, or `x` not `[channels, height, width]`.
 *
 * Source: DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552.
 */
export function cutout(given: OptionsOf<typeof cutoutOptions>): Transform {
  const { size, fill } = readOptions('cutout', cutoutOptions, given)
  return imageTransform('cutout', { size, fill }, (x, [channels, height, width], random) => {
    const top = randomInteger(random, 0, height - 1) - (size >> 1)
    const left = randomInteger(random, 0, width - 1) - (size >> 1)
    for (let channel = 0; channel < channels; channel++) {
      for (let row = Math.max(0, top); row < Math.min(height, top + size); row++) {
        const start = (channel * height + row) * width
        x.fill(fill, start + Math.max(0, left), start + Math.min(width, left + size))
      }
    }
  })
}

type Image = readonly [channels: number, height: number, width: number]

/** Makes a transform that changes only an example's `x`, which must be an image `[channels, height, width]`. */
const imageTransform = (
  name: string,
  options: Transform['options'] & object,
  apply: (x: Example['x'], image: Image, random: Random) => void,
): Transform => ({
  name,
  options,
  check: ({ shape }) => {
    if (shape.length !== 3) {
      throw mismatch(name, 'x of [channels, height, width]', shape, 'keep the shape of the images')
    }
  },
  apply: ({ x }, { shape, random }) => apply(x, shape as unknown as Image, random),
})

/** Draws a random integer from `low` to `high`, both inclusive. */
const randomInteger = (random: Random, low: number, high: number): number =>
  Math.floor(random.uniform(low, high + 1))
