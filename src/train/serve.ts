import { type AbortSignalLike, orAborted } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { inputsOf, type NumberInput } from '../data/arrays.ts'
import { modelOutput } from '../nn/module.ts'
import { type Compiled, compile } from '../runtime/compile.ts'
import type { TrainEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import type { Progress } from './progress.ts'
import type { RunFolder } from './run-folder.ts'
import { writeSafetensors } from './safetensors.ts'
import type { Task } from './task.ts'
import { run, taskOf } from './train.ts'
import { type Ask, type Begin, copied, onMessage, post, type WorkerLike } from './worker-messages.ts'

/**
 * A function that makes an experiment of the settings that the page sent. Its parameter needs a type.
 *
 * @param signal aborted when the run is stopped, for what takes long, such as a download
 */
export type MakeExperiment = (settings: never, signal: AbortSignalLike) => Experiment | Promise<Experiment>

/**
 * Lets a page train in this worker: answers `train.inWorker` with the experiments of a table, by name.
 *
 * Call it once, at the top of the worker's module. Each run is made anew from its settings, and is kept for predictions
 * and downloads until the page drops it or ends the worker. A run waits while the page handles an event.
 * docs/browser.md shows both sides.
 *
 * @param scope what messages come from and go to: in Node.js, `parentPort` of `node:worker_threads`.
 *   @default the worker's global scope
 * @throws {ArgumentError} when there is no experiment, or `scope` sends no messages.
 */
export function serve(experiments: Readonly<Record<string, MakeExperiment>>, scope?: WorkerLike): void {
  const makers = Object.values(Object(experiments) as object)
  if (makers.length === 0 || makers.some((make) => typeof make !== 'function'))
    throw mismatch('serve', 'functions that make experiments, by name', experiments)
  const from = scope ?? (globalThis as unknown as WorkerLike)
  if (typeof from.postMessage !== 'function') {
    const fix = 'in Node.js, pass parentPort of node:worker_threads'
    throw new ArgumentError(`serve: wanted the scope of a worker, got none; ${fix}`)
  }
  onMessage<Partial<Begin> | undefined>(from, (message) => {
    if (message?.evenstep === 'run') answer(experiments, message as Begin)
  })
}

/** Answers what a page asks of a run, one after another; a stop takes effect at once, and ends the events. */
function answer(experiments: Readonly<Record<string, MakeExperiment>>, begin: Begin): void {
  const { port } = begin
  const stop = new AbortController()
  const opening = opened(experiments, begin, stop.signal)
  opening.catch(() => {}) // each answer reports it
  let last: Promise<void> = Promise.resolve()
  onMessage<Ask>(port, (ask) => {
    if (ask.what === 'stop') stop.abort()
    last = last.then(async () => {
      try {
        const [value, buffers] = await (await opening).answer(ask)
        post(port, { id: ask.id, value }, buffers)
      } catch (error) {
        const isStop =
          ['next', 'stop'].includes(ask.what) && stop.signal.aborted && error === stop.signal.reason
        post(port, isStop ? { id: ask.id, value: undefined } : { id: ask.id, failed: copied(error) })
      }
    })
  })
}

/** The value of an answer, and the buffers in it that are handed over rather than copied. */
type Answer = readonly [value: unknown, buffers?: readonly unknown[]]

interface Opened {
  answer(ask: Ask): Promise<Answer>
}

async function opened(
  experiments: Readonly<Record<string, MakeExperiment>>,
  begin: Begin,
  signal: AbortSignal,
): Promise<Opened> {
  const { experiment: name = onlyName(experiments) } = begin
  if (!Object.hasOwn(experiments, name))
    throw unknownName('inWorker', Object.keys(experiments), name, 'experiment as ')
  let made = await madeOf(experiments[name]!, begin.settings, signal)
  let events = await begun(made, begin, signal)
  let last: TrainEvent | undefined
  let isOver = false
  const answers: Record<Ask['what'], (x: unknown) => Promise<Answer>> = {
    next: async () => {
      const { value, done } = await events.events.next()
      isOver = done === true
      last = value ?? last
      return [value]
    },
    stop: async () => [await events.close()],
    change: async (settings) => {
      checkChange(begin, isOver || signal.aborted)
      const next = await madeOf(experiments[name]!, settings, signal)
      const { adopt } = await import('./adopt.ts') // only where it is needed
      adopt(next.task, made.task)
      await events.close()
      made = next
      events = await begun(made, begin, signal, last?.progress)
      return [undefined]
    },
    predict: async (x) => [await made.forward(x as NumberInput)],
    weights: () => bytesOf(made.task, () => writeSafetensors(made.task.variables)),
    onnx: async () => {
      const { describedOnnx } = await import('./described-onnx.ts') // only where it is needed
      return bytesOf(made.task, () => describedOnnx(made.experiment, made.task))
    },
  }
  return { answer: ({ what, x }) => answers[what](x) }
}

/** An experiment that was made of settings, its task, and what computes its model's output. */
interface Made {
  readonly experiment: Experiment
  readonly task: Task
  forward(x: NumberInput): Promise<Data[]>
}

async function madeOf(make: MakeExperiment, settings: unknown, signal: AbortSignal): Promise<Made> {
  const experiment = await orAborted(signal, (async () => make(settings as never, signal))())
  const task = taskOf(experiment)
  return { experiment, task, forward: forwardOf(experiment, task) }
}

/** @throws {ArgumentError} when a run is kept, whose files describe one experiment, or has ended. */
function checkChange({ folder }: Begin, isOver: boolean): void {
  if (folder !== undefined)
    throw new ArgumentError(`change: wanted a run that is not kept, got one in the folder ${folder}`)
  if (isOver)
    throw new ArgumentError('change: wanted a run that trains, got one that has ended; start another')
}

/** The events of a run, and what ends it. */
interface Events {
  readonly events: AsyncGenerator<TrainEvent>
  close(): Promise<void>
}

/** Begins a run, which is kept in a folder if the page asks for it, or resumes one that is not kept. */
async function begun(
  { experiment, task }: Made,
  { folder, resume, test }: Begin,
  signal: AbortSignal,
  progress?: Progress,
): Promise<Events> {
  if (folder === undefined) {
    const events = run(experiment, { task, signal, test, ...(progress && { progress }) })
    return { events, close: async () => void (await events.return(undefined)) }
  }
  const { RunFolder } = await import('./run-folder.ts') // only where it is needed: pages should load fast
  const kept = await RunFolder.open(folder, experiment, { task, resume })
  return keptEvents(kept, kept.events({ signal, ...(test && { test: 'final' }) }), signal)
}

/** Returns the events of a run that is kept. A run that is stopped writes a checkpoint. */
function keptEvents(kept: RunFolder, events: AsyncGenerator<TrainEvent>, signal: AbortSignal): Events {
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    try {
      await events.return(undefined)
      if (signal.aborted && !kept.finished) await kept.save()
    } finally {
      kept.close()
    }
  }
  return { events: closing(events, close), close }
}

