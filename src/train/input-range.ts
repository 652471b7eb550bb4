import type { Data } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { firstOutside, type IndexRange } from '../core/range.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { fromRows, placesOf } from '../data/record.ts'
import { originOf } from '../runtime/ranges.ts'

/** Least and greatest number that a model takes as an input, which it looks something up by. */
export interface InputRange {
  readonly min: number
  readonly max: number
}

/** Inputs of a model, with the ranges of those that it looks something up by. */
export interface RangedInputs extends FieldSpec {
  readonly range?: InputRange
  /** Ranges of several inputs, by name. */
  readonly ranges?: Readonly<Record<string, InputRange>>
}

/** Returns the range in which every number of `x` must be; undefined if the model uses none as an index. */
export function inputRangeOf(x: Tensor, ranges: readonly IndexRange[]): InputRange | undefined {
  const own = ranges.filter(({ values, except }) => except === undefined && originOf(values) === x)
  if (own.length === 0) return undefined
  return { min: Math.max(...own.map(({ min }) => min)), max: Math.min(...own.map(({ max }) => max)) }
}

/** Checks `x`, or each of several inputs, as `checkInputRange` does. */
export function checkInputRanges(rows: Data, x: RangedInputs, before: number): void {
  if (!x.tensors) checkInputRange(rows, x, before)
  for (const place of placesOf(x.tensors ?? {})) {
    const range = x.ranges?.[place.name]
    if (range === undefined) continue
    const { shape } = place.spec
    checkInputRange(fromRows(rows, sizeOf(x.shape), place), { shape, range }, before, ` of ${place.name}`)
  }
}

/**
 * Checks inputs before a graph takes them, which would take a negative index from the end.
 *
 * @param before number of rows that come before these, for errors
 * @throws {ArgumentError} when a number is outside of the model's range.
 */
function checkInputRange(
  data: Data,
  { shape, range }: { readonly shape: Shape; readonly range?: InputRange },
  before: number,
  of = '',
): void {
  const wrong = range === undefined ? -1 : firstOutside(range, data)
  if (wrong < 0) return
  const size = sizeOf(shape)
  const wanted = `indices${of} from ${range!.min} to ${range!.max}`
  const place = `number ${wrong % size} of row ${before + Math.floor(wrong / size)}`
  throw mismatch('predict', wanted, data[wrong], `look at ${place}`)
}
