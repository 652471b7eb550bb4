import { type Diagnostic, greatest, percent, short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'
import { maximum, rootMeanSquare } from '../vector.ts'
import { equilibrium } from '../weight-rule.ts'

/** D3: how far steps turn the weights before BN, beside where weight decay lets that come to rest. */
export const rotation: Diagnostic = {
  id: 'D3',
  title: 'angle by which a step turns the weights before BN',
  quantity:
    '2·asin(½·‖ŵ₊ − ŵ‖) of the last 8 steps, over √(2ηλ/(1 + μ)) (sgd) or √(2ηλ(1 − β₁)/(1 + β₁)) (adamw); and the drift √(2ηλ/(1 − μ)) or √(2ηλ)',
  threshold:
    'ratio 0.8 to 1.2 is equilibrium, else note unless the rate has decayed; drift: note above 0.03 and warning above 0.1 at the end, alarm above 0.2 at any time',
  remedy: 'the drift is the noise that is left: lower the rate towards the end, or η·λ throughout',
  source:
    'Wan et al. 2020, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212; the bands of the drift are ours',
  async examine(subject) {
    const all = await subject.invariant()
    if (all.length === 0) return { reason: 'no weight is scale-invariant: there is no BN right after one' }
    const turns = await subject.turns()
    const last = subject.steps - 1
    const found = all.flatMap(({ name }) => {
      const angle = rootMeanSquare(turns.get(name)!.angles)
      const rest = equilibrium(subject.rule(name), last)
      if (!rest) return []
      const { drift, time } = rest
      return [{ name, angle, drift, time, ratio: angle / rest.angle, peak: peakDrift(subject, name) }]
    })
    if (found.length === 0) {
      const [name, angle] = greatest(all.map(({ name }) => [name, rootMeanSquare(turns.get(name)!.angles)]))
      return {
        reason: `there is no equilibrium without weight decay under sgd or adamw at a rate above 0; the last steps turn ${name} by ${short(angle)} rad`,
      }
    }
    const [name, drift] = greatest(found.map(({ name, drift }) => [name, drift]))
    const [hot, peak] = greatest(found.map(({ name, peak }) => [name, peak]))
    const [off] = greatest(found.map(({ name, ratio }) => [name, Math.abs(Math.log(ratio))]))
    const { ratio, angle, ...rest } = found.find((one) => one.name === off)!
    const numbers = `a step turns ${off} by ${short(angle)} rad, ${short(ratio)} of its equilibrium`
    const values = {
      drift,
      peakDrift: peak,
      ...Object.fromEntries(
        found.flatMap((one) => [
          [`${one.name} angle`, one.angle],
          [`${one.name} ratio`, one.ratio],
        ]),
      ),
    }
    if (peak > 0.2) {
      return {
        severity: 'alarm',
        value: ratio,
        values,
        advice: `the drift of ${hot} reached ${short(peak)} rad a step, where training is noise; divide η·λ by ${short((peak / 0.1) ** 2)}`,
      }
    }
    if (drift > 0.03) {
      return {
        severity: drift > 0.1 ? 'warning' : 'note',
        value: ratio,
        values,
        advice: `the drift of ${name} ends at ${short(drift)} rad a step, which keeps the loss up: let the rate fall to ${percent((0.03 / drift) ** 2)} of what it ends with`,
      }
    }
    const rested = ratio >= 0.8 && ratio <= 1.2
    const decayed = subject.rates.at(-1)! < maximum(subject.rates) / 10
    return {
      severity: rested || decayed ? 'ok' : 'note',
      value: ratio,
      values,
      advice: rested
        ? `${numbers}, and drifts by ${short(rest.drift)}`
        : `${numbers}: it is on its way there, which takes ${short(rest.time)} steps`,
    }
  },
}

/** The greatest drift of a weight in the run. */
const peakDrift = (subject: Subject, name: string): number => {
  const rule = subject.rule(name)
  return Math.max(0, maximum(rule.rates.map((_, step) => equilibrium(rule, step)?.drift ?? 0)))
}
