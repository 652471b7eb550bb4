import { isFloat } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Option, type RequiredOption, required, size } from '../core/options.ts'
import { misfit, type Shape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { stack } from './concat.ts'
import { type Pads, pad, type SliceRange, slice, unpadded } from './slice.ts'

// Windows of convolutions and pools, which slide over the axes after `[batch, channels, …]`.

/** One number for all axes after batch and channels, or a list with one number for each. */
export type PerAxis = number | readonly number[]
type Item = Option<number, number | undefined>

/** Declares an option: one value for all `rank` axes, or a list of one for each; `item` declares a value. */
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

/** Declares a required option: one positive integer for each of `rank` axes, or one for all of them. */
export const sizes = (rank: number): RequiredOption<PerAxis, readonly number[]> =>
  required(perAxis(rank, size))

/** @throws {ShapeError} unless `x` is `[batch, channels, …]` of floats with `rank` more axes. */
export function checkAxes(who: string, rank: number, x: Tensor): void {
  if (x.shape.length === rank + 2 && isFloat(x.dtype)) return
  throw misfit(who, `floats with ${rank + 2} axes, [batch, channels, …]`, x)
}

/** A window that slides along one axis of the input of a convolution or pool. */
export interface Window {
  /** Size of the input axis. */
  readonly input: number
  /** Number of positions of the window: the size of the output axis. */
  readonly output: number
  /** Number of elements in the window. */
  readonly kernel: number
  /** Distance between neighbouring positions of the window, in elements. */
  readonly stride: number
  /** Distance between neighbouring elements within the window; 1 for a window without gaps. */
  readonly dilation: number
  /** Number of padding elements before the first element of the input. */
  readonly before: number
}

/** A window of one element on an axis of size 1. */
export const unitWindow: Window = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0 }

/** Number of elements from the first to the last element of a window, gaps included. */
export const extent = ({ kernel, dilation }: Window): number => dilation * (kernel - 1) + 1

/** Padding needed after the input by the last position of a window; negative if some input is unused. */
export const after = (w: Window): number => (w.output - 1) * w.stride + extent(w) - w.input - w.before

/**
 * Returns a window for each axis of `x` after batch and channels, with its number of positions.
 *
 * @param ceil whether the last position may extend past the end of the padded input
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
    // A window must start within the input or the padding before the input.
    return { ...window, output: ceil && (output - 1) * stride >= input + before ? output - 1 : output }
  })
  if (windows.every(({ output }) => output >= 1)) return windows
  const wanted = `an input at least as long as a window of ${showShape(windows.map(extent))}`
  throw misfit(who, wanted, x.shape, 'pad it or take a smaller window')
}

/** Returns the attributes that describe windows to ONNX's convolutions and pools. */
export const windowAttributes = (windows: readonly Window[]): Record<string, readonly number[]> => ({
  kernel_shape: kernelOf(windows),
  strides: windows.map(({ stride }) => stride),
  dilations: windows.map(({ dilation }) => dilation),
})

export const kernelOf = (windows: readonly Window[]): number[] => windows.map(({ kernel }) => kernel)
export const inputOf = (windows: readonly Window[]): number[] => windows.map(({ input }) => input)
export const outputOf = (windows: readonly Window[]): number[] => windows.map(({ output }) => output)

/** Pads `x` with `value` before and after each axis, or crops where a pad is negative. */
export function padOrCrop(x: Tensor, pads: readonly Pads[], value: number = 0): Tensor {
  const kept = pads.map(
    ([before, after], i) => [Math.max(0, -before), x.shape[i]! + Math.min(0, after)] as const,
  )
  const added = pads.map(([before, after]): Pads => [Math.max(0, before), Math.max(0, after)])
  return pad(slice(x, kept), added, { value })
}

/** Pads for all axes of `[batch, channels, …]`: none for the first two, then `each(w)` for every window w. */
export const spatial = (windows: readonly Window[], each: (w: Window) => Pads): readonly Pads[] => [
  unpadded,
  unpadded,
  ...windows.map(each),
]

/** Slices of the padded axes that the window's element at `offset` reads, over all positions of the window. */
export const tap = (windows: readonly Window[], offset: readonly number[]): SliceRange[] =>
  offset.map((k, i) => {
    const { stride, dilation, output } = windows[i]!
    return [k * dilation, k * dilation + (output - 1) * stride + 1, stride]
  })

/** Lists the index of every element of a tensor of `shape`, in row-major order. */
export const offsets = (shape: Shape): number[][] =>
  shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  )

/** Copies elements of each window to a new axis after the channels: `[batch, channels, window, …output]`. */
export function unfold(x: Tensor, windows: readonly Window[]): Tensor {
  const pads = spatial(windows, (w) => [w.before, after(w)])
  const padded = padOrCrop(x, pads)
  const seen = offsets(kernelOf(windows)).map((at) => slice(padded, [[], [], ...tap(windows, at)]))
  return stack(seen, 2)
}

/** Windows of a convolution, one for each axis after batch and channels, and the number of groups. */
export interface Walk {
  readonly windows: readonly Window[]
  readonly groups: number
}
