import { placeOf, runningModule } from '../core/calls.ts'
import { ShapeError } from '../core/errors.ts'
import { firstOutside, type IndexRange, outsideRange } from '../core/range.ts'
import type { Tensor } from '../core/tensor.ts'
import { recordRange } from '../core/variable.ts'

/**
 * Makes the step that is being traced refuse values outside of a range. Constants are checked now; fed values are
 * checked on the host before each run, since the graph would count a negative index from the end.
 *
 * @throws {ShapeError} when `values` are constants outside of the range.
 */
export function checkRange(
  who: string,
  what: string,
  values: Tensor,
  range: Omit<IndexRange, 'who' | 'what' | 'values'>,
): void {
  if (values.op !== 'Constant') {
    const place = placeOf(runningModule())
    recordRange({ who: place && !who.startsWith(place) ? `${place}: ${who}` : who, what, values, ...range })
    return
  }
  const all = { who, what, values, ...range }
  const at = firstOutside(all, values.data!)
  if (at >= 0) throw new ShapeError(outsideRange(all, values.data![at]!, `position ${at} of a constant`))
}

/** Refuses indices that are not positions along an axis of `size` elements, as `checkRange` does. */
export const checkPositions = (who: string, index: Tensor, size: number): void =>
  checkRange(who, 'an index', index, { min: 0, max: size - 1 })
