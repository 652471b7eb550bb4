import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { type Diagnostic, greatestEntry, noStatistics, percent } from '../diagnosis.ts'

/**
 * The share of the initial mean 0 and variance 1 in a layer's running statistics after `batches`.
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

/** D11: share of the initial values in the running statistics. */
export const firstStatistics: Diagnostic = {
  id: 'D11',
  title: 'share of the initial values in the running statistics',
  quantity: '(1 − momentum)ᵗ after t batches',
  threshold: 'warning above 1 %',
  remedy: 'a greater momentum, zeroDebias: true, or recalibration before evaluation',
  source:
    'ours: the sum of an exponential average; zeroDebias is the correction of Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, section 3',
  async examine({ tracking }) {
    if (tracking.length === 0) return noStatistics
    const left = tracking.map(({ name, layer }) => {
      return [name, firstLeft(layer, Number(layer.numBatchesTracked!.data[0]))] as const
    })
    const [name, value] = greatestEntry(left)
    const batches = Number(tracking.find((norm) => norm.name === name)!.layer.numBatchesTracked!.data[0])
    const start = 'the mean 0 and variance 1 that they started from'
    const numbers =
      value < 1e-6
        ? `after ${batches} batches the running statistics retain nothing of ${start}`
        : `after ${batches} batches ${percent(value)} of the running statistics of layer ${name} are still ${start}`
    return {
      severity: value > 0.01 ? 'warning' : 'ok',
      value,
      values: Object.fromEntries(left),
      advice: value > 0.01 ? `${numbers}: use zeroDebias, or remeasure them` : numbers,
    }
  },
}
