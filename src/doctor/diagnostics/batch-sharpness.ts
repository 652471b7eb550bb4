import { figure } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import type { Diagnostic } from '../diagnosis.ts'
import { curvatureAlongGradient } from '../hessian.ts'

/** Diagnostic D14: curvature of a batch's loss along its gradient. */
export const batchSharpness: Diagnostic = {
  id: 'D14',
  title: 'curvature of batches along their own gradients',
  quantity: 'η/2 · mean of gᵀHg/‖g‖² over 8 batches, at the last step',
  threshold: 'note from 0.8: above 1, steps of sgd without momentum no longer lower their own batch’s loss',
  remedy: 'none: training is at its stochastic edge of stability',
  source: 'Andreyev & Beneventano 2024, https://arxiv.org/abs/2412.20553',
  async examine(subject) {
    const curvatures: number[] = []
    for (const batch of subject.batches(8)) curvatures.push(await curvatureAlongGradient(subject, batch))
    const curvature = meanOf(curvatures)
    const rule = subject.rule([...subject.trained.keys()][0]!)
    const rate = subject.rates.at(-1)!
    if (!rule.traits.heavyBall || rule.momentum(subject.steps - 1) > 0) {
      return {
        reason: `the bound holds for sgd without momentum; the curvature of a batch along its gradient is ${figure(curvature)}`,
      }
    }
    const value = (rate * curvature) / 2
    const numbers = `batches have a curvature of ${figure(curvature)} along their gradients, which allows a rate of ${figure(2 / curvature)}; the rate is ${figure(rate)}`
    return {
      severity: value >= 0.8 ? 'note' : 'ok',
      value,
      values: { curvature, rate },
      advice: value >= 0.8 ? `${numbers}, so steps hardly lower the loss of their own batch` : numbers,
    }
  },
}
