import type { DType } from './dtype.ts'
import { ShapeError } from './errors.ts'

/** Sizes, outermost axis first. `[]` is a scalar. */
export type Shape = readonly number[]

/** A shape as messages print it: `[2, 3]`. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

interface Typed {
  readonly shape: Shape
  readonly dtype: DType
}

/** A tensor as messages print it: `float32 [2, 3]`. */
export const showTensor = ({ dtype, shape }: Typed): string => `${dtype} ${showShape(shape)}`

/** The error of a shape or type that does not fit: `who: wanted X, got [2, 3]; do Z`. */
export function misfit(
  who: string,
  wanted: string,
  got: Shape | Typed | string | number,
  fix?: string,
): ShapeError {
  const shown = typeof got !== 'object' ? got : 'dtype' in got ? showTensor(got) : showShape(got)
  return new ShapeError(`${who}: wanted ${wanted}, got ${shown}${fix === undefined ? '' : `; ${fix}`}`)
}

/** @throws {ShapeError} when `x` is not of the shape `wanted`. @param what names `x` in the message */
export function checkShape(who: string, what: string, x: Typed, wanted: Shape): void {
  if (!sameShape(x.shape, wanted)) throw misfit(who, `${what} of ${showShape(wanted)}`, x.shape)
}

/** The number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i])

/** Every axis of a shape. */
export const axesOf = (shape: Shape): number[] => shape.map((_, i) => i)

/** Every axis but that of the channels, 1. */
export const axesButChannels = (shape: Shape): number[] => axesOf(shape).filter((i) => i !== 1)

/** A shape without `axes`. */
export const withoutAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, i) => !axes.includes(i))

/** A shape with size 1 along `axes`. */
export const withUnitAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((n, i) => (axes.includes(i) ? 1 : n))

/**
 * The shape two operands broadcast to, by NumPy's rule: align the last axes; an axis of 1 stretches.
 *
 * @throws {ShapeError} when two sizes differ and neither is 1.
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

/** The axes along which `from` was stretched to become `to`. */
export function stretchedAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length
  return to.flatMap((n, i) => (i < lead || (from[i - lead] === 1 && n !== 1) ? [i] : []))
}

/**
 * Axes counted from the front, in ascending order. A negative axis counts from the end, as in PyTorch.
 *
 * @throws {ShapeError} when an axis is outside `[-rank, rank)` or named twice.
 */
export function resolveAxes(who: string, axes: readonly number[], rank: number): number[] {
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
