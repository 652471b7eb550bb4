import { figure } from '../../core/text.ts'
import { maxOf, rootMeanSquare } from '../../core/vector.ts'
import type { Equilibrium } from '../../optim/traits.ts'
import { equilibrium, type WeightRule } from '../../optim/weight-rule.ts'
import { type Advised, advised, fallAtEnd } from '../advised.ts'
import { type Diagnostic, type Finding, greatestEntry, noInvariance, noSteps } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Diagnostic D3: angle by which a step turns weights before BN, relative to this angle in equilibrium. */
export const rotation: Diagnostic = {
  id: 'D3',
  title: 'angle by which a step turns the weights before BN',
  quantity:
    '2·asin(½·‖ŵ₊ − ŵ‖) of the last 8 steps, over √(2ηλ/(1 + μ)) (sgd) or √(2ηλ(1 − β₁)/(1 + β₁)) (adamw); and the drift √(2ηλ/(1 − μ)) or √(2ηλ)',
  threshold:
    'ratio: note outside 0.8 to 1.2 unless the rate has decayed; drift: note above 0.03 and warning above 0.05 at the end, alarm above 0.2 at the end, note at any other step',
  remedy:
    'the drift is the remaining noise: above 0.05, let the rate fall to 0 over the last fifth of the run',
  source:
    'Wan et al. 2020, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212; the bands of the drift are ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return noInvariance
    if (subject.lacksState) return noSteps
    const turns = await subject.turns()
    const angles = all.map(({ name }) => [name, rootMeanSquare(turns.get(name)!.angles)] as const)
    const turned = angles.flatMap(([name, angle]) => turnedBy(subject, name, angle))
    if (turned.length === 0) {
      const [name, angle] = greatestEntry(angles)
      return {
        reason: `there is no equilibrium without weight decay under sgd or adamw at a rate above 0; the last steps turn ${name} by ${figure(angle)} rad`,
      }
    }
    return judged(turned, subject)
  },
}

/**
 * Returns severity and advice for a run in whose last steps weights turn so fast that noise keeps the loss high.
 *
 * @param drift angle per step in radians
 */
export function whereNoiseStays(
  drift: number,
  measured: string,
  subject: Subject,
): Advised & { readonly severity: 'warning' | 'alarm' } {
  if (drift > 0.2) return { severity: 'alarm', advice: `${measured}, since noise dominates training` }
  return { severity: 'warning', ...advised(measured, fallAtEnd(subject)) }
}

/** Rotation of a weight: its equilibrium at the last step's rate and decay, and how far steps actually turn it. */
interface Turned extends Equilibrium {
  readonly name: string
  /** Root mean square of the angles by which each of the last 8 steps turned the weight, in radians. */
  readonly measured: number
  /** `measured` divided by the angle per step in equilibrium. */
  readonly ratio: number
  /** Maximum over the run's steps of `drift`, the mean angle per step in equilibrium, in radians. */
  readonly peak: number
}

function turnedBy(subject: Subject, name: string, measured: number): Turned[] {
  const rule = subject.rule(name)
  const rest = equilibrium(rule, subject.steps - 1)
  if (!rest) return []
  return [{ ...rest, name, measured, ratio: measured / rest.angle, peak: maxOf(driftsOf(rule)) }]
}

/** Returns, for each step, a weight's `drift` (mean angle per step) in equilibrium, in radians; 0 if none. */
export const driftsOf = (rule: WeightRule): Float64Array =>
  rule.rates.map((_, step) => equilibrium(rule, step)?.drift ?? 0)

function judged(all: readonly Turned[], subject: Subject): Finding {
  const { rates } = subject
  const most = (of: (one: Turned) => number): Turned => all.reduce((a, b) => (of(a) >= of(b) ? a : b))
  const [fast, hot] = [most(({ drift }) => drift), most(({ peak }) => peak)]
  const off = most(({ ratio }) => Math.abs(Math.log(ratio)))
  const values: Record<string, number> = { drift: fast.drift, peakDrift: hot.peak }
  for (const { name, measured, ratio } of all) {
    values[`${name} angle`] = measured
    values[`${name} ratio`] = ratio
  }
  const found = { value: off.ratio, values }
  if (fast.drift > 0.03) {
    const measured = `the drift of ${fast.name} ends at ${figure(fast.drift)} rad per step, which keeps the loss up`
    if (fast.drift <= 0.05) return { severity: 'note', ...found, advice: measured }
    return { ...found, ...whereNoiseStays(fast.drift, measured, subject), opposes: ['raise'] }
  }
  if (hot.peak > 0.2) {
    const advice = `the drift of ${hot.name} reached ${figure(hot.peak)} rad per step, where noise dominates training, before the rate fell`
    return { severity: 'note', ...found, advice }
  }
  const rested = off.ratio >= 0.8 && off.ratio <= 1.2
  const numbers = `a step turns ${off.name} by ${figure(off.measured)} rad, ${figure(off.ratio)} of its equilibrium`
  const advice = rested
    ? `${numbers}, and drifts by ${figure(off.drift)}`
    : `${numbers}, which takes ${figure(off.time)} steps to reach`
  const decayed = rates.at(-1)! < maxOf(rates) / 10
  return { severity: rested || decayed ? 'ok' : 'note', ...found, advice }
}