async function* closing(
  events: AsyncGenerator<TrainEvent>,
  close: () => Promise<void>,
): AsyncGenerator<TrainEvent> {
  try {
    yield* events
  } finally {
    await close()
  }
}

function onlyName(experiments: object): string {
  const [name, ...others] = Object.keys(experiments)
  if (others.length === 0) return name!
  const names = [name, ...others].join(', ')
  throw new ArgumentError(`inWorker: wanted the option experiment, one of ${names}, got undefined`)
}

/** Returns what `make` writes while the model has its weights for evaluation. */
async function bytesOf(task: Task, make: () => Uint8Array): Promise<Answer> {
  const bytes = await task.atEvaluation(async () => make())
  return [bytes, [bytes.buffer]]
}

/** Returns a function that computes the model's output for each of any number of examples. */
function forwardOf({ data, dtype, device }: Experiment, task: Task): (x: NumberInput) => Promise<Data[]> {
  const { x } = data.train
  const spec = { shape: ['N', ...x.shape] as const, dtype: isFloat(x.dtype) ? dtype : x.dtype }
  let compiled: Promise<Compiled<'x', 'y'>> | undefined
  return async (given) => {
    if ('tensors' in x && x.tensors)
      throw new ArgumentError('predict: wanted a model of one input, got one of several; use the ONNX file')
    compiled ??= compile({ x: spec }, (fed) => ({ y: modelOutput(task.model, fed.x, 'eval') as never }), {
      device,
    })
    const step = await compiled
    const rows = inputsOf(given, 'predict', spec.dtype === 'float64').data
    const length = rows.length / x.shape.reduce((a, b) => a * b, 1)
    const { y } = await task.atEvaluation(() => step({ x: rows }))
    const width = y.length / length
    return Array.from({ length }, (_, i) => y.slice(i * width, (i + 1) * width))
  }
}
