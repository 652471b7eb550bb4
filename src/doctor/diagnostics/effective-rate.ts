import { checkFields } from '../../core/mismatch.ts'
import { figure } from '../../core/text.ts'
import { dot, maxOf } from '../../core/vector.ts'
import { type Diagnostic, greatestEntry, leastEntry, noInvariance } from '../diagnosis.ts'
import { numbersOf } from '../matrix.ts'
import type { Subject } from '../subject.ts'

/**
 * Maps the state name of each weight before BN (batch normalization) to its effective learning rate. BN cancels the
 * scale of such a weight w, so only the rotation of w matters: w turns as fast as a weight whose rows have norm 1
 * would at the effective rate.
 *
 *     effective = η / (1 − μ) / (mean over rows of ‖row‖²)        η: learning rate, μ: momentum
 *
 * Source: van Laarhoven 2017, https://arxiv.org/abs/1706.05350; Hoffer et al. 2018, https://arxiv.org/abs/1803.01814.
 *
 * @param given number of the step whose η and μ are used. @default the last step
 */
export async function effectiveRates(subject: Subject, given?: number): Promise<ReadonlyMap<string, number>> {
  checkFields(
    'effectiveRates',
    'a subject, as new doctor.Subject(experiment, task) makes it',
    subject,
    'invariant',
  )
  const step = given ?? subject.steps - 1
  const all = await subject.invariant()
  return new Map(
    all.map(({ name, parts, rows }) => {
      const { rates, traits, ...rule } = subject.rule(name)
      const momentum = traits.heavyBall ? rule.momentum(step) : 0
      const w = numbersOf(parts)
      return [name, rates[step]! / (1 - momentum) / (dot(w, w) / rows)]
    }),
  )
}

/** Diagnostic D2: ratio of the largest to the smallest effective learning rate of the weights before BN. */
export const effectiveRate: Diagnostic = {
  id: 'D2',
  title: 'effective learning rates of the layers before BN',
  quantity: 'largest over smallest η/((1 − μ)·‖w‖²) of a layer at the peak rate, ‖w‖² the mean over its rows',
  threshold: 'note above 10',
  remedy: 'none: like initial weights, or weight decay in a long run, even effective rates out',
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
      severity: value > 10 ? 'note' : 'ok',
      value,
      values: { ...Object.fromEntries(rates), ...sinceStep100(subject) },
      advice:
        rates.size === 1
          ? `the one layer before BN, ${fast}, has an effective rate of ${figure(high)}`
          : `the effective rate is ${figure(high)} in ${fast} and ${figure(low)} in ${slow}, a factor of ${figure(value)}`,
    }
  },
}

/** Returns each layer's logged effective learning rate at the last step, divided by its value at step 100. */
function sinceStep100({ log, steps }: Subject): Readonly<Record<string, number>> {
  const entries = Object.entries(log?.logs ?? {}).filter(([name]) => name.endsWith('effectiveRate'))
  if (steps <= 100) return {}
  return Object.fromEntries(
    entries.map(([name, all]) => [`${name} since step 100`, all[steps - 1]! / all[100]!]),
  )
}
