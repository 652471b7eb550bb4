import { isFloat } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Option, type RequiredOption, required, size } from '../core/options.ts'
import { misfit, type Shape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { stack } from './concat.ts'
import { type Pads, pad, type SliceRange, slice, unpadded } from './slice.ts'

// Shared by convolution and pooling: windows that slide over the axes behind `[batch, channels, …]`.

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[]
type Item = Option<number, number | undefined>

/** An option of what `item` may be for each of `rank` axes; one number counts for all of them. */
export function perAxis(rank: number, item: Item, fallback: number): Option<PerAxis, readonly number[]>
export function perAxis(rank: number, item: Item): Option<PerAxis, readonly number[] | undefined>
export function perAxis(rank: number, item: Item, fallback?: number): Option<PerAxis, readonly number[]> {
  const each = (n: number): readonly number[] => new Array<number>(rank).fill(n)
  return {
    wanted: rank === 1 ? item.wanted : `${item.wanted} or ${rank} of them`,
    fallback: fallback === undefined ? undefined : each(fallback),
    read(who, name, value) {
      if (!Array.isArray(value)) return each(item.read(who, name, value) as number)
      if (value.length !== rank) throw mismatch(who, `${name} as ${this.wanted}`, value)
      return value.map((one, i) => item.read(who, `${name}[${i}]`, one) as number)
    },
  }
}

/** A positive integer for each of `rank` axes. */
export const sizes = (rank: number): RequiredOption<PerAxis, readonly number[]> =>
  required(perAxis(rank, size))

/** @throws {ShapeError} when `x` is not of floats with `rank` axes behind the batch and the channels. */
export function checkAxes(who: string, rank: number, x: Tensor): void {
  if (x.shape.length === rank + 2 && isFloat(x.dtype)) return
  const wanted = `floats with ${rank + 2} axes, [batch, channels, …]`
  throw misfit(who, wanted, x)
}

/** How a window slides along one axis. */
export interface Window {
  /** Elements of the axis. */
  readonly input: number
  /** Number of positions. */
  readonly output: number
  /** Elements it sees at each position. */
  readonly kernel: number
  /** Elements from one position to the next. */
  readonly stride: number
  /** Elements from each element it sees to the next; 1 for a window without gaps. */
  readonly dilation: number
  /** Padding before the first element. */
  readonly before: number
}

/** Elements from the first that it sees to the last, both included. */
export const extent = ({ kernel, dilation }: Window): number => dilation * (kernel - 1) + 1

/** Padding after the last element that the last position needs; negative where it ends before. */
export const after = (w: Window): number => (w.output - 1) * w.stride + extent(w) - w.input - w.before

/**
 * Windows on the axes of `x` behind the batch and the channels.
 *
 * @param ceil whether a last window may reach over the end
 * @throws {ShapeError} when an axis is shorter than its window.
 */
export function windowsOn(
  who: string,
  x: Tensor,
  kernels: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  pads: readonly Pads[],
  ceil: boolean = false,
): Window[] {
  const windows = kernels.map((kernel, i): Window => {
    const [input, stride, [before, behind]] = [x.shape[i + 2]!, strides[i]!, pads[i]!]
    const window = { input, output: 0, kernel, stride, dilation: dilations[i]!, before }
    const room = (input + before + behind - extent(window)) / stride
    const output = (ceil ? Math.ceil(room) : Math.floor(room)) + 1
    // A window has to start within the input or the padding before it.
    return { ...window, output: ceil && (output - 1) * stride >= input + before ? output - 1 : output }
  })
  if (windows.every(({ output }) => output >= 1)) return windows
  throw misfit(
    who,
    `an input at least as long as a window of ${showShape(windows.map(extent))}`,
    x.shape,
    'pad it or take a smaller window',
  )
}

/** The attributes of ONNX's Conv and pools that say how windows slide. */
export const windowAttributes = (windows: readonly Window[]): Record<string, readonly number[]> => ({
  kernel_shape: kernelOf(windows),
  strides: windows.map(({ stride }) => stride),
  dilations: windows.map(({ dilation }) => dilation),
})

export const kernelOf = (windows: readonly Window[]): number[] => windows.map(({ kernel }) => kernel)
export const inputOf = (windows: readonly Window[]): number[] => windows.map(({ input }) => input)
export const outputOf = (windows: readonly Window[]): number[] => windows.map(({ output }) => output)

/** `x` with `value` added before and after its axes, or elements removed where a count is negative. */
export function padOrCrop(x: Tensor, pads: readonly Pads[], value: number = 0): Tensor {
  const kept = pads.map(
    ([before, after], i): SliceRange => [Math.max(0, -before), x.shape[i]! + Math.min(0, after)],
  )
  const added = pads.map(([before, after]): Pads => [Math.max(0, before), Math.max(0, after)])
  return pad(slice(x, kept), added, { value })
}

/** No padding for the batch and the channels, then that of each window. */
export const spatial = (windows: readonly Window[], each: (w: Window) => Pads): readonly Pads[] => [
  unpadded,
  unpadded,
  ...windows.map(each),
]

/** What the element of a window at `offset` sees at all positions of padded axes. */
export const tap = (windows: readonly Window[], offset: readonly number[]): SliceRange[] =>
  offset.map((k, i) => {
    const { stride, dilation, output } = windows[i]!
    return [k * dilation, k * dilation + (output - 1) * stride + 1, stride]
  })

/** Every index into `shape`, row by row. */
export const offsets = (shape: Shape): number[][] =>
  shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  )

/** The windows, row by row, as a new axis behind the channels: `[batch, channels, window, …output]`. */
export function unfold(x: Tensor, windows: readonly Window[]): Tensor {
  const pads = spatial(windows, (w) => [w.before, after(w)])
  const padded = padOrCrop(x, pads)
  const seen = offsets(kernelOf(windows)).map((at) => slice(padded, [[], [], ...tap(windows, at)]))
  return stack(seen, 2)
}

/** How the weight slides over the input, and into how many groups the channels are divided. */
export interface Walk {
  readonly windows: readonly Window[]
  readonly groups: number
}
