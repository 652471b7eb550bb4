import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape, showShape, sizeOf } from '../core/shape.ts'
import { constant, node, scalar, type Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'
import type { PerAxis } from './convolution.ts'
import { indexSelect, scatterAdd } from './gather.ts'
import { weighAxes } from './resample.ts'
import type { Pads } from './slice.ts'
import { mean } from './statistics.ts'
import { after, extent, padOrCrop, perAxis, spatial, type Window } from './window.ts'

export interface PoolOptions {
  /** Elements from one window to the next; the window's size unless given. */
  readonly stride?: PerAxis
  /** Elements imagined on both sides of each axis, at most half of a window; 0. */
  readonly padding?: PerAxis
  /** Whether a last window may reach over the end; false. */
  readonly ceilMode?: boolean
}

export interface MaxPoolOptions extends PoolOptions {
  /** Elements between neighbours in a window; 1. */
  readonly dilation?: PerAxis
}

/**
 * The greatest element of each window of `[n, c, length]`. As PyTorch's `max_pool1d`; its gradient goes to the first
 * of equals.
 *
 * @returns `[n, c, ⌊(length + 2 · padding − dilation · (kernelSize − 1) − 1) / stride⌋ + 1]`, ⌈…⌉ with `ceilMode`
 * @throws {ShapeError} when `x` has other axes, or is shorter than a window.
 * @throws {ArgumentError} when an option is no whole number of its range.
 */
export const maxPool1d = (x: Tensor, kernelSize: PerAxis, options?: MaxPoolOptions): Tensor =>
  maxPool('maxPool1d', 1, x, kernelSize, options)

/** The greatest element of each window of `[n, c, height, width]`; see `maxPool1d`. As PyTorch's `max_pool2d`. */
export const maxPool2d = (x: Tensor, kernelSize: PerAxis, options?: MaxPoolOptions): Tensor =>
  maxPool('maxPool2d', 2, x, kernelSize, options)

/** The greatest element of each window of `[n, c, depth, height, width]`; see `maxPool1d`. As PyTorch's `max_pool3d`. */
export const maxPool3d = (x: Tensor, kernelSize: PerAxis, options?: MaxPoolOptions): Tensor =>
  maxPool('maxPool3d', 3, x, kernelSize, options)

function maxPool(
  who: string,
  rank: number,
  x: Tensor,
  kernelSize: PerAxis,
  options: MaxPoolOptions = {},
): Tensor {
  const windows = windowsOf(who, rank, x, kernelSize, options)
  const pads = spatial(windows, (w) => [w.before, Math.max(0, after(w))])
  // ONNX Runtime refuses a padding as long as the kernel, which one with gaps may need.
  if (windows.every((w) => Math.max(w.before, after(w)) < w.kernel)) return maxima(x, windows, pads)
  const padded = padOrCrop(x, pads, Number.NEGATIVE_INFINITY)
  return maxima(
    padded,
    windows,
    pads.map(() => [0, 0]),
  )
}

/**
 * The maxima of the windows. Where each was found is asked for with the gradient alone: it takes 9 ms for
 * [64, 32, 28, 28] by 2×2, the maxima by themselves 0.8.
 */
function maxima(x: Tensor, windows: readonly Window[], pads: readonly Pads[]): Tensor {
  const recipe = {
    inputs: [x],
    attributes: {
      kernel_shape: windows.map(({ kernel }) => kernel),
      strides: windows.map(({ stride }) => stride),
      dilations: windows.map(({ dilation }) => dilation),
      pads: [0, 1].flatMap((end) => pads.slice(2).map((pair) => pair[end]!)),
    },
    shape: [...x.shape.slice(0, 2), ...windows.map(({ output }) => output)],
  }
  return node('MaxPool', {
    ...recipe,
    dtype: x.dtype,
    grad: (dy) => {
      const places = node('MaxPool', { ...recipe, dtype: 'int64', output: { index: 1, count: 2 } })
      const none = expand(scalar(0, dy.dtype), [sizeOf(x.shape)])
      const flat = (t: Tensor): Tensor => reshape(t, [sizeOf(dy.shape)])
      return [reshape(scatterAdd(none, 0, flat(places), flat(dy)), x.shape)]
    },
  })
}

/** Where a pool's windows stand, by PyTorch's rules. */
function windowsOf(
  who: string,
  rank: number,
  x: Tensor,
  kernelSize: PerAxis,
  { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false }: MaxPoolOptions,
): Window[] {
  checkAxes(who, rank, x)
  const kernels = perAxis(who, 'kernelSize', kernelSize, rank, 1)
  const strides = perAxis(who, 'stride', stride, rank, 1)
  const paddings = perAxis(who, 'padding', padding, rank, 0)
  const dilations = perAxis(who, 'dilation', dilation, rank, 1)
  const windows = kernels.map((kernel, i): Window => {
    const [input, before, s] = [x.shape[i + 2]!, paddings[i]!, strides[i]!]
    const walk = { input, kernel, stride: s, dilation: dilations[i]!, before, output: 0 }
    const room = (input + 2 * before - extent(walk)) / s
    const output = (ceilMode ? Math.ceil(room) : Math.floor(room)) + 1
    // A window has to start within the input or the elements before it.
    return { ...walk, output: ceilMode && (output - 1) * s >= input + before ? output - 1 : output }
  })
  const deep = paddings.findIndex((p, i) => p > kernels[i]! / 2)
  if (deep >= 0) {
    throw new ArgumentError(
      `${who}: wanted padding of at most half a window, got ${paddings[deep]} for ${kernels[deep]}`,
    )
  }
  if (windows.some(({ output }) => output < 1)) {
    throw new ShapeError(
      `${who}: wanted an input at least as long as a window of ${showShape(windows.map(extent))}, got ${showShape(x.shape)}`,
    )
  }
  return windows
}

function checkAxes(who: string, rank: number, x: Tensor): void {
  const float = x.dtype === 'float32' || x.dtype === 'float64'
  if (x.shape.length !== rank + 2 || !float) {
    throw new ShapeError(
      `${who}: wanted floats with ${rank + 2} axes, [batch, channels, …], got ${x.dtype} ${showShape(x.shape)}`,
    )
  }
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the padding's zeros count in the mean; true, as in PyTorch. */
  readonly countIncludePad?: boolean
}

/**
 * The mean of each window of `[n, c, length]`. As PyTorch's `avg_pool1d`.
 *
 * @returns `[n, c, ⌊(length + 2 · padding − kernelSize) / stride⌋ + 1]`, ⌈…⌉ with `ceilMode`
 * @throws {ShapeError} when `x` has other axes, or is shorter than a window.
 * @throws {ArgumentError} when an option is no whole number of its range.
 */
export const avgPool1d = (x: Tensor, kernelSize: PerAxis, options?: AveragePoolOptions): Tensor =>
  avgPool('avgPool1d', 1, x, kernelSize, options)

/** The mean of each window of `[n, c, height, width]`; see `avgPool1d`. As PyTorch's `avg_pool2d`. */
export const avgPool2d = (x: Tensor, kernelSize: PerAxis, options?: AveragePoolOptions): Tensor =>
  avgPool('avgPool2d', 2, x, kernelSize, options)

/** The mean of each window of `[n, c, depth, height, width]`; see `avgPool1d`. As PyTorch's `avg_pool3d`. */
export const avgPool3d = (x: Tensor, kernelSize: PerAxis, options?: AveragePoolOptions): Tensor =>
  avgPool('avgPool3d', 3, x, kernelSize, options)

function avgPool(
  who: string,
  rank: number,
  x: Tensor,
  kernelSize: PerAxis,
  { countIncludePad = true, ...options }: AveragePoolOptions = {},
): Tensor {
  const windows = windowsOf(who, rank, x, kernelSize, options)
  // The mean of a box is the mean of the means of its rows, so each axis is weighed alone.
  return weighAxes(
    x,
    windows.map((w) =>
      Array.from({ length: w.output }, (_, i) => {
        const start = i * w.stride - w.before
        const end = Math.min(start + w.kernel, w.input + w.before)
        const [first, last] = [Math.max(0, start), Math.min(end, w.input)]
        return evenly(first, last, countIncludePad ? end - start : last - first)
      }),
    ),
  )
}

/** Weights of 1/count for the elements from `first` to before `last`. */
const evenly = (first: number, last: number, count: number): ReadonlyMap<number, number> =>
  new Map(Array.from({ length: last - first }, (_, k) => [first + k, 1 / count]))

/** Which elements of `input` the i-th of `output` adaptive windows holds: they cover the axis and may overlap. */
const adaptive = (input: number, output: number, i: number): readonly [first: number, last: number] => [
  Math.floor((i * input) / output),
  Math.ceil(((i + 1) * input) / output),
]

/**
 * Means of `outputSize` windows that cover `[n, c, length]`. As PyTorch's `adaptive_avg_pool1d`.
 *
 * @returns `[n, c, outputSize]`
 * @throws {ShapeError} when `x` has other axes.
 * @throws {ArgumentError} when `outputSize` is no positive integer.
 */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool1d', 1, x, outputSize)

/** Means of windows that cover `[n, c, height, width]`; see `adaptiveAvgPool1d`. As PyTorch's `adaptive_avg_pool2d`. */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool2d', 2, x, outputSize)

function adaptiveAvgPool(who: string, rank: number, x: Tensor, outputSize: PerAxis): Tensor {
  checkAxes(who, rank, x)
  const sizes = perAxis(who, 'outputSize', outputSize, rank, 1)
  const axes = sizes.map((_, i) => i + 2)
  if (sizes.every((size) => size === 1)) return mean(x, axes, { keepDims: true })
  return weighAxes(
    x,
    sizes.map((size, i) =>
      Array.from({ length: size }, (_, k) => {
        const [first, last] = adaptive(x.shape[i + 2]!, size, k)
        return evenly(first, last, last - first)
      }),
    ),
  )
}

/**
 * The greatest elements of `outputSize` windows that cover `[n, c, length]`. As PyTorch's `adaptive_max_pool1d`.
 *
 * @returns `[n, c, outputSize]`
 * @throws {ShapeError} when `x` has other axes.
 * @throws {ArgumentError} when `outputSize` is no positive integer.
 */
export const adaptiveMaxPool1d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool1d', 1, x, outputSize)

/** The greatest elements of windows that cover `[n, c, height, width]`. As PyTorch's `adaptive_max_pool2d`. */
export const adaptiveMaxPool2d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool2d', 2, x, outputSize)

/** Windows of unequal size are made equal by repeating the last element of each, which changes no maximum. */
function adaptiveMaxPool(who: string, rank: number, x: Tensor, outputSize: PerAxis): Tensor {
  checkAxes(who, rank, x)
  const sizes = perAxis(who, 'outputSize', outputSize, rank, 1)
  const kernels: number[] = []
  const even = sizes.reduce((t, size, i) => {
    const input = x.shape[i + 2]!
    const spans = Array.from({ length: size }, (_, k) => adaptive(input, size, k))
    const kernel = Math.max(...spans.map(([first, last]) => last - first))
    kernels.push(kernel)
    const index = spans.flatMap(([first, last]) =>
      Array.from({ length: kernel }, (_, k) => Math.min(first + k, last - 1)),
    )
    const same = sameShape(
      index,
      Array.from({ length: input }, (_, k) => k),
    )
    return same ? t : indexSelect(t, i + 2, constant(index, [index.length], 'int64'))
  }, x)
  return maxPool(who, rank, even, kernels)
}
