import { figure } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import { taskOf } from '../../train/train.ts'
import { advised, fallAtEnd } from '../advised.ts'
import type { ExperimentChange } from '../change.ts'
import type { Diagnostic, Finding } from '../diagnosis.ts'
import { hessianProduct } from '../hessian.ts'
import { greatestEigenvalue } from '../lanczos.ts'
import { Subject } from '../subject.ts'

/** Returns the sharpness: the largest eigenvalue of the Hessian of the first training batch's loss. */
export function sharpnessOf(subject: Subject): Promise<number> {
  const [batch] = subject.batches(1)
  const size = [...subject.trained.values()].reduce((n, { data }) => n + data.length, 0)
  return greatestEigenvalue(hessianProduct(subject, batch!), size)
}

/** Diagnostic D13: learning rate relative to the highest rate that is stable at the curvature of the loss. */
export const sharpness: Diagnostic = {
  id: 'D13',
  title: 'sharpness of the loss relative to what the rate allows',
  quantity:
    'λ_max·η/(2 + 2μ) at the last step, λ_max the greatest eigenvalue of the Hessian of a training batch’s loss (Lanczos); and at the initial weights, with the rate of step 10',
  threshold: 'note from 0.8 to 1.2, the edge of stability, or above 1 at initial weights; warning above 1.2',
  remedy: 'above 1.2, let the rate fall to 0 over the last fifth of the run',
  source:
    'Cohen et al. 2021, https://arxiv.org/abs/2103.00065; Gilmer et al. 2021, https://arxiv.org/abs/2110.04369',
  async examine(subject) {
    const { experiment, task, steps, rates, signal } = subject
    const sharpness = await sharpnessOf(subject)
    const sharpnessAtFirst = await sharpnessOf(new Subject(experiment, taskOf(experiment), undefined, signal))
    const rule = subject.rule([...task.trained.keys()][0]!)
    const values = { sharpness, sharpnessAtFirst }
    if (!rule.traits.heavyBall) {
      const advice = `the greatest curvature is ${figure(sharpness)}, and ${figure(sharpnessAtFirst)} at the initial weights; under ${rule.traits.type} no bound on the rate follows from it`
      return { severity: 'ok', value: sharpness, values, advice }
    }
    const early = Math.min(10, steps - 1)
    const bound = (step: number): number => rates[step]! / (2 + 2 * rule.momentum(step))
    const [value, atFirst] = [sharpness * bound(steps - 1), sharpnessAtFirst * bound(early)]
    const found = judged(
      value,
      atFirst,
      { ...values, rate: rates[steps - 1]!, earlyRate: rates[early]! },
      fallAtEnd(subject),
    )
    if (value >= 0.8 || atFirst > 1) return { ...found, opposes: ['raise'] }
    // A rate that has decayed says nothing about the peak.
    return rates[steps - 1]! < maxOf(rates) / 10 ? found : { ...found, opposes: ['lower'] }
  },
}

function judged(
  value: number,
  atFirst: number,
  numbers: Readonly<Record<'sharpness' | 'sharpnessAtFirst' | 'rate' | 'earlyRate', number>>,
  fall: ExperimentChange | undefined,
): Finding {
  const { sharpness, sharpnessAtFirst, rate, earlyRate } = numbers
  const sentence = `the curvature of ${figure(sharpness)} allows a rate of ${figure(rate / value)}, and the rate is ${figure(rate)}`
  const found = { value, values: { ...numbers, atFirst } }
  if (value > 1.2) return { severity: 'warning', ...found, ...advised(sentence, fall) }
  if (atFirst > 1) {
    const advice = `the curvature of ${figure(sharpnessAtFirst)} at the initial weights allows a rate of ${figure(earlyRate / atFirst)}, and that of step 10 is ${figure(earlyRate)}`
    return { severity: 'note', ...found, advice }
  }
  if (value >= 0.8) {
    const advice = `${sentence}: training is at the edge of stability, which is usual with large batches`
    return { severity: 'note', ...found, advice }
  }
  const advice = rate > 0 ? sentence : `the rate has fallen to 0; the curvature is ${figure(sharpness)}`
  return { severity: 'ok', ...found, advice }
}
