import { fraction } from '../../core/bounds.ts'
import { mismatch } from '../../core/mismatch.ts'
import { nameBeside } from '../../core/names.ts'
import { type Hyperparameter, number, type Option } from '../../core/options.ts'
import { scalar, type Tensor } from '../../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../../core/variable.ts'
import { abs, add, div, mul, sub } from '../../ops/arithmetic.ts'
import { cast, greater, less, where } from '../../ops/compare.ts'
import { expm1 } from '../../ops/logarithm.ts'
import { logicalAnd } from '../../ops/logic.ts'
import { all } from '../../ops/reduction.ts'
import { type ScheduleLike, schedulable } from '../../schedule/schedulable.ts'

/** Weight of the newest batch, from 0 to 1, or a schedule of this weight; `null` weights all batches equally. */
export type Momentum = Hyperparameter | null

const weight = schedulable(number({ min: 0, max: 1 }, 0.1))

export const momentumOption: Option<ScheduleLike | null, Momentum> = {
  wanted: 'a number from 0 to 1, null or a schedule',
  fallback: 0.1,
  read(who, name, value) {
    return value === null ? null : weight.read.call(this as never, who, name, value)
  },
}

/** Options that determine how a batch updates the running statistics. */
interface LearningRule {
  readonly momentum: Momentum
  readonly zeroDebias?: boolean
  readonly fullBatchSize?: number | undefined
  readonly nonFinite?: 'allow' | 'skip' | 'throw'
}

/** Statistics of one batch, per channel. */
interface BatchStatistics {
  /** Mean, `[channels]`. */
  readonly mean: Tensor
  /** Biased variance (divided by `count`), `[channels]`. */
  readonly variance: Tensor
  /** Number of values per channel; a tensor if the number depends on a mask. */
  readonly count: number | Tensor
  /** Number of examples in the batch. */
  readonly examples: number
}

/** Variables that hold the running statistics of a layer. */
export interface RunningStatistics {
  /** Running mean, `[channels]`, initialized to 0. */
  readonly runningMean: Variable
  /** Running unbiased variance, `[channels]`, initialized to 1. */
  readonly runningVar: Variable
  /** Number of batches that have updated the running statistics; an int64 scalar. */
  readonly numBatchesTracked: Variable
}

/**
 * Creates variables for the running statistics of a layer.
 *
 * @param finite whether a step throws instead of storing NaN or infinity in these variables
 */
export const runningStatistics = (channels: number, finite: boolean = false): RunningStatistics => ({
  runningMean: new Variable([channels], filled(0), { trainable: false, finite }),
  runningVar: new Variable([channels], filled(1), { trainable: false, finite }),
  numBatchesTracked: new Variable([], filled(0), { trainable: false, dtype: 'int64' }),
})

/**
 * Updates running statistics with the mean and the unbiased variance of a batch:
 *
 *     running ← (1 − w) · running + w · batch
 *
 * where `weightOf` returns the weight w. A batch that `usableOf` rejects changes neither the statistics nor the
 * number of batches.
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

/** Returns n/(n − 1) for n = `count`: the ratio of the unbiased to the biased variance. */
function unbias(count: number | Tensor): number | Tensor {
  if (typeof count === 'number') return count / (count - 1)
  return div(count, where(greater(count, 1), sub(count, 1), 1))
}

/** Returns a bool scalar: whether a batch may update running statistics; undefined if it always may. */
function usableOf({ mean, variance, count }: BatchStatistics, rule: LearningRule): Tensor | undefined {
  const enough = typeof count === 'number' ? undefined : greater(count, 1)
  if (rule.nonFinite !== 'skip') return enough
  const finite = all(less(abs(add(mean, variance)), Number.POSITIVE_INFINITY))
  return enough ? logicalAnd(enough, finite) : finite
}

/** Returns the weight of the newest batch in the running statistics, as a scalar. */
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
      : hyperparameter(fraction(momentum, name), dtype, name, 'momentum')
  return examples < fullBatchSize ? mul(weight, examples / fullBatchSize) : weight
}

/**
 * Returns the weight of batch number t = 1, 2, … that makes running statistics independent of their initial values:
 * `m / (1 − (1 − m)ᵗ)` for momentum m. Equivalent to dividing an average that started at 0 by 1 − (1 − m)ᵗ.
 */
const debiased = (momentum: number, t: Tensor): Tensor => div(-momentum, expm1(mul(t, Math.log1p(-momentum))))

/** Checks the combination of options. @throws {ArgumentError} when two options exclude each other. */
export function checkRule(who: string, { momentum, zeroDebias, fullBatchSize }: LearningRule): void {
  if (zeroDebias && !(typeof momentum === 'number' && momentum > 0 && momentum < 1)) {
    throw mismatch(who, 'momentum between 0 and 1 with zeroDebias', momentum)
  }
  if (fullBatchSize !== undefined && momentum === null) {
    const fix = 'use train.recalibrate for a weighted average'
    throw mismatch(who, 'momentum as a number or a schedule with fullBatchSize', momentum, fix)
  }
}
