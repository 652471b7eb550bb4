import { figure } from '../../core/text.ts'
import { length, maxOf, meanOf, rootMeanSquare } from '../../core/vector.ts'
import type { WeightRule } from '../../optim/weight-rule.ts'
import type { Diagnostic, Finding } from '../diagnosis.ts'
import { type Matrix, numbersOf } from '../matrix.ts'
import { type Slope, type Subject, slopeCount } from '../subject.ts'

/** Diagnostic D6: growth of gradients of weights before BN, which weight decay causes as the learning rate falls. */
export const gradientRatio: Diagnostic = {
  id: 'D6',
  title: 'gradients relative to the weights before BN, under weight decay',
  quantity:
    '‖g‖/‖w‖ at the last step over its equilibrium √(2λ(1 − μ)/η); and the growth of the equilibrium since the peak rate',
  threshold: 'note if the equilibrium grew by more than 2',
  remedy:
    'none: gradients that grow as 1/√η are harmless; with peakLr, a decay of λₜ = λ·ηₜ/η_max, they do not',
  source: 'Defazio 2025, https://arxiv.org/abs/2506.02285; with momentum: ours',
  async examine(subject) {
    const all = await subject.invariant()
    const peak = subject.rates.indexOf(maxOf(subject.rates))
    const weights = all.filter(({ name }) => {
      const { traits, ...rule } = subject.rule(name)
      return traits.heavyBall && rule.weightDecay(peak) > 0
    })
    if (weights.length === 0) return { reason: 'no weight before BN is decayed by sgd' }
    const slopes = await subject.slopes(slopeCount)
    const ratios = weights.map((matrix) => [matrix.name, ratioOf(matrix, subject, slopes)] as const)
    const norms = subject.log?.logs?.gradientNorm
    return judged(ratios, subject.rule(weights[0]!.name), norms && { loggedRise: growth(Array.from(norms)) })
  },
}

/**
 * Returns a layer's ‖gradient‖/‖weight‖ as the root mean square over batches. Both norms are of weight and bias
 * together; a bias without effect, because BN follows, is left out.
 */
function ratioOf({ parts }: Matrix, { trained }: Subject, slopes: readonly Slope[]): number {
  const names = [...trained].filter(([, variable]) => parts.includes(variable)).map(([name]) => name)
  const norms = slopes.map(({ gradient }) => Math.hypot(...names.map((name) => length(gradient.get(name)!))))
  return rootMeanSquare(norms) / length(numbersOf(parts))
}

function judged(
  ratios: readonly (readonly [name: string, ratio: number])[],
  { rates, ...rule }: WeightRule,
  logged: { readonly loggedRise: number } | undefined,
): Finding {
  const expected = (step: number): number =>
    Math.sqrt((2 * rule.weightDecay(step) * (1 - rule.momentum(step))) / rates[step]!)
  const [peak, last] = [rates.indexOf(maxOf(rates)), rates.findLastIndex((rate) => rate > 0)]
  const [equilibrium, rise] = [expected(last), expected(last) / expected(peak)]
  const measured = meanOf(ratios.map(([, ratio]) => ratio))
  const advice =
    rise > 2
      ? `as the rate falls from ${figure(rates[peak]!)} to ${figure(rates[last]!)}, the equilibrium of ‖g‖/‖w‖ grows by a factor of ${figure(rise)}, to ${figure(equilibrium)} (measured: ${figure(measured)}), so growing gradients are harmless here`
      : `‖g‖/‖w‖ is ${figure(measured)}, and ${figure(equilibrium)} in equilibrium`
  return {
    severity: rise > 2 ? 'note' : 'ok',
    value: measured / equilibrium,
    values: { ...Object.fromEntries(ratios), equilibrium, rise, ...logged },
    advice,
  }
}

/** Returns the growth of norms over a run: mean over the run's last tenth divided by mean over its third tenth. */
function growth(norms: readonly number[]): number {
  const tenth = Math.max(1, Math.floor(norms.length / 10))
  return meanOf(norms.slice(-tenth)) / meanOf(norms.slice(2 * tenth, 3 * tenth))
}
