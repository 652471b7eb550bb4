import { axesOf, sameShape } from '../core/shape.ts'
import { int64s, type Tensor } from '../core/tensor.ts'
import { indexSelect } from './gather.ts'
import { maxPool } from './pool.ts'
import { evenly, weighAxes } from './resample.ts'
import { mean } from './statistics.ts'
import { checkAxes, type PerAxis, sizes } from './window.ts'

/** Returns the index ranges, end exclusive, of `output` windows that cover `input` elements and may overlap. */
const spans = (input: number, output: number): (readonly [first: number, end: number])[] =>
  Array.from({ length: output }, (_, i) => [
    Math.floor((i * input) / output),
    Math.ceil(((i + 1) * input) / output),
  ])

/**
 * Means of `outputSize` windows that together cover the length of `x`, `[n, c, length]`. As PyTorch's
 * `adaptive_avg_pool1d`.
 *
 * @returns `[n, c, outputSize]` @throws {ShapeError} when `x` does not have 3 axes.
 */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool1d', 1, x, outputSize)

/** Means of a grid of windows that covers `x`, `[n, c, height, width]`. As PyTorch's `adaptive_avg_pool2d`. */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool2d', 2, x, outputSize)

function adaptiveAvgPool(who: string, rank: number, x: Tensor, outputSize: PerAxis): Tensor {
  checkAxes(who, rank, x)
  const outputs = sizes(rank).read(who, 'outputSize', outputSize)
  if (outputs.every((size) => size === 1)) return mean(x, axesOf(x.shape).slice(2), { keepDims: true })
  const weights = outputs.map((size, i) =>
    spans(x.shape[i + 2]!, size).map(([first, end]) => evenly(first, end, end - first)),
  )
  return weighAxes(x, weights)
}

/**
 * Maxima of `outputSize` windows that together cover the length of `x`, `[n, c, length]`. As PyTorch's
 * `adaptive_max_pool1d`.
 *
 * @returns `[n, c, outputSize]` @throws {ShapeError} when `x` does not have 3 axes.
 */
export const adaptiveMaxPool1d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool1d', 1, x, outputSize)

/** Maxima of a grid of windows that covers `x`, `[n, c, height, width]`. As PyTorch's `adaptive_max_pool2d`. */
export const adaptiveMaxPool2d = (x: Tensor, outputSize: PerAxis): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool2d', 2, x, outputSize)

/** Pads short windows by repeating their last element, which changes no maximum, then applies `maxPool`. */
function adaptiveMaxPool(who: string, rank: number, x: Tensor, outputSize: PerAxis): Tensor {
  checkAxes(who, rank, x)
  const kernels: number[] = []
  const even = sizes(rank)
    .read(who, 'outputSize', outputSize)
    .reduce((t, size, i) => {
      const input = x.shape[i + 2]!
      const windows = spans(input, size)
      const kernel = Math.max(...windows.map(([first, end]) => end - first))
      kernels.push(kernel)
      const index = windows.flatMap(([first, end]) =>
        Array.from({ length: kernel }, (_, k) => Math.min(first + k, end - 1)),
      )
      return sameShape(index, [...Array(input).keys()]) ? t : indexSelect(t, i + 2, int64s(index))
    }, x)
  return maxPool(who, rank, even, kernels)
}
