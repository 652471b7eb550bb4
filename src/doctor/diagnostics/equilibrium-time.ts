import { equilibrium, type WeightRule } from '../../optim/weight-rule.ts'
import { type Diagnostic, short } from '../diagnosis.ts'

/** D4: whether the run is long enough for weight decay to matter. */
export const equilibriumTime: Diagnostic = {
  id: 'D4',
  title: 'length of the run in times to equilibrium',
  quantity: 'Σ over steps of 1/τ, τ = (1 − μ)/(4ηλ) (sgd) or 1/(2ηλ) (adamw)',
  threshold: 'warning below 1; note when what follows a drop of the rate is shorter than its τ',
  remedy:
    'in a run shorter than τ weight decay does nothing and the first norms decide: raise λ, or leave it out',
  source:
    'Li, Lyu & Arora 2020, https://arxiv.org/abs/2010.02916; Wan et al. 2020, https://arxiv.org/abs/2006.08419; with momentum: ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return { reason: 'no weight is scale-invariant: there is no BN right after one' }
    const rule = subject.rule(all[0]!.name)
    const times = rule.rates.map((_, step) => equilibrium(rule, step)?.time ?? Number.POSITIVE_INFINITY)
    const value = times.reduce((sum, time) => sum + 1 / time, 0)
    if (value === 0) return { reason: 'there is no equilibrium without weight decay under sgd or adamw' }
    const { steps } = subject
    const values = { steps, meanTime: steps / value }
    if (value < 1) {
      return {
        severity: 'warning',
        value,
        values,
        advice: `weight decay takes ${short(steps / value)} steps to matter and the run had ${steps}: the first norms set the effective rates; multiply λ by ${short(1 / value)}, or leave it out`,
      }
    }
    const drop = lastDrop(rule)
    const [left, needed] = [steps - drop, times.at(-1)!]
    if (drop > 0 && left < needed) {
      return {
        severity: 'note',
        value,
        values: { ...values, afterDrop: left, timeAfterDrop: needed },
        advice: `the ${left} steps after the drop of the rate at step ${drop} are fewer than the ${short(needed)} that a new equilibrium takes: they end on the way`,
      }
    }
    return {
      severity: 'ok',
      value,
      values,
      advice: `the run is ${short(value)} times as long as weight decay takes to matter, ${short(steps / value)} steps`,
    }
  },
}

/** The last step at which the rate jumped from where it stood to less than half of it; 0 where there is none. */
const lastDrop = ({ rates }: WeightRule): number =>
  rates.reduce((last, rate, step) => {
    const [before, earlier] = [rates[step - 1] ?? 0, rates[step - 2] ?? 0]
    return rate < before / 2 && before > 0.9 * earlier && step >= 2 ? step : last
  }, 0)
