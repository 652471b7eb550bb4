import { equilibrium, type WeightRule } from '../../optim/weight-rule.ts'
import { type Diagnostic, noInvariance, short } from '../diagnosis.ts'

/** D4: length of the run relative to the time that weight decay takes to matter. */
export const equilibriumTime: Diagnostic = {
  id: 'D4',
  title: 'length of the run in times to equilibrium',
  quantity: 'Σ over steps of 1/τ, τ = (1 − μ)/(4ηλ) (sgd) or 1/(2ηλ) (adamw)',
  threshold: 'warning below 1; note when the rest after a drop of the rate is shorter than its τ',
  remedy:
    'in a run shorter than τ weight decay does nothing, and the initial norms decide: raise λ, or leave it out',
  source:
    'Li, Lyu & Arora 2020, https://arxiv.org/abs/2010.02916; Wan et al. 2020, https://arxiv.org/abs/2006.08419; with momentum: ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return noInvariance
    const rule = subject.rule(all[0]!.name)
    const times = rule.rates.map((_, step) => equilibrium(rule, step)?.time ?? Number.POSITIVE_INFINITY)
    const value = times.reduce((sum, time) => sum + 1 / time, 0)
    if (value === 0) return { reason: 'there is no equilibrium without weight decay under sgd or adamw' }
    const { steps } = subject
    const values = { steps, meanTime: steps / value }
    if (value < 1) {
      const advice = `weight decay takes ${short(steps / value)} steps to matter and the run had ${steps}: the initial norms set the effective rates; multiply λ by ${short(1 / value)}, or leave it out`
      return { severity: 'warning', value, values, advice }
    }
    const drop = lastDrop(rule)
    const [afterDrop, timeAfterDrop] = [steps - drop, times.at(-1)!]
    if (drop > 0 && afterDrop < timeAfterDrop) {
      const advice = `the ${afterDrop} steps after the drop of the rate at step ${drop} are fewer than the ${short(timeAfterDrop)} that a new equilibrium takes: they end on the way`
      return { severity: 'note', value, values: { ...values, afterDrop, timeAfterDrop }, advice }
    }
    const advice = `the run is ${short(value)} times as long as weight decay takes to matter, ${short(steps / value)} steps`
    return { severity: 'ok', value, values, advice }
  },
}

/** The last step at which a steady rate dropped to less than half; 0 if there is none. */
const lastDrop = ({ rates }: WeightRule): number =>
  rates.reduce((last, rate, step) => {
    const [before, earlier] = [rates[step - 1] ?? 0, rates[step - 2] ?? 0]
    return rate < before / 2 && before > 0.9 * earlier && step >= 2 ? step : last
  }, 0)
