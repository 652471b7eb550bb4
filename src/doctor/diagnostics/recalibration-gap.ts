import { figure, percent } from '../../core/text.ts'
import { remeasured } from '../../train/drift.ts'
import { type Diagnostic, noAverages, noStatistics } from '../diagnosis.ts'
import { measuredBatches } from './drift.ts'

/** Maximum number of validation examples to evaluate. */
const most = 4096

/** Diagnostic D9: validation loss with BN's running statistics relative to the loss with remeasured ones. */
export const recalibrationGap: Diagnostic = {
  id: 'D9',
  title: 'validation loss: running statistics relative to remeasured ones',
  quantity: 'loss(running)/loss(remeasured) − 1 on up to 4,096 validation examples; and the accuracy gap',
  threshold: 'warning beyond ±5 %, or half a point of accuracy in more than 4 examples',
  remedy: 'lower BN’s momentum in long runs, decay the rate, or recalibrate before evaluation',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    if (subject.evaluatesOthers && subject.lacksState) return noAverages
    const { task, experiment, model } = subject
    const validate = () => subject.validate(most)
    const { running, measured } = await task.atEvaluation(
      async () => ({
        running: await validate(),
        measured: await remeasured(model, subject.training(), measuredBatches(subject), validate),
      }),
      { batchSize: experiment.batchSize },
    )
    const value = running.loss / measured.loss - 1
    const accuracyPoints =
      running.accuracy === undefined ? undefined : 100 * (running.accuracy - measured.accuracy!)
    const limit = Math.max(0.5, 400 / Math.min(most, experiment.data.validation.length)) // 4 examples by chance
    const off = Math.abs(value) > 0.05 || Math.abs(accuracyPoints ?? 0) > limit
    const accuracy =
      accuracyPoints === undefined ? '' : `; accuracies differ by ${figure(accuracyPoints)} points`
    const numbers = `the validation loss is ${figure(running.loss)} with the running statistics and ${figure(measured.loss)} with remeasured ones (${percent(value)})${accuracy}`
    const fix =
      value > 0 ? 'the running ones are stale; remeasure them' : 'the running ones flatter the model'
    return {
      severity: off ? 'warning' : 'ok',
      value,
      values: {
        running: running.loss,
        measured: measured.loss,
        ...(accuracyPoints !== undefined && { accuracyPoints }),
      },
      advice: off ? `${numbers}: ${fix}` : numbers,
    }
  },
}
