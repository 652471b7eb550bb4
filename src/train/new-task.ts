import { type DType, isFloat } from '../core/dtype.ts'
import { present } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import type { normalizeLayers } from '../nn/norm/normalization.ts'
import type { Experiment } from './experiment.ts'
import { newModel } from './new-model.ts'
import type { Parallel } from './parallel/communicator.ts'
import { optimizerFor, scheduleStepsOf } from './run-optimizer.ts'
import { checkSizesFirst } from './sizes-first.ts'
import { Task } from './task.ts'
import { type TaskOptions, taskOptions } from './task-options.ts'

/**
 * Returns a new task with the model, loss and optimizer of an experiment.
 *
 * @param normalize `normalizeLayers`, needed for an experiment that changes its model's normalization
 * @param parallel other processes that train the experiment with this one
 */
export function newTask(
  experiment: Experiment,
  normalize?: typeof normalizeLayers,
  parallel?: Parallel,
): Task {
  const { data, normalization } = experiment
  const shared = Object.entries(experiment).filter(([name]) => name in taskOptions)
  const model = newModel(experiment)
  if (normalization !== undefined) normalize!(model, normalization, batchOf(experiment))
  checkSizesFirst(model, batchOf(experiment))
  const optimizer = optimizerFor(experiment, model)
  const own = { model, optimizer, data: data.train, scheduleSteps: scheduleStepsOf(experiment), parallel }
  return new Task({ ...(Object.fromEntries(shared) as unknown as TaskOptions), ...present(own) })
}

/** Returns the shape and element type of a batch of model inputs. */
function batchOf({ data, batchSize, dtype }: Experiment): { readonly shape: Shape; readonly dtype: DType } {
  const { x } = data.train
  return { shape: [batchSize, ...x.shape], dtype: isFloat(x.dtype) ? dtype : x.dtype }
}
