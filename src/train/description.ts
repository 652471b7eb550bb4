import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { valueFingerprint } from '../data/fingerprint.ts'
import type { Sampler } from '../data/sampler.ts'
import { isStream, type Source } from '../data/stream.ts'
import type { Experiment } from './experiment.ts'
import type { Task } from './task.ts'

/**
 * An experiment as plain data: everything that decides its numbers, as far as JSON can say it. `graph` stands for what
 * it cannot say, such as an activation or a loss of one's own: what a training step computes.
 *
 * @throws {ShapeError} when model, data and loss do not fit together.
 */
export function describe(experiment: Experiment, task: Task): Record<string, unknown> {
  const { data, transform, sampler, model, loss, optimizer, control, metrics, log, ...rest } = experiment
  return {
    ...rest,
    data: { train: shapeOf(data.train), validation: shapeOf(data.validation) },
    ...(sampler && { sampler: samplerOf(sampler, experiment) }),
    transform: transform.map(({ name }) => name),
    model: Object.fromEntries([...task.variables].map(([name, { shape }]) => [name, shape])),
    loss: loss.name,
    control: control.map(({ spec }) => spec),
    ...(Object.keys(log).length > 0 && { log }),
    ...(Object.keys(metrics).length > 0 && {
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, { spec }]) => [name, spec])),
    }),
    optimizer: JSON.parse(
      JSON.stringify(optimizer.spec, (_, v) => (typeof v === 'function' ? (v.spec ?? String(v)) : v)),
    ),
    graph: task.graphFingerprint(experiment.batchSize), // last, so that what has a name is told first
  }
}

/** How long a stream is shows when it ends. */
const shapeOf = (source: Source): object => ({
  ...(!isStream(source) && { length: source.length }),
  x: source.x.shape,
  classes: source.classes,
})

/** A sampler by what it does first. */
const samplerOf = ({ count, order }: Sampler, { data, seed }: Experiment): object => ({
  count,
  ...(!isStream(data.train) && { order: valueFingerprint(Array.from(order(data.train, seed, 0))) }),
})

/**
 * A resumed run is of the same experiment; it may have more epochs, and newer versions. Another version of Evenstep may
 * make another graph of one model.
 */
export function checkSame(path: string, description: Readonly<Record<string, unknown>>): void {
  const before = readDescription(path)
  const sameVersion = evenstepOf(before) === evenstepOf(description)
  for (const [key, value] of Object.entries(description)) {
    if (key === 'epochs' || key === 'versions' || key === 'origin') continue
    if (key === 'graph' && !sameVersion) continue
    const [now, then] = [JSON.stringify(value), JSON.stringify(before[key])]
    if (now !== then && key === 'graph') {
      throw new ArgumentError(
        `${path}: wanted the experiment of this run, got ${otherGraph}; change it back, or begin another run`,
      )
    }
    if (now !== then) {
      throw new ArgumentError(
        `${path}: wanted the experiment of this run, got ${key} ${now} where it was ${then}`,
      )
    }
  }
}

const evenstepOf = ({ versions }: Readonly<Record<string, unknown>>): unknown => Object(versions).evenstep

/** What it means that two graphs differ, though all that has a name is the same. */
export const otherGraph = 'a model or a loss that computes something else'

/** What `run.json` in a run's folder says. @throws {FormatError} when it is no JSON object. */
export function readDescription(path: string): Record<string, unknown> {
  const file = join(path, 'run.json')
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    json = undefined
  }
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>
  throw new FormatError(`${file}: wanted JSON, got something else; the file is damaged`)
}
