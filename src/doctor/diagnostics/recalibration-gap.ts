import { remeasured } from '../../train/drift.ts'
import { type Diagnostic, noAverages, noStatistics, percent, short } from '../diagnosis.ts'
import { measuredBatches } from './drift.ts'

/** Most validation examples to evaluate. */
const most = 4096
/** Examples that may change class by chance. */
const fewExamples = 4

/** D9: cost of stale running statistics. */
export const recalibrationGap: Diagnostic = {
  id: 'D9',
  title: 'validation loss with the running statistics beside measured ones',
  quantity:
    'loss(running)/loss(remeasured) − 1, on up to 4,096 validation examples; and the difference in accuracy',
  threshold: 'warning beyond ±5 %, or half a point of accuracy in more than 4 examples',
  remedy:
    'lower the weight of the new batch (momentum) in long runs, let the rate decay, or recalibrate before evaluation',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    if (subject.evaluatesOthers && subject.lacksState) return noAverages
    const { task, experiment, model } = subject
    const { running, measured } = await task.atEvaluation(
      async () => ({
        running: await subject.validate(most),
        measured: await remeasured(model, subject.training(), measuredBatches(subject), () =>
          subject.validate(most),
        ),
      }),
      { batchSize: experiment.batchSize },
    )
    const value = running.loss / measured.loss - 1
    const points = running.accuracy === undefined ? 0 : 100 * (running.accuracy - measured.accuracy!)
    const examples = Math.min(most, experiment.data.validation.length)
    const off = Math.abs(value) > 0.05 || Math.abs(points) > Math.max(0.5, (100 * fewExamples) / examples)
    const apart = running.accuracy === undefined ? '' : `, the accuracy ${short(points)} points apart`
    const numbers = `the validation loss is ${short(running.loss)} with the running statistics and ${short(measured.loss)} with remeasured ones (${percent(value)})${apart}`
    return {
      severity: off ? 'warning' : 'ok',
      value,
      values: {
        running: running.loss,
        measured: measured.loss,
        ...(running.accuracy !== undefined && { accuracyPoints: points }),
      },
      advice: off
        ? `${numbers}: ${value > 0 ? 'they are stale; remeasure them' : 'validation is easier with them than with those of the data'}`
        : numbers,
    }
  },
}
