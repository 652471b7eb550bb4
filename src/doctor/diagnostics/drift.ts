import { figure } from '../../core/text.ts'
import { drift } from '../../train/drift.ts'
import { type Diagnostic, greatestEntry, noAverages, noStatistics } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Returns the number of training batches on which BN's statistics are remeasured: 8,192 examples in total. */
export const measuredBatches = ({ experiment }: Subject): number => Math.ceil(8192 / experiment.batchSize)

/** Diagnostic D8: how far BN's running statistics are from the statistics of the training data. */
export const statisticsDrift: Diagnostic = {
  id: 'D8',
  title: 'drift of the running statistics from the data',
  quantity:
    'KL = ½(ln(rv/σ²) + (σ² + (μ − rm)²)/rv − 1), mean over the channels of the worst layer, against remeasured statistics; and z = |rm − μ|/σ',
  threshold: 'warning above KL 0.01 or z 0.1, alarm above KL 0.1',
  remedy: 'see D9 for the effect on the validation loss',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    if (subject.evaluatesOthers && subject.lacksState) return noAverages
    const { task, experiment } = subject
    const layers = await task.atEvaluation(
      () => drift(task, subject.training(), { batches: measuredBatches(subject) }),
      { batchSize: experiment.batchSize },
    )
    const [name, value] = greatestEntry([...layers].map(([name, { meanKl }]) => [name, meanKl]))
    const [shifted, z] = greatestEntry([...layers].map(([name, { meanZ }]) => [name, meanZ]))
    const values = Object.fromEntries(
      [...layers].flatMap(([name, { meanKl, maxKl, meanZ, maxZ }]) => [
        [`${name} KL`, meanKl],
        [`${name} greatest KL`, maxKl],
        [`${name} z`, meanZ],
        [`${name} greatest z`, maxZ],
      ]),
    )
    const numbers = `the running statistics of layer ${name} are off by a KL of ${figure(value)}${shifted === name ? ' and' : `, those of layer ${shifted}`} by ${figure(z)} standard deviations`
    const severity = value > 0.1 ? 'alarm' : value > 0.01 || z > 0.1 ? 'warning' : 'ok'
    const effect = severity === 'ok' ? '' : '; see D9 for the effect on the validation loss'
    return { severity, value, values: { z, ...values }, advice: `${numbers}${effect}` }
  },
}
