import { ArgumentError } from '../core/errors.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { greaterEqual, lessEqual, where } from './compare.ts'
import { checkFloat } from './elementwise.ts'
import { logicalAnd } from './logic.ts'

/** Clamps like `clamp`. @param who name of the caller in errors */
export function clipTo(who: string, x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw new ArgumentError(`${who}: wanted low ≤ high, got ${low} and ${high}`)
  checkFloat(who, x)
  return node('Clip', {
    inputs: [x, scalar(low, x.dtype), scalar(high, x.dtype)],
    grad: (dy) => [where(logicalAnd(greaterEqual(x, low), lessEqual(x, high)), dy, 0), null, null],
  })
}
