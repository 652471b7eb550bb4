import { length, maxOf, meanOf, rootMeanSquare } from '../../core/vector.ts'
import type { WeightRule } from '../../optim/weight-rule.ts'
import { type Diagnostic, type Finding, short } from '../diagnosis.ts'
import { type Matrix, numbersOf } from '../matrix.ts'
import { type Slope, type Subject, slopeCount } from '../subject.ts'

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
    const weights = all.filter(({ name }) => {
      const { traits, ...rule } = subject.rule(name)
      return traits.heavyBall && rule.weightDecay(subject.rates.indexOf(maxOf(subject.rates))) > 0
    })
    if (weights.length === 0) return { reason: 'no weight before BN is decayed by sgd' }
    const slopes = await subject.slopes(slopeCount)
    const ratios = weights.map((matrix) => [matrix.name, ratioOf(matrix, subject, slopes)] as const)
    const norms = subject.log?.logs?.gradientNorm
    return judged(ratios, subject.rule(weights[0]!.name), norms && { loggedRise: growth(Array.from(norms)) })
  },
}

/** ‖g‖/‖w‖ of a weight and what shares its scale, root mean square over batches. */
function ratioOf({ name, parts }: Matrix, { trained }: Subject, slopes: readonly Slope[]): number {
  const beside = [...trained].filter(([, v]) => parts.slice(1).includes(v)).map(([one]) => one)
  const norms = slopes.map(({ gradient }) =>
    Math.hypot(...[name, ...beside].map((one) => length(gradient.get(one)!))),
  )
  return rootMeanSquare(norms) / length(numbersOf(parts))
}

function judged(
  ratios: readonly (readonly [name: string, ratio: number])[],
  { rates, ...rule }: WeightRule,
  logged: { readonly loggedRise: number } | undefined,
): Finding {
  const expected = (step: number): number =>
    Math.sqrt((2 * rule.weightDecay(step) * (1 - rule.momentum(step))) / rates[step]!)
  const last = rates.findLastIndex((rate) => rate > 0)
  const peak = rates.indexOf(maxOf(rates))
  const [equilibrium, rise] = [expected(last), expected(last) / expected(peak)]
  const measured = meanOf(ratios.map(([, ratio]) => ratio))
  const advice =
    rise > 2
      ? `with the rate from ${short(rates[peak]!)} to ${short(rates[last]!)} the equilibrium of ‖g‖/‖w‖ rises ${short(rise)} times, to ${short(equilibrium)} (now ${short(measured)}): growing gradients are no alarm here; peakLr: ${short(rates[peak]!)} would stop them`
      : `‖g‖/‖w‖ is ${short(measured)}, and ${short(equilibrium)} in equilibrium`
  return {
    severity: rise > 2 ? 'note' : 'ok',
    value: measured / equilibrium,
    values: { ...Object.fromEntries(ratios), equilibrium, rise, ...logged },
    advice,
  }
}

/** The mean of the last tenth relative to that of the tenth after a fifth of the run. */
function growth(norms: readonly number[]): number {
  const tenth = Math.max(1, Math.floor(norms.length / 10))
  return meanOf(norms.slice(-tenth)) / meanOf(norms.slice(2 * tenth, 3 * tenth))
}
