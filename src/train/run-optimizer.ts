import { mismatch } from '../core/mismatch.ts'
import { variables } from '../core/state.ts'
import type { Module } from '../nn/module.ts'
import { type Members, unmatched } from '../optim/group.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { isRelative, overRun } from '../optim/over-run.ts'
import type { Experiment } from './experiment.ts'
import { runLength } from './length.ts'
import { newModel } from './new-model.ts'

/** Returns the number of steps to which percentages in an experiment's schedules refer; undefined if unknown. */
export function scheduleStepsOf(experiment: Experiment): number | undefined {
  const { scheduleSteps = runLength(experiment).steps } = experiment
  return scheduleSteps === 0 ? undefined : scheduleSteps
}

/**
 * Returns an experiment's optimizer after converting the lengths of its schedules to steps of the experiment's runs.
 *
 * @throws {ArgumentError} when a length is a percentage of a run whose number of steps is unknown.
 */
export function optimizerOf(experiment: Experiment): Optimizer {
  const { optimizer } = experiment
  if (!isRelative(optimizer)) return optimizer
  const steps = scheduleStepsOf(experiment)
  if (steps !== undefined) return overRun(optimizer, steps)
  const wanted = 'steps or scheduleSteps where schedules have percentages and the training data are a stream'
  throw mismatch('experiment', wanted, undefined, 'name them, such as --set steps=1000')
}

/** Like `optimizerOf`, but drops parameter groups for layers that `normalization` has replaced in `model`. */
export function optimizerFor(experiment: Experiment, model: Module): Optimizer {
  const optimizer = optimizerOf(experiment)
  const { groups = [] } = optimizer.spec as { readonly groups?: readonly Members[] }
  const unused = experiment.normalization === undefined ? [] : unmatched(groups, variables(model))
  if (unused.length === 0) return optimizer
  const original = variables(newModel(experiment))
  const replaced = unused.filter((i) => unmatched([groups[i]!], original).length === 0)
  return replaced.length === 0
    ? optimizer
    : optimizer.with({ groups: groups.filter((_, i) => !replaced.includes(i)) })
}
