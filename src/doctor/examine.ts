import { ArgumentError, EvenstepError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import type { Experiment } from '../train/experiment.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import type { Diagnosis, Diagnostic, Finding, Inapplicable } from './diagnosis.ts'
import { diagnostics } from './diagnostics/index.ts'
import { Subject } from './subject.ts'

export interface ExamineOptions {
  /** What each step of the run left in its log; what needs it says so where it is not given. */
  readonly log?: Steps | undefined
  /** Ids of the diagnostics to make, such as `['D8', 'D9']`; all unless given. */
  readonly only?: readonly string[]
}

/**
 * What can be said of a run after it was trained: each diagnostic with its numbers, threshold and advice, in the order of
 * their ids. What does not apply says why, and what fails says how.
 *
 * The task is afterwards as it was, to the bit: its weights, statistics, optimizer and step.
 *
 * @param task as the run left it, with the state of its optimizer; without, what needs that says so
 * @throws {ArgumentError} when no step was taken, the log is of another number of steps, or an id is unknown.
 * @example for await (const diagnosis of doctor.examine(experiment, task)) console.log(diagnosis)
 */
export async function* examine(
  experiment: Experiment,
  task: Task,
  { log, only = diagnostics.map(({ id }) => id) }: ExamineOptions = {},
): AsyncGenerator<Diagnosis> {
  if (task.steps === 0) {
    throw new ArgumentError('doctor: wanted a task that was trained, got one of 0 steps; train it first')
  }
  if (log && log.losses.length !== task.steps) {
    throw mismatch('doctor', `a log of the ${task.steps} steps of the task`, log.losses.length)
  }
  const subject = new Subject(experiment, task, log)
  for (const diagnostic of chosen(only)) {
    const { id, title, threshold, source } = diagnostic
    yield { id, title, threshold, source, ...(await made(diagnostic, subject)) }
  }
}

function chosen(ids: readonly string[]): Diagnostic[] {
  const known = diagnostics.map(({ id }) => id)
  const stranger = ids.find((id) => !known.includes(id))
  if (stranger !== undefined) throw unknownName('doctor', known, stranger)
  return diagnostics.filter(({ id }) => ids.includes(id))
}

/** What a diagnostic finds; a step that cannot be taken from here is a finding as well. */
async function made(diagnostic: Diagnostic, subject: Subject): Promise<Finding | Inapplicable> {
  try {
    return await subject.untouched(() => diagnostic.examine(subject))
  } catch (error) {
    if (error instanceof EvenstepError) return { reason: `it failed: ${error.message}` }
    throw error
  }
}
