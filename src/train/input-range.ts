import type { Data } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { firstOutside, type IndexRange } from '../core/range.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { originOf } from '../runtime/ranges.ts'

/** Least and greatest number that a model takes as an input, which it looks something up by. */
export interface InputRange {
  readonly min: number
  readonly max: number
}

/** Returns the range in which every number of `x` must be; undefined if the model uses none as an index. */
export function inputRangeOf(x: Tensor, ranges: readonly IndexRange[]): InputRange | undefined {
  const own = ranges.filter(({ values, except }) => except === undefined && originOf(values) === x)
  if (own.length === 0) return undefined
  return { min: Math.max(...own.map(({ min }) => min)), max: Math.min(...own.map(({ max }) => max)) }
}

/**
 * Checks inputs before a graph takes them, which would take a negative index from the end.
 *
 * @param before number of rows that come before these, for errors
 * @throws {ArgumentError} when a number is outside of the model's range.
 */
export function checkInputRange(
  data: Data,
  { shape, range }: { readonly shape: Shape; readonly range?: InputRange },
  before: number,
): void {
  const wrong = range === undefined ? -1 : firstOutside(range, data)
  if (wrong < 0) return
  const size = sizeOf(shape)
  const wanted = `indices from ${range!.min} to ${range!.max}`
  const place = `number ${wrong % size} of row ${before + Math.floor(wrong / size)}`
  throw mismatch('predict', wanted, data[wrong], `look at ${place}`)
}
