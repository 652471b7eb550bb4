import type { Tensor } from './tensor.ts'

/** A range that integers must keep to when a step runs: indices of an axis, labels of classes, lengths. */
export interface IndexRange {
  /** Operator that needs the range, after the path of the module that it is in: `tokens (Embedding): embedding`. */
  readonly who: string
  /** What one of the integers is, such as `a label`. */
  readonly what: string
  readonly values: Tensor
  readonly min: number
  readonly max: number
  /** A value outside of the range that is accepted as well: a label to ignore. */
  readonly except?: number | undefined
  /** What to do about a value that is refused. */
  readonly fix?: string | undefined
}

/** Returns the message for a value outside of a range. @param at where the value is, such as `example 3` */
export function outsideRange(range: IndexRange, got: number | bigint, at: string): string {
  const { who, what, min, max, except, fix } = range
  const wanted = `${what} from ${min} to ${max}${except === undefined ? '' : ` or ${except}`}`
  return `${who}: wanted ${wanted}, got ${got} at ${at}${fix === undefined ? '' : `; ${fix}`}`
}

/**
 * Returns the position of the first of the values `from` … `to − 1` that is outside of a range; −1 if there is none.
 * A number that is no integer is cut to one, as a cast does; NaN is outside.
 */
export function firstOutside({ min, max, except }: IndexRange, values: ArrayLike<number | bigint>): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value > min - 1 && value < max + 1) && (except === undefined || Number(value) !== except)) return i
  }
  return -1
}
