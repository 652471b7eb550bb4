import type { Tensor } from './tensor.ts'

/** Permitted range of integers, checked when a step runs: indices along an axis, class labels, or lengths. */
export interface IndexRange {
  /** Operator that requires the range, after the path of its module: `tokens (Embedding): embedding`. */
  readonly who: string
  /** Noun, for messages, for one of the integers, such as `a label`. */
  readonly what: string
  readonly values: Tensor
  readonly min: number
  readonly max: number
  /** A value outside of the range that is accepted nevertheless, such as a label to ignore. */
  readonly except?: number | undefined
  /** How to fix a value that is refused, as the message says. */
  readonly fix?: string | undefined
}

/** Returns the message for a value outside of a range. @param at position of the value, such as `example 3` */
export function outsideRange(range: IndexRange, got: number | bigint, at: string): string {
  const { who, what, min, max, except, fix } = range
  const wanted = `${what} from ${min} to ${max}${except === undefined ? '' : ` or ${except}`}`
  return `${who}: wanted ${wanted}, got ${got} at ${at}${fix === undefined ? '' : `; ${fix}`}`
}

/**
 * Returns the index of the first value outside of a range, among the values from index `from` to `to − 1`; −1
 * if there is none. A number with a fraction is truncated first, as a cast does; NaN is outside.
 */
export function firstOutside(
  { min, max, except }: Pick<IndexRange, 'min' | 'max' | 'except'>,
  values: ArrayLike<number | bigint>,
): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value > min - 1 && value < max + 1) && (except === undefined || Number(value) !== except)) return i
  }
  return -1
}
