import { abortSignal } from '../core/abort.ts'
import { ArgumentError, EvenstepError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { custom, list, type OptionsOf, readOptions, text, type Undefinable } from '../core/options.ts'
import { duringRun } from '../core/run.ts'
import { checkExperiment, type Experiment } from '../train/experiment.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import { checkTask } from '../train/task-options.ts'
import { type Diagnosis, type Diagnostic, type Finding, type Inapplicable, isFinding } from './diagnosis.ts'
import { diagnostics } from './diagnostics/index.ts'
import { moveOf, reconciled } from './reconcile.ts'
import { Subject } from './subject.ts'

const options = {
  /** Loss and learning rate of every step of the run. Without this log, some diagnostics do not apply. */
  log: custom<Steps>('the log of steps', (value) => 'losses' in Object(value)),
  /** Ids of the diagnostics to run, such as `['D8', 'D9']`. @default all */
  only: list(text()),
  /** Abort signal that stops the diagnostics, leaving the task unchanged. */
  signal: abortSignal(),
}

export interface ExamineOptions extends Undefinable<OptionsOf<typeof options>> {}

/**
 * Examines a trained run: yields the result of each diagnostic in the order of ids. The result of a diagnostic that
 * does not apply or fails is the reason. Nothing is yielded before all results are known, so that advice contradicted
 * by another diagnostic can be withdrawn. The weights, statistics, optimizer state and step of the task stay
 * unchanged.
 *
 * @param task trained model with its optimizer state; without this state, some diagnostics do not apply
 * @throws {ArgumentError} when the task has taken no step, the log does not have one entry per step taken, or an id
 *   or option is unknown.
 * @throws the reason of `signal`, once it is aborted.
 * @example for await (const diagnosis of doctor.examine(experiment, task)) console.log(diagnosis)
 */
export async function* examine(
  experiment: Experiment,
  task: Task,
  given: ExamineOptions = {},
): AsyncGenerator<Diagnosis> {
  const { log, only, signal } = readOptions('examine', options, given)
  checkExperiment('doctor', experiment)
  checkTask('doctor', task)
  signal?.throwIfAborted()
  if (task.steps === 0) {
    throw new ArgumentError('doctor: wanted a trained task, got one of 0 steps; train it first')
  }
  if (log && log.losses.length !== task.steps) {
    throw mismatch('doctor', `a log of the ${task.steps} steps of the task`, log.losses.length)
  }
  const subject = new Subject(experiment, task, log, signal)
  const ids = diagnostics.map(({ id }) => id)
  const stranger = only?.find((id) => !ids.includes(id))
  if (stranger !== undefined) throw unknownName('doctor', ids, stranger)
  const all: Diagnosis[] = []
  const wanted = (id: string): boolean => !only || only.includes(id)
  for (const diagnostic of diagnostics.filter(({ id }) => wanted(id))) {
    all.push(await diagnosis(diagnostic, subject))
  }
  // These may overrule advice on the learning rate, so they run even if not requested.
  if (all.some((one) => isFinding(one) && moveOf(one.change))) {
    for (const diagnostic of diagnostics.filter(({ id }) => !wanted(id) && judges.includes(id))) {
      all.push(await diagnosis(diagnostic, subject))
    }
  }
  const findings = new Map(reconciled(all.filter(isFinding)).map((one) => [one.id, one] as const))
  for (const one of all) if (wanted(one.id)) yield findings.get(one.id) ?? one
}

/** Ids of diagnostics whose findings may overrule advice on the learning rate: these run even if not requested. */
const judges: readonly string[] = ['D12', 'D13']

async function diagnosis(diagnostic: Diagnostic, subject: Subject): Promise<Diagnosis> {
  const { id, title, threshold, source } = diagnostic
  return { id, title, threshold, source, ...(await result(diagnostic, subject)) }
}

/** Runs a diagnostic. If it throws an `EvenstepError`, returns the message as the reason why there is no finding. */
async function result(diagnostic: Diagnostic, subject: Subject): Promise<Finding | Inapplicable> {
  subject.signal?.throwIfAborted()
  try {
    return await subject.untouched(() => duringRun(subject.length.steps, () => diagnostic.examine(subject)))
  } catch (error) {
    subject.signal?.throwIfAborted()
    if (error instanceof EvenstepError) return { reason: `it failed: ${error.message}` }
    throw error
  }
}
