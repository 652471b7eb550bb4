import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, readOptions, required, size as sizeOption } from '../core/options.ts'
import type { Random } from '../core/random.ts'
import type { Example, Transform } from './transform.ts'

const cropOptions = {
  /** Maximum shift in pixels. */
  padding: required(sizeOption),
  /** Value of pixels beyond the border; 0 is the mean of normalized images. @default 0 */
  fill: number({}, 0),
}

/**
 * Pads images by `padding` pixels and crops them at random to their original size.
 *
 * @throws {ArgumentError} when `padding` is not a positive integer, or `x` not `[channels, height, width]`.
 */
export function randomCrop(given: OptionsOf<typeof cropOptions>): Transform {
  const { padding, fill } = readOptions('randomCrop', cropOptions, given)
  return imageTransform('randomCrop', (x, [, height, width], random) => {
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
  /** Probability of mirroring. @default 0.5 */
  probability: number({ min: 0, max: 1 }, 0.5),
}

/**
 * Mirrors images left to right, at random.
 *
 * @throws {ArgumentError} when `probability` is outside 0 … 1, or `x` not `[channels, height, width]`.
 */
export function horizontalFlip(given: OptionsOf<typeof flipOptions> = {}): Transform {
  const { probability } = readOptions('horizontalFlip', flipOptions, given)
  return imageTransform('horizontalFlip', (x, [, , width], random) => {
    if (random.uniform() >= probability) return
    for (let row = 0; row < x.length; row += width) x.subarray(row, row + width).reverse()
  })
}

const cutoutOptions = {
  /** Side of the square in pixels. */
  size: required(sizeOption),
  /** Value inside the square. @default 0 */
  fill: number({}, 0),
}

/**
 * Fills a square in all channels. Its centre is uniform over the image, so parts may lie outside the image.
 *
 * @throws {ArgumentError} when `size` is not a positive integer, or `x` not `[channels, height, width]`.
 *
 * Source: DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552.
 */
export function cutout(given: OptionsOf<typeof cutoutOptions>): Transform {
  const { size, fill } = readOptions('cutout', cutoutOptions, given)
  return imageTransform('cutout', (x, [channels, height, width], random) => {
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

/** Makes a transform that changes only `x`, which must be an image. */
const imageTransform = (
  name: string,
  apply: (x: Example['x'], image: Image, random: Random) => void,
): Transform => ({
  name,
  check: ({ shape }) => {
    if (shape.length !== 3) {
      throw mismatch(name, 'x of [channels, height, width]', shape, 'keep the shape of the images')
    }
  },
  apply: ({ x }, { shape, random }) => apply(x, shape as unknown as Image, random),
})

/** Draws an integer from `low` to `high`, inclusive. */
const randomInteger = (random: Random, low: number, high: number): number =>
  Math.floor(random.uniform(low, high + 1))
