import { mismatch } from '../core/mismatch.ts'
import { boolean, integer, type OptionsOf, readOptions, size, type ValuesOf } from '../core/options.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { maxPoolGradient } from './max-pool-gradient.ts'
import { evenly, weighAxes } from './resample.ts'
import { type Pads, unpadded } from './slice.ts'
import {
  after,
  checkAxes,
  outputOf,
  type PerAxis,
  padOrCrop,
  perAxis,
  sizes,
  spatial,
  type Window,
  windowAttributes,
  windowsOn,
} from './window.ts'

const poolOptions = (rank: number) => ({
  /** Distance between neighbouring windows, in elements. @default the size of a window */
  stride: perAxis(rank, size),
  /** Number of elements added at each end of each axis, at most half a window. @default 0 */
  padding: perAxis(rank, integer({ min: 0 }), 0),
  /** Whether the last window may extend past the end of the padded input. @default false */
  ceilMode: boolean(false),
})
export interface PoolOptions extends OptionsOf<ReturnType<typeof poolOptions>> {}

export const maxPoolOptions = (rank: number) => ({
  ...poolOptions(rank),
  /** Distance between neighbouring elements within a window; 1 for no gaps. @default 1 */
  dilation: perAxis(rank, size, 1),
})
export interface MaxPoolOptions extends OptionsOf<ReturnType<typeof maxPoolOptions>> {}

/** Signature of a pooling function: `kernelSize` is the size of the windows that slide over `x`. */
export type WindowOperator<Options> = (x: Tensor, kernelSize: PerAxis, options?: Options) => Tensor
type PoolOf<O> = (who: string, rank: number, ...given: Parameters<WindowOperator<O>>) => Tensor

function pool<O>(of: PoolOf<O>, who: string, rank: number): WindowOperator<O> {
  return (x, kernelSize, options) => of(who, rank, x, kernelSize, options)
}

/** Max pooling over the last `rank` axes of `x`; `who` names the caller in errors. */
export const maxPool: PoolOf<MaxPoolOptions> = (who, rank, x, kernelSize, options) => {
  const windows = windowsOf(who, rank, x, kernelSize, readOptions(who, maxPoolOptions(rank), options))
  const pads = spatial(windows, (w) => [w.before, Math.max(0, after(w))])
  // ONNX Runtime refuses a padding as long as the kernel, which a window with gaps may need.
  if (windows.every((w) => Math.max(w.before, after(w)) < w.kernel)) return maxima(x, windows, pads)
  const padded = padOrCrop(x, pads, Number.NEGATIVE_INFINITY)
  const within = windows.map((w, i) => ({ ...w, input: padded.shape[i + 2]!, before: 0 }))
  return maxima(padded, within, new Array<Pads>(pads.length).fill(unpadded))
}

/**
 * The greatest element of each window of `x`, `[n, c, length]`. As PyTorch's `max_pool1d`; of equal maxima, the
 * first gets the gradient.
 *
 * @returns `[n, c, ⌊(length + 2 · padding − dilation · (kernelSize − 1) − 1) / stride⌋ + 1]`; with `ceilMode`,
 *   ⌈⌉ instead of ⌊⌋
 * @throws {ShapeError} when `x` does not have 3 axes, or is shorter than a window.
 */
export const maxPool1d = pool(maxPool, 'maxPool1d', 1)

/** The greatest element of each window of images `[n, c, height, width]`. As PyTorch's `max_pool2d`. */
export const maxPool2d = pool(maxPool, 'maxPool2d', 2)

/** The greatest element of each window of volumes `[n, c, depth, height, width]`. As PyTorch's `max_pool3d`. */
export const maxPool3d = pool(maxPool, 'maxPool3d', 3)

/** Computes the maximum of each window. */
const maxima = (x: Tensor, windows: readonly Window[], pads: readonly Pads[]): Tensor =>
  node('MaxPool', {
    inputs: [x],
    attributes: {
      ...windowAttributes(windows),
      pads: [0, 1].flatMap((end) => pads.slice(2).map((pair) => pair[end]!)),
    },
    shape: [...x.shape.slice(0, 2), ...outputOf(windows)],
    grad: (dy) => [maxPoolGradient(x, windows, dy)],
  })

/** Returns size, stride, padding and dilation of a pool's window along each spatial axis, by PyTorch's rules. */
function windowsOf(
  who: string,
  rank: number,
  x: Tensor,
  kernelSize: PerAxis,
  options: ValuesOf<ReturnType<typeof maxPoolOptions>>,
): Window[] {
  checkAxes(who, rank, x)
  const kernel = sizes(rank).read(who, 'kernelSize', kernelSize)
  const { stride = kernel, padding, dilation, ceilMode } = options
  const deep = padding.findIndex((p, i) => p > kernel[i]! / 2)
  if (deep >= 0) throw mismatch(who, `padding as at most half a window of ${kernel[deep]}`, padding[deep])
  const pads = padding.map((p): Pads => [p, p])
  return windowsOn(who, x, kernel, stride, dilation, pads, ceilMode)
}

export const averagePoolOptions = (rank: number) => ({
  ...poolOptions(rank),
  /** Whether zeros of the padding count in the mean. @default true */
  countIncludePad: boolean(true),
})
export interface AveragePoolOptions extends OptionsOf<ReturnType<typeof averagePoolOptions>> {}

const avgPool: PoolOf<AveragePoolOptions> = (who, rank, x, kernelSize, options) => {
  const read = readOptions(who, averagePoolOptions(rank), options)
  const dilation = new Array<number>(rank).fill(1)
  const windows = windowsOf(who, rank, x, kernelSize, { ...read, dilation })
  const weights = (w: Window, i: number): ReadonlyMap<number, number> => {
    const start = i * w.stride - w.before
    const end = Math.min(start + w.kernel, w.input + w.before)
    const [first, last] = [Math.max(0, start), Math.min(end, w.input)]
    return evenly(first, last, read.countIncludePad ? end - start : last - first)
  }
  // The mean of a box is the mean of the means of its rows, so each axis is averaged separately.
  const perAxis = windows.map((w) => Array.from({ length: w.output }, (_, i) => weights(w, i)))
  return weighAxes(x, perAxis)
}

/**
 * The mean of each window of `x`, `[n, c, length]`. As PyTorch's `avg_pool1d`.
 *
 * @returns `[n, c, ⌊(length + 2 · padding − kernelSize) / stride⌋ + 1]`; with `ceilMode`, ⌈⌉ instead of ⌊⌋
 * @throws {ShapeError} when `x` does not have 3 axes, or is shorter than a window.
 */
export const avgPool1d = pool(avgPool, 'avgPool1d', 1)

/** The mean of each window of images `[n, c, height, width]`; see `avgPool1d`. As PyTorch's `avg_pool2d`. */
export const avgPool2d = pool(avgPool, 'avgPool2d', 2)

/** The mean of each window of `[n, c, depth, height, width]`; see `avgPool1d`. As PyTorch's `avg_pool3d`. */
export const avgPool3d = pool(avgPool, 'avgPool3d', 3)
