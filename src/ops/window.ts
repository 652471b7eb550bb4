import { ArgumentError } from '../core/errors.ts'
import { type Shape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { stack } from './concat.ts'
import { type Pads, pad, type SliceRange, slice } from './slice.ts'

// What convolution and pooling share: windows that walk over the axes behind `[batch, channels, …]`.

/** How a window walks along one axis. */
export interface Window {
  /** Elements of the axis it walks over. */
  readonly input: number
  /** How often it stops. */
  readonly output: number
  /** Elements it sees at each stop. */
  readonly kernel: number
  /** Elements from one stop to the next. */
  readonly stride: number
  /** Elements from one that it sees to the next that it sees; 1 for a window without gaps. */
  readonly dilation: number
  /** Elements that are imagined before the first. */
  readonly before: number
}

/** From the first element it sees to the last, both included. */
export const extent = ({ kernel, dilation }: Window): number => dilation * (kernel - 1) + 1

/** Elements imagined after the last one, so that the last stop ends there; negative where it ends before. */
export const after = (w: Window): number => (w.output - 1) * w.stride + extent(w) - w.input - w.before

/** One number for each of `rank` axes. @throws {ArgumentError} when there are more or fewer, or one is below `least`. */
export function perAxis(
  who: string,
  name: string,
  value: number | readonly number[],
  rank: number,
  least: number,
): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
  if (list.length !== rank || !list.every((n) => Number.isInteger(n) && n >= least)) {
    const form = rank === 1 ? 'one integer' : `an integer or ${rank} of them`
    throw new ArgumentError(
      `${who}: wanted ${name} as ${form} from ${least}, got ${typeof value === 'number' ? value : showShape(value)}`,
    )
  }
  return list
}

/** `x` with `value` added before and after its axes, or elements taken away where a count is negative. */
export function padOrCrop(x: Tensor, pads: readonly Pads[], value: number = 0): Tensor {
  const kept = slice(
    x,
    pads.map(([before, after], i): SliceRange => [Math.max(0, -before), x.shape[i]! + Math.min(0, after)]),
  )
  return pad(
    kept,
    pads.map(([before, after]): Pads => [Math.max(0, before), Math.max(0, after)]),
    { value },
  )
}

/** Nothing before and after the batch and the channels, then what `each` says of each window. */
export const spatial = (windows: readonly Window[], each: (w: Window) => Pads): readonly Pads[] => [
  [0, 0],
  [0, 0],
  ...windows.map(each),
]

/**
 * What each element of a window sees at all stops: one tensor `[batch, channels, …output]` for each element of the
 * window, row by row.
 */
export function taps(x: Tensor, windows: readonly Window[]): Tensor[] {
  const padded = padOrCrop(
    x,
    spatial(windows, (w) => [w.before, after(w)]),
  )
  return offsets(windows.map(({ kernel }) => kernel)).map((offset) =>
    slice(padded, [[], [], ...tap(windows, offset)]),
  )
}

/** What the element of a window at `offset` sees at all stops, of axes that are padded already. */
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

/** The windows as a new axis behind the channels: `[batch, channels, window, …output]`. */
export const unfold = (x: Tensor, windows: readonly Window[]): Tensor => stack(taps(x, windows), 2)

/** How the weight walks over the input, and into how many groups the channels are divided. */
export interface Walk {
  readonly windows: readonly Window[]
  readonly groups: number
}
