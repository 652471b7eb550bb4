import { choice, number, type OptionsOf, readOptions } from '../core/options.ts'
import {
  type Axes,
  axesOf,
  misfit,
  resolveAxes,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../core/shape.ts'
import { int64s, node, scalar, type Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'
import { indexSelect } from './gather.ts'

// `slice` and `pad` are adjoint to each other, so they share a file.

/** Python's slice `start:end:step` of one axis: `end` is exclusive; a negative bound counts from the end. */
export type SliceRange = readonly [start?: number | undefined, end?: number | undefined, step?: number]

/** Selection of `count` elements along one axis: at indices `start`, `start + step`, `start + 2·step`, …. */
interface Steps {
  readonly start: number
  readonly step: number
  readonly count: number
}

/**
 * Slices each axis by the rules of Python: `slice(x, [[1, 3], [], [0, -1, 2]])` is `x[1:3, :, 0:-1:2]`. Bounds
 * beyond the axis are clamped. A negative step runs backwards: `[undefined, undefined, -1]` reverses an axis.
 *
 * @param ranges one for each axis, from the first; an axis with `[]` or without a range stays whole
 * @throws {ShapeError} when there are more ranges than axes, a bound is not an integer, or a step is 0.
 */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  if (ranges.length > x.shape.length) {
    throw misfit('slice', `at most ${x.shape.length} ranges for ${showShape(x.shape)}`, ranges.length)
  }
  const walks = x.shape.map((n, axis) => resolve(ranges[axis] ?? [], n))
  const shape = walks.map(({ count }) => count)
  if (sameShape(shape, x.shape) && walks.every(({ step }) => step > 0)) return x
  return node('Slice', {
    inputs: [
      x,
      int64s(walks.map(({ start }) => start)),
      // A backward range to the first element ends before it, where −1 would mean the last element.
      int64s(walks.map(({ start, step, count }, i) => lowest(start + step * count, x.shape[i]!))),
      int64s(axesOf(x.shape)),
      int64s(walks.map(({ step }) => step)),
    ],
    shape,
    dtype: x.dtype,
    grad: (dy) => [unslice(dy, walks, x.shape), null, null, null, null],
  })
}

const lowest = (end: number, n: number): number => (end < 0 ? -n - 1 : end)

function resolve([start, end, step = 1]: SliceRange, n: number): Steps {
  if (step === 0 || ![start ?? 0, end ?? 0, step].every(Number.isInteger)) {
    throw misfit('slice', 'integers and a step other than 0', [start, end, step].join(':'))
  }
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1]
  const clamped = (at: number): number => Math.min(high, Math.max(low, at < 0 ? at + n : at))
  const first = start === undefined ? (step > 0 ? low : high) : clamped(start)
  const last = end === undefined ? (step > 0 ? high : low) : clamped(end)
  return { start: first, step, count: Math.max(0, Math.ceil((last - first) / step)) }
}

/** Returns zeros of `shape`, but the elements of `dy` at the indices that `walks` selects along each axis. */
function unslice(dy: Tensor, walks: readonly Steps[], shape: Shape): Tensor {
  const backwards = walks.flatMap(({ step }, i) => (step < 0 ? [i] : []))
  const steps = walks.map(({ step }) => Math.abs(step))
  const spread = dilate(flip(dy, backwards), steps)
  const pads = walks.map(({ start, step, count }, i): Pads => {
    if (count === 0) return [0, shape[i]!]
    const before = step > 0 ? start : start + step * (count - 1)
    return [before, shape[i]! - before - spread.shape[i]!]
  })
  return pad(spread, pads)
}

/** Inserts `steps[i] − 1` zeros between neighbouring elements along each axis i. */
export function dilate(x: Tensor, steps: readonly number[]): Tensor {
  if (steps.every((step) => step === 1)) return x
  const apart = x.shape.flatMap((n) => [n, 1])
  const gaps = steps.flatMap((step) => [unpadded, [0, step - 1] as const])
  const wide = x.shape.map((n, i) => n * steps[i]!)
  const kept = x.shape.map((n, i): SliceRange => [0, Math.max(0, (n - 1) * steps[i]! + 1)])
  return slice(reshape(pad(reshape(x, apart), gaps), wide), kept)
}

