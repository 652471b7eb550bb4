import type { DType } from './dtype.ts'
import { ShapeError } from './errors.ts'
import { custom, type Option } from './options.ts'

/** Sizes of a tensor's axes, outermost axis first; an empty list is the shape of a scalar. */
export type Shape = readonly number[]

/** Declares an option that is a shape. */
export const shapeOption: Option<Shape, Shape | undefined> = custom<Shape>('a list of integers ≥ 0', isShape)

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0)
}

/** Formats a shape for messages: `[2, 3]`. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

interface Typed {
  readonly shape: Shape
  readonly dtype: DType
}

/** Formats a tensor's element type and shape for messages: `float32 [2, 3]`. */
export const showTensor = ({ dtype, shape }: Typed): string => `${dtype} ${showShape(shape)}`

/** Returns the error for an unsuitable shape or element type: `who: wanted X, got [2, 3]; do Z`. */
export function misfit(
  who: string,
  wanted: string,
  got: Shape | Typed | string | number,
  fix?: string,
): ShapeError {
  const shown = typeof got !== 'object' ? got : 'dtype' in got ? showTensor(got) : showShape(got)
  return new ShapeError(`${who}: wanted ${wanted}, got ${shown}${fix === undefined ? '' : `; ${fix}`}`)
}

/** Checks a tensor's shape. @throws {ShapeError} when it is not `wanted`. @param what name of `x` in errors */
export function checkShape(who: string, what: string, x: Typed, wanted: Shape): void {
  if (!sameShape(x.shape, wanted)) throw misfit(who, `${what} of ${showShape(wanted)}`, x.shape)
}

/** Returns the number of elements in a tensor of this shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i])

/** Returns the indices of all axes of a shape: 0 … rank − 1. */
export const axesOf = (shape: Shape): number[] => shape.map((_, i) => i)

/** Returns the indices of all axes of a shape except axis 1, the channel axis. */
export const axesButChannels = (shape: Shape): number[] => axesOf(shape).filter((i) => i !== 1)

/** Returns a shape without the axes at the indices `axes`. */
export const withoutAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, i) => !axes.includes(i))

/** Returns a shape in which the axes at the indices `axes` have size 1. */
export const withUnitAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((n, i) => (axes.includes(i) ? 1 : n))

/**
 * Returns the shape to which two shapes broadcast, as in NumPy: trailing axes are aligned, axes of size 1
 * stretch.
 *
 * @throws {ShapeError} when two aligned axes differ in size and neither has size 1.
 */
export function broadcast(who: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1
    const n = b[i - rank + b.length] ?? 1
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${who}: wanted shapes that broadcast, got ${showShape(a)} and ${showShape(b)}; make axis ${i} equal or 1`,
      )
    }
    return m === 1 ? n : m
  })
}

/** Returns the axes of shape `to` along which elements repeat when shape `from` is broadcast to `to`. */
export function stretchedAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length
  return to.flatMap((n, i) => (i < lead || (from[i - lead] === 1 && n !== 1) ? [i] : []))
}

/** One axis of a tensor, or a list of axes; a negative axis counts from the end. */
export type Axes = number | readonly number[]

/**
 * Returns axes as non-negative indices in ascending order. A negative axis counts from the end, as in PyTorch.
 *
 * @throws {ShapeError} when an axis is outside `[-rank, rank)` or given twice.
 */
export function resolveAxes(who: string, given: Axes, rank: number): number[] {
  const axes = typeof given === 'number' ? [given] : given
  const resolved = axes.map((axis) => {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
      throw new ShapeError(`${who}: wanted an axis from ${-rank} to ${rank - 1}, got ${axis}`)
    }
    return axis < 0 ? axis + rank : axis
  })
  if (new Set(resolved).size !== axes.length) {
    throw new ShapeError(`${who}: wanted each axis once, got ${showShape(axes)}`)
  }
  return resolved.sort((a, b) => a - b)
}
