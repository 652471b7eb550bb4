import type { Data, DType } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { firstOutside, type IndexRange } from '../core/range.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { OutOfRangeError, originOf } from '../runtime/ranges.ts'

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

/**
 * Checks the inputs of concatenated batches of `rows` examples, as `checkInputRange` does.
 *
 * @throws {OutOfRangeError} when a number is outside of the model's range.
 */
export function checkBatchRange(
  data: Data,
  { shape, dtype, range }: { readonly shape: Shape; readonly dtype: DType; readonly range?: InputRange },
  rows: number,
): void {
  const wrong = range === undefined ? -1 : firstOutside(range, data)
  if (wrong < 0) return
  const size = sizeOf(shape)
  const at = (example: number): string => `example ${example} of x`
  const [turn, example] = [Math.floor(wrong / size / rows), Math.floor(wrong / size) % rows]
  const place = { turn, example, inDataset: false, within: size === 1 ? '' : `, number ${wrong % size}`, at }
  const values = input([rows, ...shape], dtype)
  const all = { who: 'evaluate', what: 'an index', values, ...range! }
  throw new OutOfRangeError(all, data[wrong]!, place, at(example))
}
