import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { valueFingerprint } from '../data/fingerprint.ts'
import type { Sampler } from '../data/sampler.ts'
import { isStream, type Source } from '../data/stream.ts'
import type { Experiment } from './experiment.ts'
import type { Task } from './task.ts'

/**
 * Returns everything that determines an experiment's results, as plain JSON. Its field `graph`, a hash of the
 * training graph, covers what JSON cannot express, such as a custom activation or loss.
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
    // Last, so that `checkSame` reports a difference in a named option first.
    graph: task.graphFingerprint(experiment.batchSize),
  }
}

/** Describes a data set or a stream: shape of an example, number of classes and, for a data set, its length. */
const shapeOf = (source: Source): object => ({
  ...(!isStream(source) && { length: source.length }),
  x: source.x.shape,
  ...(source.y.shape.length === 0 && { classes: source.classes }), // not of one-hot targets, which had none
})

/** Describes a sampler by its number of examples per epoch and a hash of their order in the first epoch. */
const samplerOf = ({ count, order }: Sampler, { data, seed }: Experiment): object => ({
  count,
  ...(!isStream(data.train) && { order: valueFingerprint(Array.from(order(data.train, seed, 0))) }),
})

/**
 * Checks that the run in the folder `path` has the given description. `epochs`, `versions` and `origin` may
 * differ, and `graph` too if another version of Evenstep began the run.
 *
 * @throws {ArgumentError} naming the first difference.
 */
export function checkSame(path: string, description: Readonly<Record<string, unknown>>): void {
  const before = readDescription(path)
  const sameVersion = evenstepOf(before) === evenstepOf(description)
  for (const [key, value] of Object.entries(description)) {
    if (key === 'epochs' || key === 'versions' || key === 'origin') continue
    if (key === 'graph' && !sameVersion) continue
    const [now, then] = [JSON.stringify(value), JSON.stringify(before[key])]
    if (now === then) continue
    const got =
      key === 'graph'
        ? `${otherGraph}; change it back, or begin another run`
        : `${key} ${now} where it was ${then}`
    throw new ArgumentError(`${path}: wanted the experiment of this run, got ${got}`)
  }
}

const evenstepOf = ({ versions }: Readonly<Record<string, unknown>>): unknown => Object(versions).evenstep

/** Text for error messages: how two experiments differ when only their training graphs differ. */
export const otherGraph = 'a model or a loss that computes something else'

/** Reads a run's description, `run.json`, in its folder. @throws {FormatError} when it is not a JSON object. */
export function readDescription(path: string): Record<string, unknown> {
  const file = join(path, 'run.json')
  const json = existsSync(file) ? jsonIn(readFileSync(file, 'utf8')) : undefined
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>
  throw new FormatError(`${file}: wanted JSON, got something else; the file is damaged`)
}
