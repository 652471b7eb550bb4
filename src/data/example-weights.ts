import type { Data, DType } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { custom } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import { isNumbers, type NumberInput, type NumberList } from './arrays.ts'
import { toFloat32 } from './float32.ts'

/** Option for the weights of examples. */
export const weightsOption = {
  /**
   * Weight of each example in loss, accuracy and metrics: numbers ≥ 0, one for each example. Class weights are an option
   * of the loss. @default none: every example counts the same
   */
  weights: custom<NumberInput>('an array of numbers, one for each example', isNumbers),
}

/** Returns the weight of an example of a stream. @throws {ArgumentError} when it is no number ≥ 0. */
export function weightIn({ weight }: { readonly weight?: number }, index: number): number {
  if (isWeight(weight as number)) return weight!
  throw mismatch('stream', 'a weight as a finite number ≥ 0', weight, `look at example ${index}`)
}

/** Whether a number can be the weight of an example. */
const isWeight = (value: number): boolean => value >= 0 && value < Number.POSITIVE_INFINITY

interface WeightsField {
  readonly data: Float32Array | Float64Array
  readonly shape: Shape
  readonly dtype: DType
}

/**
 * Returns the weights of `length` examples as a field of a data set.
 *
 * @throws {ArgumentError} when there are not as many, one is negative or not finite, or all are 0.
 */
export function weightsOf(who: string, given: NumberInput, length: number): WeightsField {
  const data = asFloats(who, given)
  if (data.length !== length) throw mismatch(who, `${length} weights, one for each example`, data.length)
  const wrong = data.findIndex((weight) => !isWeight(weight))
  if (wrong >= 0) throw mismatch(who, 'finite weights ≥ 0', data[wrong], `look at example ${wrong}`)
  if (!data.some((weight) => weight > 0)) throw mismatch(who, 'at least one weight above 0', 'only zeros')
  return { data, shape: [], dtype: data instanceof Float64Array ? 'float64' : 'float32' }
}

function asFloats(who: string, given: NumberInput): Float32Array | Float64Array {
  if (given instanceof Float32Array || given instanceof Float64Array) return given
  const numbers = Float64Array.from(given as NumberList, (value) =>
    ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN,
  )
  return toFloat32(numbers, { who, name: 'weights', width: 1, fix: 'give weights as a Float64Array' })
}

/** Part of a batch or another record of examples: their weights, if they have any. */
export interface MaybeWeights {
  readonly weights?: Data | undefined
}

/** Returns the weights of examples `from` … `to − 1` as part of a batch; none if the batch has none. */
export const weightRows = ({ weights }: MaybeWeights, from: number, to: number): MaybeWeights =>
  weights === undefined ? {} : { weights: weights.subarray(from, to) }
