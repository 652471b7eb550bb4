import { length, maxOf, meanOf, rootMeanSquare } from '../../core/vector.ts'
import { type Diagnostic, short } from '../diagnosis.ts'
import { numbersOf } from '../matrix.ts'
import { slopeCount } from '../subject.ts'

/** D6: gradients that grow because the rate falls. */
export const gradientRatio: Diagnostic = {
  id: 'D6',
  title: 'gradients beside the weights before BN, under weight decay',
  quantity:
    '‖g‖/‖w‖ of the last step’s weights over √(2λ(1 − μ)/η), its equilibrium; and by what factor that rose since the rate’s peak',
  threshold: 'note where the equilibrium rose by more than 2',
  remedy:
    'gradients that grow as 1/√η are no alarm; peakLr in the optimizer lets the decay follow the rate, λₜ = λ·ηₜ/η_max',
  source: 'Defazio 2025, https://arxiv.org/abs/2506.02285; with momentum: ours',
  async examine(subject) {
    const all = await subject.invariant()
    const { log } = subject
    const weights = all.filter(({ name }) => {
      const { traits, ...rule } = subject.rule(name)
      return traits.heavyBall && rule.weightDecay(subject.rates.indexOf(maxOf(subject.rates))) > 0
    })
    if (weights.length === 0) return { reason: 'no weight before BN is decayed by sgd' }
    const slopes = await subject.slopes(slopeCount)
    const ratios = weights.map(({ name, parts }) => {
      const names = [
        name,
        ...[...subject.trained].filter(([, v]) => parts.slice(1).includes(v)).map(([one]) => one),
      ]
      const norms = slopes.map(({ gradient }) =>
        Math.hypot(...names.map((one) => length(gradient.get(one)!))),
      )
      return [name, rootMeanSquare(norms) / length(numbersOf(parts))] as const
    })
    const rule = subject.rule(weights[0]!.name)
    const expected = (step: number): number =>
      Math.sqrt((2 * rule.weightDecay(step) * (1 - rule.momentum(step))) / rule.rates[step]!)
    const last = rule.rates.findLastIndex((rate) => rate > 0)
    const peak = rule.rates.indexOf(maxOf(rule.rates))
    const rise = expected(last) / expected(peak)
    const measured = meanOf(ratios.map(([, ratio]) => ratio))
    const norms = log?.logs?.gradientNorm
    return {
      severity: rise > 2 ? 'note' : 'ok',
      value: measured / expected(last),
      values: {
        ...Object.fromEntries(ratios),
        equilibrium: expected(last),
        rise,
        ...(norms && { loggedRise: growth(Array.from(norms)) }),
      },
      advice:
        rise > 2
          ? `with the rate from ${short(rule.rates[peak]!)} to ${short(rule.rates[last]!)} the equilibrium of ‖g‖/‖w‖ rises ${short(rise)} times, to ${short(expected(last))} (now ${short(measured)}): growing gradients are no alarm here; peakLr: ${short(rule.rates[peak]!)} would stop them`
          : `‖g‖/‖w‖ is ${short(measured)}, and ${short(expected(last))} in equilibrium`,
    }
  },
}

/** The mean of the last tenth over that of the tenth after a fifth of the run. */
function growth(norms: readonly number[]): number {
  const tenth = Math.max(1, Math.floor(norms.length / 10))
  return meanOf(norms.slice(-tenth)) / meanOf(norms.slice(2 * tenth, 3 * tenth))
}
