import { abortSignal } from '../core/abort.ts'
import { boolean, choice, custom, number, type OptionsOf } from '../core/options.ts'
import { taskOption } from './task-option.ts'

export const runFolderOptions = {
  /** Whether to resume from the last checkpoint or, without one, from the beginning. @default false */
  resume: boolean(false),
  /** Task (model, loss and optimizer) to train. @default a new task of the experiment */
  task: taskOption,
  /** Minimum seconds between checkpoints; a run shorter than this writes none. @default 0 */
  checkpointSeconds: number({ min: 0 }, 0),
  /** Entries to add to `run.json`, such as the versions of the software. @default {} */
  notes: custom<Readonly<Record<string, unknown>>>('an object', (value) => Object(value) === value, {}),
}

export interface RunFolderOptions extends OptionsOf<typeof runFolderOptions> {}

export const eventsOptions = {
  /** Abort signal that stops the training. */
  signal: abortSignal(),
  /**
   * Which model to measure on the test data, once, just before the event `end`: the `final` one, or the one of the
   * checkpoint that did `best` on the validation data. @default none
   */
  test: choice(['final', 'best']),
}

export interface EventsOptions extends OptionsOf<typeof eventsOptions> {}
