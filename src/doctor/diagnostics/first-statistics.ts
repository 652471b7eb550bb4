import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { type Diagnostic, greatestEntry, percent } from '../diagnosis.ts'

/**
 * How much of the first mean 0 and variance 1 is left in a layer's running statistics after `batches`.
 *
 *     Π (1 − momentum)
 */
export function firstLeft({ momentum, zeroDebias }: BatchNorm, batches: number): number {
  if (batches === 0) return 1
  if (zeroDebias || momentum === null) return 0
  if (typeof momentum === 'number') return (1 - momentum) ** batches
  let left = 1
  for (let step = 0; step < batches && left > 1e-12; step++) left *= 1 - momentum(step)
  return left
}

/** D11: whether the running statistics have forgotten what they started from. */
export const firstStatistics: Diagnostic = {
  id: 'D11',
  title: 'what is left of the first running statistics',
  quantity: '(1 − momentum)ᵗ after t batches',
  threshold: 'warning above 1 %',
  remedy: 'a greater momentum, zeroDebias: true, or recalibration before evaluation',
  source:
    'ours: the sum of an exponential average; zeroDebias is the correction of Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, section 3',
  async examine({ tracking }) {
    if (tracking.length === 0) return { reason: 'no batch normalization learns running statistics' }
    const left = tracking.map(({ name, layer }) => {
      return [name, firstLeft(layer, Number(layer.numBatchesTracked!.data[0]))] as const
    })
    const [name, value] = greatestEntry(left)
    const batches = Number(tracking.find((norm) => norm.name === name)!.layer.numBatchesTracked!.data[0])
    const numbers =
      value < 1e-6
        ? `nothing is left after ${batches} batches of the mean 0 and variance 1 that the running statistics started from`
        : `after ${batches} batches ${percent(value)} of the running statistics of layer ${name} are still the mean 0 and variance 1 that they started from`
    return {
      severity: value > 0.01 ? 'warning' : 'ok',
      value,
      values: Object.fromEntries(left),
      advice: value > 0.01 ? `${numbers}: use zeroDebias, or measure them anew` : numbers,
    }
  },
}
