import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Experiment } from './experiment.ts'
import type { Task } from './task.ts'
import type { TrainEvent } from './train.ts'

/**
 * A run on disk: `run.json` says what was asked for and of which versions, `events.jsonl` what happened, a JSON
 * object a line, each optimizer step on a line of its own.
 */
export class RunFolder {
  readonly path: string
  readonly #events: number

  /** Make the folder. An existing one is written anew. */
  constructor(path: string, description: object) {
    this.path = path
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'run.json'), `${JSON.stringify(description, null, 2)}\n`)
    this.#events = openSync(join(path, 'events.jsonl'), 'w')
  }

  write(event: TrainEvent): void {
    writeSync(this.#events, toLines(event))
  }

  close(): void {
    closeSync(this.#events)
  }
}

/** An event as JSON lines. A `steps` event becomes a `step` line for each step. */
export function toLines(event: TrainEvent): string {
  if (event.type !== 'steps') return `${JSON.stringify(event)}\n`
  const { epoch, step, losses, lrs } = event
  return Array.from(
    losses,
    (loss, k) => `${JSON.stringify({ type: 'step', epoch, step: step + k, loss, lr: lrs[k] })}\n`,
  ).join('')
}

/** An experiment as plain data: everything that decides its numbers, as far as JSON can say it. */
export function describe(experiment: Experiment, task: Task): object {
  const { data, model, loss, optimizer, control, ...rest } = experiment
  const shape = ({ length, x, classes }: Experiment['data']['train']): object => ({
    length,
    x: x.shape,
    classes,
  })
  return {
    ...rest,
    data: { train: shape(data.train), validation: shape(data.validation) },
    model: Object.fromEntries([...task.variables].map(([name, { shape }]) => [name, shape])),
    loss: loss.name,
    control: control.map(({ spec }) => spec),
    optimizer: JSON.parse(
      JSON.stringify(optimizer.spec, (_, v) => (typeof v === 'function' ? (v.spec ?? String(v)) : v)),
    ),
  }
}
