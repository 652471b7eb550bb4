import { join } from '#files'
import { ArgumentError, DamagedError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { present } from '../core/options.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { valueFingerprint } from '../data/fingerprint.ts'
import type { Sampler } from '../data/sampler.ts'
import { isStream, type Source } from '../data/stream.ts'
import type { Transform } from '../data/transform.ts'
import { readInside } from '../disk/inside.ts'
import { isRelative, overRun } from '../optim/over-run.ts'
import { ownFunction, ownRules, transformsFingerprint } from './effects.ts'
import { checkExperiment, type Experiment, optionNames } from './experiment.ts'
import { graphFingerprints } from './graph-fingerprints.ts'
import { optimizerOf, scheduleStepsOf } from './run-optimizer.ts'
import type { Task } from './task.ts'
import { checkTask } from './task-options.ts'
import { lossSpec } from './total-loss.ts'
import { startedFrom } from './weights/started-from.ts'

type Description = Readonly<Record<string, unknown>>

/**
 * Returns everything that determines an experiment's results, as plain JSON. Some fields cover what JSON cannot
 * express, such as a custom activation, loss or transform: `graph` and `evaluation` are hashes of what a training
 * step and the model in evaluation mode compute, `transformed` is a hash of some training examples after the
 * transforms, `scheduled` has hashes of the values of the layers' schedules, and `own` of the user's own controllers
 * and metrics.
 *
 * @throws {ShapeError} when model, data and loss do not fit together.
 */
export function describe(experiment: Experiment, task: Task): Record<string, unknown> {
  checkExperiment('describe', experiment)
  checkTask('describe', task)
  const { data, transform, sampler, model, loss, optimizer, control, metrics, log, ...rest } = experiment
  const { graph, scheduled, evaluation } = graphFingerprints(task, experiment.batchSize)
  const description = present({
    ...rest,
    data: {
      train: shapeOf(data.train),
      validation: shapeOf(data.validation),
      ...(data.test && { test: shapeOf(data.test) }),
    },
    ...(sampler && { sampler: samplerOf(sampler, experiment) }),
    transform: transform.map(transformOf),
    model: Object.fromEntries([...task.variables].map(([name, { shape }]) => [name, shape])),
    loss: lossSpec(loss),
    control: control.map(({ spec }) => spec),
    ...(Object.keys(log).length > 0 && { log }),
    ...(Object.keys(metrics).length > 0 && {
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, { spec }]) => [name, spec])),
    }),
    ...(isRelative(optimizer) && { scheduleSteps: scheduleStepsOf(experiment) }),
    optimizer: optimizerOf(experiment).spec,
    ...ranksOf(task),
    // Last, so that `checkSame` reports a difference in a named option first.
    own: ownRules(experiment),
    transformed: transformsFingerprint(experiment),
    scheduled: Object.keys(scheduled).length > 0 ? scheduled : undefined,
    graph,
    evaluation,
    ...startedFrom(experiment),
  })
  return { ...plain(description) }
}

/** Describes a function: a schedule by its spec, another function by its source text and values at some steps. */
const functionOf = (value: ((step: number) => unknown) & { readonly spec?: unknown }): unknown =>
  value.spec ?? ownFunction(value)

/** Describes a transform by its options or, if it declares none, by its source text. */
const transformOf = ({ name, options, apply }: Transform): object =>
  options === undefined ? { name, source: String(apply) } : { name, options }

/** Converts a description to plain JSON. */
const plain = (value: object): Description =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'function' ? functionOf(v) : v)))

/**
 * Describes a data set or a stream by shape of an example, number of classes, whether examples have weights and, for a
 * data set, its length.
 */
const shapeOf = (source: Source): object => ({
  ...(!isStream(source) && { length: source.length }),
  x: tensorShapes(source.x),
  ...(source.weights && { weighted: true }),
  ...(source.y.tensors && { y: tensorShapes(source.y) }),
  ...(source.y.shape.length === 0 && { classes: source.classes }), // not of one-hot targets, which had none
})

/** Returns the shape of an example's `x` or `y` or, of several tensors, the shape of each by its name. */
const tensorShapes = ({ shape, tensors }: FieldSpec): object =>
  tensors ? Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, one.shape])) : shape

/** Describes a sampler by its number of examples per epoch and a hash of their order in each of two epochs. */
function samplerOf({ count, order }: Sampler, { data, seed }: Experiment): object {
  if (isStream(data.train)) return { count }
  const { train } = data
  const hash = (epoch: number): string => valueFingerprint(Array.from(order(train, seed, epoch)))
  return { count, order: hash(0), nextOrder: hash(1) }
}

/** Fields that may change when a run is resumed: they do not affect the results of steps already taken. */
const free = ['epochs', 'steps', 'name', 'checkpoints', 'versions', 'origin', 'weightFiles']

/** Fields that describe data-parallel training, absent of a run on one rank. */
const ofRanks = ['ranks', 'averageEvery', 'averageFrom'] as const

const ranksOf = ({ parallel }: Task): Description => {
  if (parallel === undefined) return {}
  const { communicator, ...local } = parallel
  return { ranks: communicator.size, ...local }
}

/** Returns those fields of a run's description that say how many ranks trained it, and how. */
export const describedRanks = (path: string): Description => {
  const before = readDescription(path)
  return present(Object.fromEntries(ofRanks.map((key) => [key, before[key]])))
}

