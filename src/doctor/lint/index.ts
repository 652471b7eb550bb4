import { duringRun } from '../../core/run.ts'
import { checkExperiment, type Experiment } from '../../train/experiment.ts'
import { taskOf } from '../../train/train.ts'
import { severities } from '../diagnosis.ts'
import { Subject } from '../subject.ts'
import { lossRules } from './loss.ts'
import { orderRules } from './order.ts'
import type { Complaint, LintRule } from './rule.ts'
import { scheduleRules } from './schedule.ts'
import { statisticsRules } from './statistics.ts'
import { weightRules } from './weight-decay.ts'

/** All rules by which `lint` checks an experiment. */
export const lintRules: readonly LintRule[] = [
  ...orderRules,
  ...weightRules,
  ...statisticsRules,
  ...lossRules,
  ...scheduleRules,
]

/** A flaw found in an experiment before training, with the rule that found it. */
export interface Lint extends Complaint {
  readonly rule: string
  readonly source: string
}

/**
 * Diagnostic D21: returns the flaws of an experiment that are visible before training, most severe first. Builds the
 * model's graph for a batch to find the order of its layers, and trains nothing.
 *
 * @throws {ShapeError} when the model does not fit the data, as in training.
 * @example for (const { rule, advice } of doctor.lint(experiment)) console.log(rule, advice)
 */
export function lint(experiment: Experiment): readonly Lint[] {
  checkExperiment('lint', experiment)
  const plan = planned(experiment)
  const found = lintRules.flatMap(({ name, source, look }) =>
    duringRun(plan.length.steps, () => look(plan)).map((complaint) => ({ rule: name, ...complaint, source })),
  )
  return found.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

/** Returns an experiment's planned run: untrained, but with its step counter at the planned end. */
function planned(experiment: Experiment): Subject {
  const task = taskOf(experiment)
  const plan = new Subject(experiment, task)
  task.goTo(plan.length.steps!, 1)
  return plan
}
