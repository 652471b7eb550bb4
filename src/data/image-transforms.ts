import { checkKnown, mismatch } from '../core/mismatch.ts'
import type { Random } from '../core/random.ts'
import type { Shape } from '../core/shape.ts'
import type { Transform } from './transform.ts'

/**
 * Images shifted by up to `padding` pixels each way: what a crop of their own size from the image with a border gives.
 *
 * @param options.padding pixels, ≥ 1
 * @param options.fill what the border holds; 0, which is the mean of normalised images, unless given
 * @throws {ArgumentError} when `padding` is not a positive integer, or x not `[channels, height, width]`.
 */
export function randomCrop(options: { padding: number; fill?: number }): Transform {
  checkKnown('randomCrop', options, { padding: true, fill: true })
  const { padding, fill = 0 } = options
  positive('randomCrop', 'padding', padding)
  return {
    name: 'randomCrop',
    check: isImage('randomCrop'),
    apply: ({ x }, { random, shape }) => {
      const [, height, width] = shape as Image
      const down = integer(random, -padding, padding)
      const right = integer(random, -padding, padding)
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
    },
  }
}

/**
 * Images mirrored left to right, or not.
 *
 * @param options.probability of mirroring, 0 … 1; 0.5 unless given
 * @throws {ArgumentError} when `probability` is outside 0 … 1, or x not `[channels, height, width]`.
 */
export function horizontalFlip(options: { probability?: number } = {}): Transform {
  checkKnown('horizontalFlip', options, { probability: true })
  const { probability = 0.5 } = options
  if (!(probability >= 0 && probability <= 1)) {
    throw mismatch('horizontalFlip', 'probability from 0 to 1', probability)
  }
  return {
    name: 'horizontalFlip',
    check: isImage('horizontalFlip'),
    apply: ({ x }, { random, shape }) => {
      if (random.uniform() >= probability) return
      const [, , width] = shape as Image
      for (let row = 0; row < x.length; row += width) x.subarray(row, row + width).reverse()
    },
  }
}

/**
 * Images with a square blanked out in all channels. Its centre is anywhere in the image, so it may reach over an edge.
 *
 * @param options.size the square's side in pixels, ≥ 1
 * @param options.fill what it holds; 0 unless given
 * @throws {ArgumentError} when `size` is not a positive integer, or x not `[channels, height, width]`.
 *
 * Source: DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552.
 */
export function cutout(options: { size: number; fill?: number }): Transform {
  checkKnown('cutout', options, { size: true, fill: true })
  const { size, fill = 0 } = options
  positive('cutout', 'size', size)
  return {
    name: 'cutout',
    check: isImage('cutout'),
    apply: ({ x }, { random, shape }) => {
      const [channels, height, width] = shape as Image
      const top = integer(random, 0, height - 1) - (size >> 1)
      const left = integer(random, 0, width - 1) - (size >> 1)
      for (let channel = 0; channel < channels; channel++) {
        for (let row = Math.max(0, top); row < Math.min(height, top + size); row++) {
          const start = (channel * height + row) * width
          x.fill(fill, start + Math.max(0, left), start + Math.min(width, left + size))
        }
      }
    },
  }
}

type Image = readonly [channels: number, height: number, width: number]

const isImage =
  (who: string) =>
  ({ shape }: { readonly shape: Shape }): void => {
    if (shape.length !== 3) {
      throw mismatch(who, 'x of [channels, height, width]', shape, 'keep the shape of the images')
    }
  }

/** A whole number from `low` to `high`, both possible. */
const integer = (random: Random, low: number, high: number): number =>
  Math.floor(random.uniform(low, high + 1))

function positive(who: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw mismatch(who, `${name} as a positive integer`, value)
}