/** Number of elements to add before the first and after the last element of one axis. */
export type Pads = readonly [before: number, after: number]
export const unpadded: Pads = [0, 0]

/** A way to pad an axis of size n by at most `reach(n)` of its own elements: index `at` copies `source(at, n)`. */
interface Mirror {
  readonly reach: (n: number) => number
  readonly source: (at: number, n: number) => number
}

const mirrors = {
  reflect: { reach: (n) => n - 1, source: (at, n) => (at < 0 ? -at : at < n ? at : 2 * (n - 1) - at) },
  replicate: { reach: (n) => (n > 0 ? Infinity : 0), source: (at, n) => Math.min(n - 1, Math.max(0, at)) },
  circular: { reach: (n) => n, source: (at, n) => (at + n) % n },
} satisfies Readonly<Record<string, Mirror>>

const padOptions = {
  /**
   * How to pad: with `value` (constant), a mirror image that omits the edge element (reflect), copies of the
   * edge element (replicate), or elements from the opposite end of the axis (circular). @default 'constant'
   */
  mode: choice(['constant', 'reflect', 'replicate', 'circular'], 'constant'),
  /** Value of the added elements in mode `constant`. @default 0 */
  value: number({ min: -Infinity, max: Infinity }, 0),
}
export interface PadOptions extends OptionsOf<typeof padOptions> {}

/**
 * Pads `x` before and after each axis.
 *
 * @param pads one `[before, after]` for each axis, from the first axis on; PyTorch counts from the last
 * @throws {ShapeError} when an axis has no pair, a pad is negative, or `mode` cannot fill that much.
 */
export function pad(x: Tensor, pads: readonly Pads[], options?: PadOptions): Tensor {
  const { mode, value } = readOptions('pad', padOptions, options)
  if (pads.length !== x.shape.length || !pads.flat().every((n) => Number.isInteger(n) && n >= 0)) {
    throw misfit('pad', `a [before, after] for each axis of ${showShape(x.shape)}`, JSON.stringify(pads))
  }
  if (pads.flat().every((n) => n === 0)) return x
  return mode === 'constant' ? padConstant(x, pads, value) : padByIndex(x, pads, mode)
}

function padConstant(x: Tensor, pads: readonly Pads[], value: number): Tensor {
  const shape = x.shape.map((n, i) => pads[i]![0] + n + pads[i]![1])
  if (sizeOf(x.shape) === 0) return expand(scalar(value, x.dtype), shape)
  const inside = pads.map(([before], i): SliceRange => [before, before + x.shape[i]!])
  const flat = [...pads.map(([before]) => before), ...pads.map(([, after]) => after)]
  return node('Pad', {
    inputs: [x, int64s(flat), scalar(value, x.dtype)],
    shape,
    grad: (dy) => [slice(dy, inside), null, null],
  })
}

/** Pads `x` with copies of its own elements: selects them by index, axis by axis. */
function padByIndex(x: Tensor, pads: readonly Pads[], mode: keyof typeof mirrors): Tensor {
  const { reach, source }: Mirror = mirrors[mode]
  return pads.reduce((padded, [before, after], axis) => {
    const n = x.shape[axis]!
    if (Math.max(before, after) > reach(n)) {
      const wanted = `at most ${reach(n)} to ${mode} on axis ${axis} of ${showShape(x.shape)}`
      throw misfit('pad', wanted, [before, after])
    }
    if (before + after === 0) return padded
    const index = Array.from({ length: before + n + after }, (_, i) => source(i - before, n))
    return indexSelect(padded, axis, int64s(index))
  }, x)
}

/** Reverses the order of the elements along each of `axes`. */
export function flip(x: Tensor, axes: Axes): Tensor {
  const flipped = resolveAxes('flip', axes, x.shape.length)
  const backwards: SliceRange = [undefined, undefined, -1]
  const ranges = x.shape.map((_, i): SliceRange => (flipped.includes(i) ? backwards : []))
  return slice(x, ranges)
}
