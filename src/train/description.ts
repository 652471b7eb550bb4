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
 * Describes an experiment as plain data: everything that decides its numbers, as far as JSON can say it.
 * `graph`, a hash of the training step, stands for what it cannot say, such as a custom activation or loss.
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
    graph: task.graphFingerprint(experiment.batchSize), // last, so that differences with a name are reported first
  }
}

/** Shapes of a source; the length of a stream is not known. */
const shapeOf = (source: Source): object => ({
  ...(!isStream(source) && { length: source.length }),
  x: source.x.shape,
  classes: source.classes,
})

/** A sampler, identified by its first epoch. */
const samplerOf = ({ count, order }: Sampler, { data, seed }: Experiment): object => ({
  count,
  ...(!isStream(data.train) && { order: valueFingerprint(Array.from(order(data.train, seed, 0))) }),
})

/**
 * Checks that a run in a folder is of the described experiment. It may have other epochs and versions; another
 * version of Evenstep may also make another graph of one model.
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

/** Says what differs when only the graphs of two experiments do. */
export const otherGraph = 'a model or a loss that computes something else'

/** Reads `run.json` in the folder of a run. @throws {FormatError} when it is not a JSON object. */
export function readDescription(path: string): Record<string, unknown> {
  const file = join(path, 'run.json')
  const json = existsSync(file) ? jsonIn(readFileSync(file, 'utf8')) : undefined
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>
  throw new FormatError(`${file}: wanted JSON, got something else; the file is damaged`)
}
