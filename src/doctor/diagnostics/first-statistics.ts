import { percent } from '../../core/text.ts'
import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { advised } from '../advised.ts'
import { type Diagnostic, greatestEntry, noStatistics } from '../diagnosis.ts'
import type { Norm } from '../structure.ts'

/** Returns the weight that the initial values still have in running statistics: ∏ (1 − momentum) over batches. */
export function firstLeft({ momentum, zeroDebias }: BatchNorm, batches: number): number {
  if (batches === 0) return 1
  if (zeroDebias || momentum === null) return 0
  if (typeof momentum === 'number') return (1 - momentum) ** batches
  let left = 1
  for (let step = 0; step < batches && left > 1e-12; step++) left *= 1 - momentum(step)
  return left
}

/** Diagnostic D11: weight that the initial mean 0 and variance 1 still have in BN's running statistics. */
export const firstStatistics: Diagnostic = {
  id: 'D11',
  title: 'share of the initial values in the running statistics',
  quantity: '(1 − momentum)ᵗ after t batches',
  threshold: 'warning above 1 %',
  remedy: 'use { zeroDebias: true } in BN',
  source:
    'ours: decay of an exponential average; zeroDebias is the bias correction of Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, section 3',
  async examine({ tracking }) {
    if (tracking.length === 0) return noStatistics
    const batchesOf = ({ layer }: Norm): number => Number(layer.numBatchesTracked!.data[0])
    const left = tracking.map((norm) => [norm.name, firstLeft(norm.layer, batchesOf(norm))] as const)
    const [name, value] = greatestEntry(left)
    const batches = batchesOf(tracking.find((norm) => norm.name === name)!)
    const start = 'the initial mean 0 and variance 1'
    const numbers =
      value < 1e-6
        ? `after ${batches} batches, the running statistics retain nothing of ${start}`
        : `after ${batches} batches, ${percent(value)} of the running statistics of layer ${name} still comes from ${start}`
    return {
      severity: value > 0.01 ? 'warning' : 'ok',
      value,
      values: Object.fromEntries(left),
      ...advised(numbers, value > 0.01 ? { type: 'zeroDebias' } : undefined),
    }
  },
}
