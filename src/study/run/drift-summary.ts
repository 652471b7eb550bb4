import { isStream } from '../../data/stream.ts'
import { drift, remeasured } from '../../train/drift.ts'
import { type Experiment, trainingBatches } from '../../train/experiment.ts'
import type { Task } from '../../train/task.ts'
import type { DriftSummary } from '../trial.ts'

/** Number of training batches on which to measure statistics, the same as in fvcore's PreciseBN. */
const batches = 200

/**
 * Measures how far the running statistics of batch normalization are from the statistics of the training data
 * at the same weights, and how much this raises the validation loss. Leaves the model unchanged.
 *
 * @returns undefined when no layer keeps running statistics
 */
export async function summarizeDrift(task: Task, experiment: Experiment): Promise<DriftSummary | undefined> {
  const { data, batchSize } = experiment
  const size = isStream(data.train) ? batchSize : Math.min(batchSize, data.train.length)
  const training = trainingBatches(experiment, size, 'drop')
  const evaluate = async (): Promise<number> => (await task.evaluate(data.validation, { batchSize })).loss
  return task.atEvaluation(
    async () => {
      const layers = [...(await drift(task, training, { batches })).values()]
      if (layers.length === 0) return undefined
      return {
        kl: Math.max(...layers.map(({ meanKl }) => meanKl)),
        validationLoss: await evaluate(),
        recalibratedLoss: await remeasured(task.model, training, { batches }, evaluate),
      }
    },
    { batchSize },
  )
}
