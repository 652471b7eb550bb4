import { figure } from '../../core/text.ts'
import { equilibrium, type WeightRule } from '../../optim/weight-rule.ts'
import { type Diagnostic, noInvariance } from '../diagnosis.ts'

/** Returns a run's length in units of τ, the time constant with which a weight nears equilibrium: Σ 1/τ over steps. */
export const timesToEquilibrium = (rule: WeightRule): number =>
  rule.rates.reduce(
    (sum, _, step) => sum + 1 / (equilibrium(rule, step)?.time ?? Number.POSITIVE_INFINITY),
    0,
  )

/** Diagnostic D4: length of the run relative to the number of steps that weight decay needs to take effect. */
export const equilibriumTime: Diagnostic = {
  id: 'D4',
  title: 'length of the run in times to equilibrium',
  quantity: 'Σ over steps of 1/τ, τ = (1 − μ)/(4ηλ) (sgd) or 1/(2ηλ) (adamw)',
  threshold: 'note below 1, or if fewer than τ steps follow the last drop of the rate',
  remedy: 'none: below 1, initial norms set the effective rates of the weights before BN, not weight decay',
  source:
    'Li, Lyu & Arora 2020, https://arxiv.org/abs/2010.02916; Wan et al. 2020, https://arxiv.org/abs/2006.08419; with momentum: ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return noInvariance
    const rule = subject.rule(all[0]!.name)
    const value = timesToEquilibrium(rule)
    if (value === 0) return { reason: 'there is no equilibrium without weight decay under sgd or adamw' }
    const { steps } = subject
    const meanTime = steps / value
    const values = { steps, meanTime }
    if (value < 1) {
      const advice = `weight decay takes ${figure(meanTime)} steps to take effect and the run had ${steps}: the initial norms set the effective rates`
      return { severity: 'note', value, values, advice }
    }
    const drop = lastDrop(rule)
    const afterDrop = steps - drop
    const timeAfterDrop = equilibrium(rule, steps - 1)?.time ?? Number.POSITIVE_INFINITY
    if (drop > 0 && afterDrop < timeAfterDrop) {
      const advice = `the ${afterDrop} steps after the drop of the rate at step ${drop} are fewer than the ${figure(timeAfterDrop)} that a new equilibrium takes`
      return { severity: 'note', value, values: { ...values, afterDrop, timeAfterDrop }, advice }
    }
    const advice = `the run is ${figure(value)} times as long as weight decay takes to act, ${figure(meanTime)} steps`
    return { severity: 'ok', value, values, advice }
  },
}

/** Returns the last step at which a previously steady learning rate dropped to less than half; 0 if there is none. */
const lastDrop = ({ rates }: WeightRule): number =>
  rates.reduce((last, rate, step) => {
    const [before, earlier] = [rates[step - 1] ?? 0, rates[step - 2] ?? 0]
    return rate < before / 2 && before > 0.9 * earlier && step >= 2 ? step : last
  }, 0)
