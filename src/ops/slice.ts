import { ShapeError } from '../core/errors.ts'
import { resolveAxes, type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts'
import { constant, node, scalar, type Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'
import { indexSelect } from './gather.ts'

// `slice` and `pad` are each other's adjoint, so they share a file.

/** What `start:end:step` selects of one axis: from `start`, up to but without `end`. Negative ones count back. */
export type SliceRange = readonly [start?: number | undefined, end?: number | undefined, step?: number]

/** `count` elements from `start`, `step` apart. */
interface Steps {
  readonly start: number
  readonly step: number
  readonly count: number
}

/**
 * A part of each axis, by the rules of Python: `slice(x, [[1, 3], [], [0, -1, 2]])` is `x[1:3, :, 0:-1:2]`.
 *
 * Ends beyond the axis are drawn in to it. A negative step walks backwards: `[undefined, undefined, -1]` reverses.
 *
 * @param ranges one for each axis from the first; `[]` and axes without one are whole
 * @throws {ShapeError} when there are more ranges than axes, a bound is no integer, or a step is 0.
 */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  if (ranges.length > x.shape.length) {
    throw new ShapeError(
      `slice: wanted at most ${x.shape.length} ranges for ${showShape(x.shape)}, got ${ranges.length}`,
    )
  }
  const walks = x.shape.map((n, axis) => resolve(ranges[axis] ?? [], n))
  const shape = walks.map(({ count }) => count)
  if (sameShape(shape, x.shape) && walks.every(({ step }) => step > 0)) return x
  return node('Slice', {
    inputs: [
      x,
      int64s(walks.map(({ start }) => start)),
      // Backwards to the first element ends before it, where −1 would mean the last: far left instead.
      int64s(walks.map(({ start, step, count }, i) => lowest(start + step * count, x.shape[i]!))),
      int64s(x.shape.map((_, i) => i)),
      int64s(walks.map(({ step }) => step)),
    ],
    shape,
    dtype: x.dtype,
    grad: (dy) => [unslice(dy, walks, x.shape), null, null, null, null],
  })
}

const int64s = (values: readonly number[]): Tensor => constant(values, [values.length], 'int64')
const lowest = (end: number, n: number): number => (end < 0 ? -n - 1 : end)

function resolve([start, end, step = 1]: SliceRange, n: number): Steps {
  if (step === 0 || ![start ?? 0, end ?? 0, step].every(Number.isInteger)) {
    throw new ShapeError(
      `slice: wanted integers and a step other than 0, got ${[start, end, step].join(':')}`,
    )
  }
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1]
  const clamped = (at: number): number => Math.min(high, Math.max(low, at < 0 ? at + n : at))
  const first = start === undefined ? (step > 0 ? low : high) : clamped(start)
  const last = end === undefined ? (step > 0 ? high : low) : clamped(end)
  return { start: first, step, count: Math.max(0, Math.ceil((last - first) / step)) }
}

/** Zeros of `shape` with `dy` at the places that `walks` visit. */
function unslice(dy: Tensor, walks: readonly Steps[], shape: Shape): Tensor {
  const backwards = walks.flatMap(({ step }, i) => (step < 0 ? [i] : []))
  const spread = dilate(
    flip(dy, backwards),
    walks.map(({ step }) => Math.abs(step)),
  )
  const pads = walks.map(({ start, step, count }, i): Pads => {
    if (count === 0) return [0, shape[i]!]
    const before = step > 0 ? start : start + step * (count - 1)
    return [before, shape[i]! - before - spread.shape[i]!]
  })
  return pad(spread, pads)
}

