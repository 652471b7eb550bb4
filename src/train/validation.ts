import type { AbortSignalLike } from '../core/abort.ts'
import { NotFiniteError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import type { Dataset } from '../data/dataset.ts'
import { DivergedError } from './diverged.ts'
import type { EpochEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import type { Task } from './task.ts'

/** What is measured after each epoch. */
export type EpochMeasurements = Pick<
  EpochEvent,
  'trainLoss' | 'validationLoss' | 'validationAccuracy' | 'metrics'
>

/** Evaluates the model on validation data. @throws {DivergedError} when the validation loss is not finite. */
export async function validationOf(
  { data, batchSize }: Experiment,
  task: Task,
  lr: number,
  signal: AbortSignalLike | undefined,
): Promise<Omit<EpochMeasurements, 'trainLoss'>> {
  const step = task.steps - 1
  const evaluated = task.evaluate(data.validation, present({ batchSize, signal }))
  const { loss, accuracy, ...metrics } = await evaluated.catch((error: unknown) => {
    // Such as statistics that were recomputed for the evaluation.
    throw error instanceof NotFiniteError ? new DivergedError(error.message, step, lr) : error
  })
  if (Number.isFinite(loss)) {
    return {
      validationLoss: loss,
      ...(accuracy !== undefined && { validationAccuracy: accuracy }),
      ...metrics,
    }
  }
  // Whatever the scores are, the accuracy is 0/0 only where no label counts.
  const { weights } = data.validation as Partial<Dataset>
  const isUnweighted = weights?.data?.every((weight) => weight === 0)
  const advice = isUnweighted
    ? 'every weight of the validation data is 0, so the loss is 0/0; validate on examples that count'
    : Number.isNaN(accuracy)
      ? 'no label of the validation data counts, so the loss is 0/0; validate on examples whose labels count'
      : 'lower the rate, or look for numbers in the data that are not finite'
  throw new DivergedError(
    `train: wanted a finite validation loss, got ${loss} ${step < 0 ? 'before the first step' : `after step ${step}, lr ${lr}`}; ${advice}`,
    step,
    lr,
  )
}
