import { maxOf } from '../../core/vector.ts'
import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { type Diagnostic, noStatistics, percent, short } from '../diagnosis.ts'
import type { Norm } from '../structure.ts'

/** Steps at the end of a run whose rate is at most a tenth of the highest. */
export function tailOf(rates: Float64Array): number {
  const limit = maxOf(rates) / 10
  return rates.length - 1 - rates.findLastIndex((rate) => rate > limit)
}

/** Batches that the running statistics remember: 3/momentum, after which 5 % of the previous value is left. */
export function memoryOf({ momentum }: BatchNorm, step: number): number {
  if (momentum === null) return Number.POSITIVE_INFINITY
  return 3 / (typeof momentum === 'number' ? momentum : momentum(step))
}

/** The longest memory of the layers. */
export const longestMemory = (norms: readonly Norm[], step: number): number =>
  norms.reduce((longest, { layer }) => Math.max(longest, memoryOf(layer, step)), 0)

/** D19: time that the statistics have to settle at the end. */
export const tail: Diagnostic = {
  id: 'D19',
  title: 'end of the schedule beside the memory of the running statistics',
  quantity:
    'steps at the end with at most a tenth of the highest rate, over 3/momentum; and the last rate over the highest',
  threshold: 'note below 1',
  remedy:
    'a decay to 0 whose last tenth lasts 3/momentum steps settles the statistics for nothing; else see D8 and D9',
  source:
    'ours: the statistics lag by the weights’ movement in 1/momentum steps, which is in proportion to the rate',
  async examine({ tracking, rates, steps, experiment }) {
    if (tracking.length === 0) return noStatistics
    if (experiment.recalibrateBeforeEvaluation) {
      return { reason: 'statistics are remeasured before each evaluation' }
    }
    const [length, memory] = [tailOf(rates), longestMemory(tracking, Math.max(0, steps - 1))]
    const value = length / memory
    const end = rates.at(-1)! / maxOf(rates)
    const numbers = `the rate ends at ${percent(end)} of its highest, and is below 10 % of it for ${length} steps`
    const needed = `the running statistics remember ${short(memory)}`
    return {
      severity: value < 1 ? 'note' : 'ok',
      value,
      values: { tail: length, memory, end },
      advice:
        value < 1 ? `${numbers}, but ${needed}: D8 and D9 say whether that shows` : `${numbers}; ${needed}`,
    }
  },
}
