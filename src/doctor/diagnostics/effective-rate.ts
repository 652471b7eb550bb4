import { dot, maxOf } from '../../core/vector.ts'
import { type Diagnostic, greatestEntry, leastEntry, noInvariance, short } from '../diagnosis.ts'
import { type Matrix, numbersOf } from '../matrix.ts'
import type { Subject } from '../subject.ts'

/**
 * The effective learning rate at a step of each weight whose scale BN removes, by state name: the rate at which
 * a weight with rows of norm 1 would turn alike.
 *
 *     effective = η / (1 − μ) / mean over rows of ‖w‖²
 *
 * Source: van Laarhoven 2017, https://arxiv.org/abs/1706.05350; Hoffer et al. 2018,
 * https://arxiv.org/abs/1803.01814.
 *
 * @param step of the rate and the momentum. @default the last
 */
export async function effectiveRates(
  subject: Subject,
  step: number = subject.steps - 1,
): Promise<ReadonlyMap<string, number>> {
  const all = await subject.invariant()
  return new Map(
    all.map((matrix) => {
      const { rates, traits, ...rule } = subject.rule(matrix.name)
      const momentum = traits.heavyBall ? rule.momentum(step) : 0
      return [matrix.name, rates[step]! / (1 - momentum) / rowNorm(matrix)]
    }),
  )
}

/** The mean over rows of ‖w‖². */
function rowNorm({ parts, rows }: Matrix): number {
  const w = numbersOf(parts)
  return dot(w, w) / rows
}

/** D2: spread of the speeds at which layers turn. */
export const effectiveRate: Diagnostic = {
  id: 'D2',
  title: 'effective learning rates of the layers before BN',
  quantity:
    'greatest over least η/((1 − μ)·‖w‖²), with the mean ‖w‖² of a layer’s rows, at the highest rate of the run',
  threshold: 'warning above 10',
  remedy:
    'one schedule acts as several here: give the layers similar initial weights, or weight decay, which evens them out',
  source:
    'van Laarhoven 2017, https://arxiv.org/abs/1706.05350; Hoffer et al. 2018, https://arxiv.org/abs/1803.01814; the factor 10 is ours',
  async examine(subject) {
    const peak = subject.rates.indexOf(maxOf(subject.rates))
    const rates = await effectiveRates(subject, Math.max(0, peak))
    if (rates.size === 0) return noInvariance
    const [fast, high] = greatestEntry(rates)
    const [slow, low] = leastEntry(rates)
    const value = low > 0 ? high / low : 1
    return {
      severity: value > 10 ? 'warning' : 'ok',
      value,
      values: { ...Object.fromEntries(rates), ...sinceStep100(subject) },
      advice:
        rates.size === 1
          ? `the one layer before BN, ${fast}, has an effective rate of ${short(high)}`
          : `the effective rate is ${short(high)} in ${fast} and ${short(low)} in ${slow}, ${short(value)} times as much` +
            (value > 10 ? '; give the layers similar initial weights, or weight decay' : ''),
    }
  },
}

/** The logged effective rates at the last step, relative to step 100. */
function sinceStep100({ log, steps }: Subject): Readonly<Record<string, number>> {
  const entries = Object.entries(log?.logs ?? {}).filter(([name]) => name.endsWith('effectiveRate'))
  if (steps <= 100) return {}
  return Object.fromEntries(
    entries.map(([name, all]) => [`${name} since step 100`, all[steps - 1]! / all[100]!]),
  )
}
