import { taskOf } from '../../train/train.ts'
import { type Diagnostic, type Finding, short } from '../diagnosis.ts'
import { hessianProduct } from '../hessian.ts'
import { greatestEigenvalue } from '../lanczos.ts'
import { Subject } from '../subject.ts'

/** The greatest eigenvalue of the Hessian of the loss of one training batch, in training. */
export function sharpnessOf(subject: Subject): Promise<number> {
  const [batch] = subject.batches(1)
  const size = [...subject.trained.values()].reduce((n, { data }) => n + data.length, 0)
  return greatestEigenvalue(hessianProduct(subject, batch!), size)
}

/** D13: length of steps relative to what the curvature allows. */
export const sharpness: Diagnostic = {
  id: 'D13',
  title: 'sharpness of the loss beside the rate',
  quantity:
    'λ_max·η/(2 + 2μ), λ_max the greatest eigenvalue of the Hessian of a training batch’s loss (Lanczos), at the last step; and at the first weights with the rate of step 10',
  threshold:
    'note from 0.8 to 1.2, the edge of stability; warning above; warning above 1 at the first weights',
  remedy: 'above 1 at first: warm the rate up; above 1.2 at the end: let it fall',
  source:
    'Cohen et al. 2021, https://arxiv.org/abs/2103.00065; Gilmer et al. 2021, https://arxiv.org/abs/2110.04369',
  async examine(subject) {
    const { experiment, task, steps, rates } = subject
    const now = await sharpnessOf(subject)
    const first = await sharpnessOf(new Subject(experiment, taskOf(experiment)))
    const rule = subject.rule([...task.variables].find(([, v]) => v.trainable)![0])
    const values = { sharpness: now, sharpnessAtFirst: first }
    if (!rule.traits.heavyBall) {
      const advice = `the greatest curvature is ${short(now)}, and ${short(first)} at the initial weights; under ${rule.traits.type} no bound on the rate follows from it`
      return { severity: 'ok', value: now, values, advice }
    }
    const early = Math.min(10, steps - 1)
    const bound = (step: number): number => rates[step]! / (2 + 2 * rule.momentum(step))
    return judged(now * bound(steps - 1), first * bound(early), {
      ...values,
      rate: rates[steps - 1]!,
      earlyRate: rates[early]!,
    })
  },
}

function judged(
  ratio: number,
  early: number,
  values: Readonly<Record<'sharpness' | 'sharpnessAtFirst' | 'rate' | 'earlyRate', number>>,
): Finding {
  const { sharpness, sharpnessAtFirst, rate, earlyRate } = values
  const numbers = `the curvature of ${short(sharpness)} allows a rate of ${short(rate / ratio)}, and it is ${short(rate)}`
  const found = { value: ratio, values: { ...values, atFirst: early } }
  if (ratio > 1.2) {
    return { severity: 'warning', ...found, advice: `${numbers}: let it fall, or end with a lower one` }
  }
  if (early > 1) {
    const advice = `the curvature of ${short(sharpnessAtFirst)} at the initial weights allows a rate of ${short(earlyRate / early)}, and that of step 10 is ${short(earlyRate)}: warm it up`
    return { severity: 'warning', ...found, advice }
  }
  if (ratio >= 0.8) {
    const advice = `${numbers}: training is at the edge of stability, which is usual in large batches`
    return { severity: 'note', ...found, advice }
  }
  const advice = rate > 0 ? numbers : `the rate has fallen to 0; the curvature is ${short(sharpness)}`
  return { severity: 'ok', ...found, advice }
}