/** Fields that are hashes, with names for messages; other versions of Evenstep may hash differently. */
const computed: Readonly<Record<string, string>> = {
  graph: 'a model or a loss that computes something else',
  evaluation: 'a model that computes something else in evaluation',
  transformed: 'transforms that do something else, or other examples',
  scheduled: 'a layer whose schedule has other values',
  own: 'a controller or a metric that does something else',
  startedFrom: 'other weights to start from',
}

/**
 * Checks that the run in the folder `path` has the given description, except for length, name and checkpoint
 * settings, `versions` and `origin`, which may differ. If another version of Evenstep began the run, hashes such as
 * `graph` may differ too.
 *
 * @throws {ArgumentError} naming the first difference.
 */
export function checkSame(path: string, description: Description): void {
  const before = readDescription(path)
  const named = optionNames.filter((name) => name !== 'model') // whose shapes follow from other options
  const keys = new Set([...named, ...ofRanks, 'startedFrom', ...Object.keys(description)])
  for (const key of keys) {
    if (free.includes(key) || (key in computed && evenstepOf(before) !== evenstepOf(description))) continue
    const difference = differenceOf(key, before, description)
    if (difference === undefined) continue
    const got = key in computed ? `${difference}; change it back, or begin another run` : difference
    throw new ArgumentError(`${path}: wanted the experiment of this run, got ${got}`)
  }
}

/**
 * Returns text for an error message that says how a field of an experiment's description changed from `before`;
 * undefined if it did not change. Fields that an older version of Evenstep did not record are ignored.
 *
 * @param name what the message calls the field
 */
export function differenceOf(
  key: string,
  before: Description,
  now: Description,
  name: string = key,
): string | undefined {
  const was = before[key]
  if (was === undefined && key in computed && !/^(graph|startedFrom)$/.test(key)) return undefined
  const [is, then] = [JSON.stringify(asRecorded(was, now[key])), JSON.stringify(was)]
  if (is === then) return undefined
  if (key in computed) return computed[key]
  return `${name} ${is ?? 'nothing'} where it was ${then ?? 'nothing'}`
}

/**
 * Returns the experiment's description in a form that can be compared with the description of the run that it
 * resumes: if `scheduleSteps` has changed, the schedules get the lengths in steps that they had in that run.
 *
 * @param isResumed whether steps will follow, so that percentages must say which length they refer to
 * @throws {ArgumentError} when the length of the run has changed, and percentages may refer to either length.
 */
export function withFormerSteps(
  path: string,
  experiment: Experiment,
  now: Description,
  isResumed: boolean = true,
): Description {
  const before = readDescription(path)
  const [was, is] = [Number(before.scheduleSteps), Number(now.scheduleSteps)]
  if (Number.isNaN(was) || Number.isNaN(is) || was === is) return now
  if (isResumed && experiment.scheduleSteps === undefined) {
    throw new ArgumentError(
      `${path}: wanted scheduleSteps, since percentages in schedules were of ${was} steps and the run now has ` +
        `${is}, got nothing; --set scheduleSteps=${was} keeps the schedules, and --set scheduleSteps=${is} ` +
        'stretches them over the run',
    )
  }
  const { scheduled = now.scheduled } = before // hashes of the values of schedules in layers
  const optimizer = plain(overRun(experiment.optimizer, was).spec)
  return { ...now, scheduleSteps: was, optimizer, ...(scheduled !== undefined && { scheduled }) }
}

/** Converts the field `now` to the form in which older versions of Evenstep recorded it, if `before` has that form. */
function asRecorded(before: unknown, now: unknown): unknown {
  if (typeof now !== 'object' || now === null) return now
  if (typeof before === 'string') {
    const { name, source } = now as Description // of a transform; of a function
    return typeof name === 'string' ? name : typeof source === 'string' ? source : now
  }
  if (Array.isArray(now)) return now.map((one, i) => asRecorded(Object(before)[i], one))
  const { nextOrder, ...rest } = now as Description
  const known = Object(before) as Description
  const added = nextOrder !== undefined && known.nextOrder === undefined ? rest : (now as Description)
  return Object.fromEntries(Object.entries(added).map(([key, value]) => [key, asRecorded(known[key], value)]))
}

/**
 * Returns the description of the run in the folder `path`, with length, name, checkpoints, origin and schedules taken
 * from `now`, the description of the experiment that resumes it.
 *
 * @throws {ArgumentError} when the run belongs to another experiment; see `checkSame`.
 */
export function resumedDescription(path: string, experiment: Experiment, now: Description): Description {
  checkSame(path, withFormerSteps(path, experiment, now))
  const before = readDescription(path)
  const { versions: _, ...kept } = now
  const stretched =
    before.scheduleSteps === now.scheduleSteps ? [] : ['scheduleSteps', 'optimizer', 'scheduled']
  const changed = [...free, ...stretched].flatMap((key) =>
    key in kept || optionNames.includes(key) ? [[key, kept[key]]] : [],
  )
  const merged: Description = { ...before, ...Object.fromEntries(changed) }
  const keys = new Set([...Object.keys(now), ...Object.keys(merged)])
  return present(Object.fromEntries([...keys].map((key) => [key, merged[key]])))
}

const evenstepOf = ({ versions }: Description): unknown => Object(versions).evenstep

/**
 * Reads `run.json`, the description of the run in the folder `path`. @throws {DamagedError} unless it is an object.
 */
export function readDescription(path: string): Record<string, unknown> {
  const file = join(path, 'run.json')
  const json = jsonIn(readInside(file) ?? '')
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>
  throw new DamagedError(`${file}: wanted JSON, got something else; the file is damaged`)
}
