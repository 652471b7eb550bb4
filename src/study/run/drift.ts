import { isStream } from '../../data/stream.ts'
import { drift, remeasured } from '../../train/drift.ts'
import { type Experiment, trainingBatches } from '../../train/experiment.ts'
import type { Task } from '../../train/task.ts'
import type { DriftSummary } from '../trial.ts'

/** Batches of training data that are enough to measure statistics: as many as fvcore's PreciseBN takes. */
const batches = 200

/**
 * How far the running statistics of a model are from those of its training data, and what that costs. The model is as
 * before after. Nothing when no layer learns running statistics.
 */
export async function driftOf(task: Task, experiment: Experiment): Promise<DriftSummary | undefined> {
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
        recalibratedLoss: await remeasured(task.model, training, batches, evaluate),
      }
    },
    { batchSize },
  )
}
