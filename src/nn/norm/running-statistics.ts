import { ArgumentError } from '../../core/errors.ts'
import { nameBeside } from '../../core/names.ts'
import { scalar, type Tensor } from '../../core/tensor.ts'
import { hyperparameter, type Variable } from '../../core/variable.ts'
import { abs, add, div, mul, sub } from '../../ops/arithmetic.ts'
import { cast, greater, less, where } from '../../ops/compare.ts'
import { expm1 } from '../../ops/logarithm.ts'
import { logicalAnd } from '../../ops/logic.ts'
import { all } from '../../ops/reduction.ts'

/** The weight of the newest batch, 0 to 1, or a schedule of it; `null` for the plain average of all batches. */
export type Momentum = number | ((step: number) => number) | null

/** How running statistics learn from a batch. */
export interface LearningRule {
  readonly momentum: Momentum
  readonly zeroDebias: boolean
  readonly fullBatchSize: number | undefined
  readonly nonFinite: 'allow' | 'skip' | 'throw'
}

/** What a batch says of its channels. */
export interface BatchStatistics {
  /** `[channels]`. */
  readonly mean: Tensor
  /** `[channels]`, biased. */
  readonly variance: Tensor
  /** Values a channel: a tensor when it depends on a mask. */
  readonly count: number | Tensor
  /** Examples in the batch. */
  readonly examples: number
}

/** What the statistics are kept in. */
export interface RunningStatistics {
  readonly runningMean: Variable
  readonly runningVar: Variable
  readonly numBatchesTracked: Variable
}

/**
 * Move running statistics towards those of a batch, the variance unbiased:
 *
 *     running ← (1 − w) · running + w · batch
 *
 * where w is `weightOf` the batch. A batch that must not be learnt from leaves them, and their count, as they are.
 */
export function learn(running: RunningStatistics, batch: BatchStatistics, rule: LearningRule): void {
  const { runningMean, runningVar, numBatchesTracked } = running
  const usable = usableOf(batch, rule)
  const one = usable ? cast(usable, 'int64') : scalar(1, 'int64')
  const seen = add(numBatchesTracked.value, one)
  numBatchesTracked.assign(seen)
  const weight = weightOf(seen, batch, rule, nameBeside(runningMean, 'momentum'))
  const blend = (variable: Variable, next: Tensor, factor: number | Tensor): void => {
    const old = variable.value
    const blended = add(mul(old, sub(1, weight)), mul(next, mul(weight, factor)))
    variable.assign(usable ? where(usable, blended, old) : blended)
  }
  blend(runningMean, batch.mean, 1)
  blend(runningVar, batch.variance, unbias(batch.count))
}

/** n/(n − 1): what turns a biased variance into an unbiased one. */
function unbias(count: number | Tensor): number | Tensor {
  if (typeof count === 'number') return count / (count - 1)
  return div(count, where(greater(count, 1), sub(count, 1), 1))
}

/** Whether a batch may be learnt from, `[]`; none when it always may. */
function usableOf(
  { mean, variance, count }: BatchStatistics,
  { nonFinite }: LearningRule,
): Tensor | undefined {
  const enough = typeof count === 'number' ? undefined : greater(count, 1)
  if (nonFinite !== 'skip') return enough
  const finite = all(less(abs(add(mean, variance)), Number.POSITIVE_INFINITY))
  return enough ? logicalAnd(enough, finite) : finite
}

/** The weight of the newest batch, `[]`. */
function weightOf(
  seen: Tensor,
  { mean: { dtype }, examples }: BatchStatistics,
  { momentum, zeroDebias, fullBatchSize = examples }: LearningRule,
  name: string,
): Tensor {
  if (momentum === null) return div(scalar(1, dtype), cast(seen, dtype))
  const weight =
    zeroDebias && typeof momentum === 'number'
      ? debiased(momentum, cast(seen, dtype))
      : hyperparameter(momentum, dtype, name, 'momentum')
  return examples < fullBatchSize ? mul(weight, examples / fullBatchSize) : weight
}

/**
 * `m / (1 − (1 − m)ᵗ)`: the weight of batch t with which nothing of the first numbers is left. Equal to dividing an
 * average that started at 0 by 1 − (1 − m)ᵗ.
 */
const debiased = (momentum: number, t: Tensor): Tensor => div(-momentum, expm1(mul(t, Math.log1p(-momentum))))

/** @throws {ArgumentError} when an option is out of range, or two exclude each other. */
export function checkRule(who: string, { momentum, zeroDebias, fullBatchSize }: LearningRule): void {
  const right =
    typeof momentum === 'number'
      ? momentum >= 0 && momentum <= 1
      : momentum === null || typeof momentum === 'function'
  if (!right) {
    throw new ArgumentError(
      `${who}: wanted momentum from 0 to 1, null or a schedule, got ${momentum}; it is the weight of the newest batch`,
    )
  }
  if (zeroDebias && !(typeof momentum === 'number' && momentum > 0 && momentum < 1)) {
    const got = typeof momentum === 'function' ? 'a schedule' : momentum
    throw new ArgumentError(`${who}: wanted momentum between 0 and 1 with zeroDebias, got ${got}`)
  }
  if (fullBatchSize === undefined) return
  if (!Number.isInteger(fullBatchSize) || fullBatchSize < 1) {
    throw new ArgumentError(`${who}: wanted fullBatchSize as a positive integer, got ${fullBatchSize}`)
  }
  if (momentum === null) {
    throw new ArgumentError(
      `${who}: wanted momentum as a number or a schedule with fullBatchSize, got null; use train.recalibrate for a weighted average`,
    )
  }
}
