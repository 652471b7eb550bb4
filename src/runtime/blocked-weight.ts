import { node, type Tensor } from '../core/tensor.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { concat } from '../ops/concat.ts'
import { transpose } from '../ops/movement.ts'
import { slice, unpadded } from '../ops/slice.ts'
import { after, padOrCrop, unitWindow, type Walk, type Window } from '../ops/window.ts'
import { worthTransforming } from '../ops/winograd.ts'
import { nchwc, toBlocks } from './blocks.ts'

/** Largest number of bytes of dy that a convolution by dy reads again for every few results. */
const reread = 2 ** 20

/** Number of independent parts into which the work is cut, at least: enough for a few threads. */
const parts = 8

/** Whether `weightInBlocks` computes the gradient of a weight with respect to a loss from x and dy. */
export function hasWeightInBlocks(x: Tensor, dy: Tensor, { windows, groups }: Walk, size: number): boolean {
  const [n, c] = x.shape
  const whole = n! % size === 0 && dy.shape[1]! % size === 0 && (c! < size || c! % size === 0)
  const few = windows.length <= 2 && groups === 1 && windows.every(({ dilation }) => dilation === 1)
  return x.dtype === 'float32' && whole && few && !worthTransforming(x, dy.shape[1]!, { windows, groups })
}

/**
 * Computes dL/dw of a convolution as a convolution of x by dy in blocks of `size` examples, which are its channels:
 *
 *     dw[o, c, i, j] = Σ x[n, h + i, (w + j) · C + c] · dy[n, o, h, w]    over n, h and w
 *
 * A row of x holds the C channels of its first pixel, then those of the next pixel, and so on. So neighbouring results
 * lie in a row, as in a forward convolution, and are computed as fast; dy is a window whose columns lie C apart. The
 * image is cut into strips, so that the strip of dy stays in the cache. How the sum is cut depends on shapes alone.
 *
 * Milliseconds for x and dy in blocks, batch 128, on one thread: 16 channels of 32×32 take 11, 32 of 16×16 take 7, 64
 * of 8×8 take 5; by matrix products, 27, 16 and 10.
 */
export function weightInBlocks(x: Tensor, dy: Tensor, walk: Walk, size: number): Tensor {
  const [vertical, horizontal] = walk.windows.length === 1 ? [unitWindow, walk.windows[0]!] : walk.windows
  const grid = { vertical: vertical!, horizontal: horizontal!, size }
  const [c, o] = [x.shape[1]!, dy.shape[1]!]
  const inside = Math.min(c, size)
  const cuts = cutsOf(x, dy, grid)
  const groups = cuts.strips * cuts.batch
  const kernel = [vertical!.kernel, horizontal!.kernel]
  const result = node(`${nchwc}.Conv`, {
    inputs: [toBlocks(stripsOf(x, grid, cuts.strips)), windowOf(dy, grid, cuts)],
    attributes: {
      group: groups,
      kernel_shape: [vertical!.output / cuts.strips, horizontal!.output],
      dilations: [vertical!.stride, horizontal!.stride * inside],
    },
    shape: [c / inside, groups * o, kernel[0]!, kernel[1]! * inside],
  })
  const total = sum(reshape(result, [c / inside, groups, o / size, ...kernel, inside, size]), [1])
  return reshape(transpose(total, [1, 5, 0, 4, 2, 3]), [o, c, ...walk.windows.map((w) => w.kernel)])
}

/** How a window slides over an image, whose channels are in blocks of `size`. */
interface Grid {
  readonly vertical: Window
  readonly horizontal: Window
  readonly size: number
}

/** Numbers of strips of an image and of parts of the batch that are summed up separately. */
interface Cuts {
  readonly strips: number
  readonly batch: number
}

function cutsOf(x: Tensor, dy: Tensor, { vertical, horizontal, size }: Grid): Cuts {
  const [blocks, filters] = [Math.ceil(x.shape[1]! / size), dy.shape[1]! / size]
  const row = Math.min(4, filters) * size * size * 4 * horizontal.output // kernels compute 4 blocks at once
  const strips = leastDivisor(vertical.output, (s) => (row * vertical.output) / s <= reread)
  const whole = Math.ceil(filters / 4) * blocks * vertical.kernel * strips
  return { strips, batch: leastDivisor(x.shape[0]! / size, (k) => whole * k >= parts) }
}

/** Cuts padded images into strips, which overlap as windows do: `[c / size, strips · n, rows, w · size]`. */
function stripsOf(x: Tensor, { vertical, horizontal, size }: Grid, strips: number): Tensor {
  const inside = Math.min(x.shape[1]!, size)
  const padded = padOrCrop(rowsOfPixels(x, size), [
    unpadded,
    unpadded,
    [vertical.before, after(vertical)],
    [horizontal.before * inside, after(horizontal) * inside],
  ])
  const step = (vertical.output / strips) * vertical.stride
  const high = step - vertical.stride + vertical.kernel
  const strip = Array.from({ length: strips }, (_, i) => slice(padded, [[], [], [i * step, i * step + high]]))
  return concat(strip, 1)
}

/** Reorders dy as a weight in blocks, one for each group: `[groups · o, strips · n / groups, rows, w]`. */
function windowOf(dy: Tensor, { vertical, horizontal, size }: Grid, { strips, batch }: Cuts): Tensor {
  const [n, o] = dy.shape
  const [rows, width] = [vertical.output / strips, horizontal.output]
  const apart = [batch, n! / size / batch, size, o! / size, strips, rows * width, size]
  const ordered = transpose(reshape(toBlocks(dy), apart), [4, 0, 3, 1, 5, 2, 6])
  return reshape(ordered, [strips * batch * o!, n! / batch, rows, width])
}

/** Stores each row of an image pixel by pixel: `[n, c, h, w]` to `[c / size, n, h, w · size]`. */
function rowsOfPixels(x: Tensor, size: number): Tensor {
  const [n, c, ...image] = x.shape
  const [h, w] = image.length === 1 ? [1, image[0]!] : [image[0]!, image[1]!]
  if (c! < size) {
    const last = transpose(reshape(x, [n!, c!, h * w]), [0, 2, 1])
    return reshape(last, [1, n!, h, w * c!])
  }
  const blocks = reshape(toBlocks(x), [n!, c! / size, h, w * size])
  return c === size ? reshape(blocks, [1, n!, h, w * size]) : transpose(blocks, [1, 0, 2, 3])
}

/** Returns the least divisor of n that is `enough`, or n. */
function leastDivisor(n: number, enough: (divisor: number) => boolean): number {
  for (let d = 1; d < n; d++) if (n % d === 0 && enough(d)) return d
  return n
}
