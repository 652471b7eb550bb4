import { ArgumentError, EvenstepError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { custom, list, type OptionsOf, readOptions, text, type Undefinable } from '../core/options.ts'
import type { Experiment } from '../train/experiment.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import type { Diagnosis, Diagnostic, Finding, Inapplicable } from './diagnosis.ts'
import { diagnostics } from './diagnostics/index.ts'
import { Subject } from './subject.ts'

const options = {
  /** The log of every step of the run, which some diagnostics need. */
  log: custom<Steps>('the log of steps', (value) => 'losses' in Object(value)),
  /** Ids of the diagnostics to make, such as `['D8', 'D9']`. @default all */
  only: list(text()),
}

export interface ExamineOptions extends Undefinable<OptionsOf<typeof options>> {}

/**
 * Examines a trained run: each diagnostic with its numbers, threshold and advice, in the order of ids. One that
 * does not apply says why, and one that fails says how.
 *
 * Leaves the task unchanged to the bit: its weights, statistics, optimizer and step.
 *
 * @param task as the run left it; diagnostics that need the state of its optimizer say so if it is missing
 * @throws {ArgumentError} when no step was taken, the log has another number of steps, or an id or option is
 * unknown.
 * @example for await (const diagnosis of doctor.examine(experiment, task)) console.log(diagnosis)
 */
export async function* examine(
  experiment: Experiment,
  task: Task,
  given: ExamineOptions = {},
): AsyncGenerator<Diagnosis> {
  const { log, only } = readOptions('examine', options, given)
  if (task.steps === 0) {
    throw new ArgumentError('doctor: wanted a trained task, got one of 0 steps; train it first')
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

function chosen(ids: readonly string[] | undefined): readonly Diagnostic[] {
  if (!ids) return diagnostics
  const known = diagnostics.map(({ id }) => id)
  const stranger = ids.find((id) => !known.includes(id))
  if (stranger !== undefined) throw unknownName('doctor', known, stranger)
  return diagnostics.filter(({ id }) => ids.includes(id))
}

/** The result of a diagnostic; a step that cannot be taken from here is a result too. */
async function made(diagnostic: Diagnostic, subject: Subject): Promise<Finding | Inapplicable> {
  try {
    return await subject.untouched(() => diagnostic.examine(subject))
  } catch (error) {
    if (error instanceof EvenstepError) return { reason: `it failed: ${error.message}` }
    throw error
  }
}
