import type { Experiment } from '../../train/experiment.ts'
import { taskOf } from '../../train/train.ts'
import { severities } from '../diagnosis.ts'
import { Subject } from '../subject.ts'
import { biasBeforeNorm, dropoutBeforeNorm, zeroScale } from './order.ts'
import type { Complaint, LintRule } from './rule.ts'
import {
  accumulation,
  averaged,
  fewValues,
  keptFirst,
  shortTail,
  staleControl,
  staleEvaluation,
} from './statistics.ts'
import { decayOnVectors, fastTurning, penaltyInAdam, slowDecay, trustOnVectors } from './weight-decay.ts'

/** Every lint rule. */
export const lintRules: readonly LintRule[] = [
  biasBeforeNorm,
  dropoutBeforeNorm,
  zeroScale,
  decayOnVectors,
  penaltyInAdam,
  trustOnVectors,
  fastTurning,
  slowDecay,
  fewValues,
  accumulation,
  keptFirst,
  averaged,
  shortTail,
  staleEvaluation,
  staleControl,
]

/** A flaw of an experiment. */
export interface Lint extends Complaint {
  readonly rule: string
  readonly source: string
}

/**
 * D21: the flaws of an experiment that are visible before it is trained, gravest first. The order of layers is
 * found by tracing the model, not by names; nothing is trained.
 *
 * @throws {ShapeError} when model and data do not fit together, as training would.
 * @example for (const { rule, advice } of doctor.lint(experiment)) console.log(rule, advice)
 */
export function lint(experiment: Experiment): readonly Lint[] {
  const plan = planned(experiment)
  const found = lintRules.flatMap(({ name, source, look }) =>
    look(plan).map((complaint) => ({ rule: name, ...complaint, source })),
  )
  const grade = ({ severity }: Lint): number => severities.indexOf(severity)
  return found.sort((a, b) => grade(a) - grade(b))
}

/** The run of an experiment as it would end without controllers. */
function planned(experiment: Experiment): Subject {
  const task = taskOf(experiment)
  const plan = new Subject(experiment, task)
  task.goTo(plan.length.steps!, 1)
  return plan
}
