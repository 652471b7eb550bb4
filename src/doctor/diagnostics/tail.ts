import { figure, percent } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import { type Diagnostic, noStatistics } from '../diagnosis.ts'
import type { Norm } from '../structure.ts'

/** Returns the number of steps at the end of the run with a learning rate of at most a tenth of the peak. */
export function tailOf(rates: Float64Array): number {
  const limit = maxOf(rates) / 10
  return rates.length - 1 - rates.findLastIndex((rate) => rate > limit)
}

/**
 * Returns how many batches BN's running statistics remember: 3/momentum, the maximum over layers. After that many
 * batches, an earlier value has only 5 % of its weight left.
 */
export const longestMemory = (norms: readonly Norm[], step: number): number =>
  norms.reduce((longest, { layer: { momentum } }) => {
    const weight = typeof momentum === 'function' ? momentum(step) : (momentum ?? 0)
    return Math.max(longest, 3 / weight)
  }, 0)

/** Diagnostic D19: number of final steps at a low learning rate, during which BN's running statistics can settle. */
export const tail: Diagnostic = {
  id: 'D19',
  title: 'low-rate tail of the schedule over the memory of BN statistics',
  quantity: 'final steps at ≤ 1/10 of the peak rate, over 3/momentum; and the final rate over the peak',
  threshold: 'note below 1',
  remedy: 'see D8 and D9 for the effect; statistics settle in 3/momentum steps at ≤ 1/10 of the peak',
  source: 'ours: statistics lag by the weights’ movement in 1/momentum steps, in proportion to the rate',
  async examine({ tracking, rates, steps, experiment }) {
    if (tracking.length === 0) return noStatistics
    if (experiment.recalibrateBeforeEvaluation) {
      return { reason: 'statistics are remeasured before each evaluation' }
    }
    const [length, memory] = [tailOf(rates), longestMemory(tracking, Math.max(0, steps - 1))]
    const [value, end] = [length / memory, rates.at(-1)! / maxOf(rates)]
    const rate = `the rate ends at ${percent(end)} of its peak, after ${length} steps below 10 %`
    const needed = `the running statistics remember ${figure(memory)} steps`
    return {
      severity: value < 1 ? 'note' : 'ok',
      value,
      values: { tail: length, memory, end },
      advice: value < 1 ? `${rate}, but ${needed}: see D8 and D9 for the effect` : `${rate}; ${needed}`,
    }
  },
}
