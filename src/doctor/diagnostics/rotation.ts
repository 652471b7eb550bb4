import { maxOf, rootMeanSquare } from '../../core/vector.ts'
import { equilibrium } from '../../optim/weight-rule.ts'
import {
  type Diagnostic,
  type Finding,
  greatestEntry,
  noInvariance,
  noSteps,
  percent,
  short,
} from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** D3: angle by which steps turn the weights before BN, relative to the equilibrium under weight decay. */
export const rotation: Diagnostic = {
  id: 'D3',
  title: 'angle by which a step turns the weights before BN',
  quantity:
    '2·asin(½·‖ŵ₊ − ŵ‖) of the last 8 steps, over √(2ηλ/(1 + μ)) (sgd) or √(2ηλ(1 − β₁)/(1 + β₁)) (adamw); and the drift √(2ηλ/(1 − μ)) or √(2ηλ)',
  threshold:
    'ratio 0.8 to 1.2 is equilibrium, else note unless the rate has decayed; drift: note above 0.03 and warning above 0.1 at the end, alarm above 0.2 at any time',
  remedy: 'the drift is the remaining noise: lower the rate towards the end, or η·λ throughout',
  source:
    'Wan et al. 2020, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212; the bands of the drift are ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return noInvariance
    if (subject.lacksState) return noSteps
    const turns = await subject.turns()
    const angles = all.map(({ name }) => [name, rootMeanSquare(turns.get(name)!.angles)] as const)
    const turned = angles.flatMap(([name, angle]) => turnedBy(subject, name, angle))
    const [name, angle] = greatestEntry(angles)
    if (turned.length === 0) {
      return {
        reason: `there is no equilibrium without weight decay under sgd or adamw at a rate above 0; the last steps turn ${name} by ${short(angle)} rad`,
      }
    }
    const decayed = subject.rates.at(-1)! < maxOf(subject.rates) / 10
    return judged(turned, decayed)
  },
}

/** The turning of a weight in the last steps, and its equilibrium. */
interface Turned {
  readonly name: string
  readonly angle: number
  readonly drift: number
  readonly time: number
  readonly ratio: number
  /** Greatest drift of the run. */
  readonly peak: number
}

function turnedBy(subject: Subject, name: string, angle: number): Turned[] {
  const rest = equilibrium(subject.rule(name), subject.steps - 1)
  if (!rest) return []
  const { drift, time } = rest
  return [{ name, angle, drift, time, ratio: angle / rest.angle, peak: peakDrift(subject, name) }]
}

function judged(all: readonly Turned[], decayed: boolean): Finding {
  const most = (of: (one: Turned) => number): Turned => all.reduce((a, b) => (of(a) >= of(b) ? a : b))
  const [fast, hot] = [most(({ drift }) => drift), most(({ peak }) => peak)]
  const off = most(({ ratio }) => Math.abs(Math.log(ratio)))
  const each = all.flatMap(({ name, angle, ratio }) => [
    [`${name} angle`, angle],
    [`${name} ratio`, ratio],
  ])
  const found = {
    value: off.ratio,
    values: { drift: fast.drift, peakDrift: hot.peak, ...Object.fromEntries(each) },
  }
  if (hot.peak > 0.2) {
    const advice = `the drift of ${hot.name} reached ${short(hot.peak)} rad a step, where training is but noise; divide η·λ by ${short((hot.peak / 0.1) ** 2)}`
    return { severity: 'alarm', ...found, advice }
  }
  if (fast.drift > 0.03) {
    const advice = `the drift of ${fast.name} ends at ${short(fast.drift)} rad a step, which keeps the loss up: let the rate fall to ${percent((0.03 / fast.drift) ** 2)} of what it ends with`
    return { severity: fast.drift > 0.1 ? 'warning' : 'note', ...found, advice }
  }
  const rested = off.ratio >= 0.8 && off.ratio <= 1.2
  const numbers = `a step turns ${off.name} by ${short(off.angle)} rad, ${short(off.ratio)} of its equilibrium`
  const advice = rested
    ? `${numbers}, and drifts by ${short(off.drift)}`
    : `${numbers}: it is on its way there, which takes ${short(off.time)} steps`
  return { severity: rested || decayed ? 'ok' : 'note', ...found, advice }
}

/** The greatest drift of a weight in the run. */
function peakDrift(subject: Subject, name: string): number {
  const rule = subject.rule(name)
  return Math.max(0, maxOf(rule.rates.map((_, step) => equilibrium(rule, step)?.drift ?? 0)))
}