/** `step − 1` zeros between neighbours along each axis. */
export function dilate(x: Tensor, steps: readonly number[]): Tensor {
  if (steps.every((step) => step === 1)) return x
  const pairs = x.shape.flatMap((n) => [n, 1])
  const padded = pad(
    reshape(x, pairs),
    steps.flatMap((step): Pads[] => [
      [0, 0],
      [0, step - 1],
    ]),
  )
  const wide = reshape(
    padded,
    x.shape.map((n, i) => n * steps[i]!),
  )
  return slice(
    wide,
    x.shape.map((n, i) => [0, Math.max(0, (n - 1) * steps[i]! + 1)]),
  )
}

/** How many elements to add before and after one axis. */
export type Pads = readonly [before: number, after: number]

export interface PadOptions {
  /**
   * What the new elements are: `value` (constant), a mirror image without its edge (reflect), the edge again
   * (replicate), or the other end (circular).
   */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'circular'
  /** Of a constant padding; 0 by default. */
  readonly value?: number
}

/**
 * `x` with elements added before and after its axes.
 *
 * Unlike PyTorch's flat list from the last axis, `pads` are pairs from the first axis, as in NumPy.
 *
 * @param pads one `[before, after]` for each axis
 * @throws {ShapeError} when there is not one pair for each axis, a size is negative, or a mirror image is longer
 *   than its axis.
 */
export function pad(
  x: Tensor,
  pads: readonly Pads[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor {
  if (pads.length !== x.shape.length || !pads.flat().every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `pad: wanted a [before, after] for each axis of ${showShape(x.shape)}, got ${JSON.stringify(pads)}`,
    )
  }
  if (pads.flat().every((n) => n === 0)) return x
  if (mode !== 'constant') return padByIndex(x, pads, mode)
  return padConstant(x, pads, value)
}

function padConstant(x: Tensor, pads: readonly Pads[], value: number): Tensor {
  const shape = x.shape.map((n, i) => pads[i]![0] + n + pads[i]![1])
  if (sizeOf(x.shape) === 0) return expand(scalar(value, x.dtype), shape)
  return node('Pad', {
    inputs: [
      x,
      int64s([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]),
      scalar(value, x.dtype),
    ],
    shape,
    dtype: x.dtype,
    grad: (dy) => [
      slice(
        dy,
        pads.map(([before], i) => [before, before + x.shape[i]!]),
      ),
      null,
      null,
    ],
  })
}

type Mirror = Exclude<PadOptions['mode'], 'constant' | undefined>

/** How far a padding may reach, and the element of an axis of n that stands at `at`, perhaps outside of it. */
const mirrors: Readonly<
  Record<Mirror, { reach: (n: number) => number; source: (at: number, n: number) => number }>
> = {
  reflect: {
    reach: (n) => n - 1,
    source: (at, n) => (at < 0 ? -at : at < n ? at : 2 * (n - 1) - at),
  },
  replicate: {
    reach: (n) => (n > 0 ? Number.POSITIVE_INFINITY : 0),
    source: (at, n) => Math.min(n - 1, Math.max(0, at)),
  },
  circular: { reach: (n) => n, source: (at, n) => (at + n) % n },
}

/** Each padded axis picked from `x` by index, which brings the gradient with it. */
function padByIndex(x: Tensor, pads: readonly Pads[], mode: Mirror): Tensor {
  const { reach, source } = mirrors[mode]
  return pads.reduce((padded, [before, after], axis) => {
    const n = x.shape[axis]!
    if (Math.max(before, after) > reach(n)) {
      throw new ShapeError(
        `pad: wanted at most ${reach(n)} to ${mode} on axis ${axis} of ${showShape(x.shape)}, got [${before}, ${after}]`,
      )
    }
    if (before + after === 0) return padded
    const index = Array.from({ length: before + n + after }, (_, i) => source(i - before, n))
    return indexSelect(padded, axis, constant(index, [index.length], 'int64'))
  }, x)
}

/** `x` backwards along `axes`. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  const flipped = resolveAxes('flip', axes, x.shape.length)
  return slice(
    x,
    x.shape.map((_, i): SliceRange => (flipped.includes(i) ? [undefined, undefined, -1] : [])),
  )
}
