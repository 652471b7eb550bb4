import { availableParallelism } from '#platform'
import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { exclusively } from '../core/exclusive.ts'
import { mismatch } from '../core/mismatch.ts'
import {
  boolean,
  choice,
  type OptionsOf,
  present,
  readOptions,
  type Undefinable,
  type ValuesOf,
} from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { backendOf, devices, gpuIfAny } from './device.ts'
import { fastOn } from './fast.ts'
import { freeInputs, freeSize, inputsAt } from './free-size.ts'
import type { TimedSession } from './race.ts'
import { rangeChecks } from './ranges.ts'
import { type Run, type Running, runner } from './runner.ts'
import type { Backend, Session, StepPlan } from './session.ts'
import { checkStep, type InputSpec } from './step-inputs.ts'
import { threadCount, threadsFor } from './threads.ts'
import { isExact, resultsOf, rootsOf, stepPlanOf, type Traced, traceStep } from './traced.ts'
import { writtenModel } from './written-models.ts'

const options = {
  /**
   * Whether one call runs K steps, with the same results as K calls. Each result, and each input that is not
   * `fixed`, then has a leading axis of size K, with one value per step. K may differ from call to call.
   * @default false
   */
  loop: boolean(false),
  /**
   * Maximum number of threads that compute one operator. Does not affect the results of most graphs.
   * In a browser, WebAssembly has several only in pages that are cross-origin isolated, and as many for all graphs
   * as for the first.
   * @default 1 to 4, the fastest for the graph: timed in the first calls of a step with fixed shapes
   */
  threads: threadCount,
  /**
   * Device to compute on. 'auto' times the first calls of a step that takes 2 ms or more on the default device and, if
   * there is a GPU, on that too, and uses the faster: results may then differ in the last digits from run to run.
   * @default 'cpu', or 'wasm' if it has no native binary for this machine
   */
  device: choice(devices),
}

export interface CompileOptions extends Undefinable<OptionsOf<typeof options>> {}

/** A compiled step: a function that takes the values of the step's inputs and returns the results. */
export interface Compiled<In extends string, Out extends string> {
  /**
   * Runs the step (with the option `loop`, K steps), and stores the values that it assigns to variables.
   *
   * @param feeds values of each input by name; with `loop`, the values for all K steps, `[K, …]`
   * @param step number of the step, which schedules depend on; with `loop`, of the first step. @default 0
   * @returns values of each result by name; with `loop`, the values of all K steps, `[K, …]`
   * @throws {ArgumentError} when values have the wrong type or length, an index or label is out of range, or
   *   the step assigns to variables and another call of it is running. Calls of a step that assigns nothing
   *   wait for each other, and for steps and evaluations that change its variables; the arrays in `feeds` must
   *   not change meanwhile.
   * @throws {DeviceError} when the device cannot run the step, for instance for want of memory.
   * @throws {EvenstepError} when a variable that must be finite would not be. After an error, no variable has
   *   changed.
   */
  (feeds: Readonly<Record<In, Data>>, step?: number): Promise<Record<Out, Data>>
  /** Graph of the step, with its inputs and outputs. */
  readonly traced: Traced
  /** Returns the number of threads that timing chose, by hash of the graph; empty if there was no doubt, or is still. */
  timed(): Readonly<Record<string, number>>
  /** Runs the body again to record its graph anew, for instance to observe the calls of layers. */
  retrace(): Traced
}

/**
 * Traces `body` once and compiles it to one ONNX graph.
 *
 * Variables that `body` reads become inputs of the graph; the values it assigns to them become outputs, and are
 * stored for the next call. Later calls do not run `body`. With a free number of rows, `'N'`, `body` is traced
 * with several numbers of rows, but still compiled once.
 *
 * @throws {ArgumentError} when an option is unknown or invalid, the device is not available, or, with a free
 *   number of rows, `body` computes something else for some numbers of rows.
 *
 * @example
 * const step = await compile({ x: { shape: [64, 100] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
 * const { y } = await step({ x: new Float32Array(6400) })
 *
 * @example
 * const predict = await compile({ x: { shape: ['N', 100] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
 * const { y } = await predict({ x: new Float32Array(300) })
 */
export async function compile<In extends string, Out extends string>(
  inputs: Readonly<Record<In, InputSpec>>,
  body: (inputs: Record<In, Tensor>) => Readonly<Record<Out, Tensor>>,
  given: CompileOptions = {},
): Promise<Compiled<In, Out>> {
  const settings = readOptions('compile', options, given)
  checkStep(inputs, body)
  const free = freeInputs(inputs)
  const traceAt = (rows: number): Traced => traceStep(inputsAt(inputs, rows), body)
  const {
    traced,
    retrace,
    timed = () => ({}),
    run,
  } = await (free.size > 0 ? freelySized(traceAt, free, settings) : fixed(() => traceAt(0), settings))
  const inTurn = takingTurns(traced)

  const compiled = (feeds: Readonly<Record<In, Data>>, step = 0): Promise<Record<Out, Data>> =>
    inTurn(async () => resultsOf(traced, await run(feeds, step)) as Record<Out, Data>)
  return Object.assign(compiled, { traced, retrace, timed })
}

interface Opened {
  readonly traced: Traced
  readonly retrace: () => Traced
  readonly timed?: TimedSession['timed']
  readonly run: Run
}

type Settings = ValuesOf<typeof options>

/** Compiles a step whose inputs have fixed shapes. */
async function fixed(retrace: () => Traced, settings: Settings): Promise<Opened> {
  const traced = retrace()
  const open = (step: Traced): Promise<Opened> => opened(step, retrace, settings)
  const isLocked = [...traced.variables.values()].some(
    ({ written, variable }) => !written && variable.isWeight && !variable.trainable,
  )
  if (!isLocked) return open(traced)
  return (await import('./locked.ts')).withLockedWeights(traced, open)
}

async function opened(traced: Traced, retrace: () => Traced, settings: Settings): Promise<Opened> {
  const { loop, device } = settings
  const backend = await backendOf(device)
  const ranges = rangeChecks(traced)
  const checked = { ...traced, outputs: new Map([...traced.outputs, ...ranges.outputs]) }
  const host = await timedOn(backend, checked, settings).catch(async (error: unknown) => {
    throw await inLayers(error, retrace)
  })
  const openGpu = async (): Promise<Session | undefined> => {
    const gpu = await gpuIfAny()
    return gpu && timedOn(gpu, checked, settings).catch(() => undefined)
  }
  const session = device === 'auto' ? (await import('./choosing.ts')).choosing(host, openGpu) : host
  const explain: Running['explain'] = async (error, feeds, step) => {
    const { explainer } = await import('./explain.ts')
    return explainer({ traced, ranges, loop, retrace, open: opener(backend, traced) })(error, feeds, step)
  }
  const run = runner(traced, session, { ranges, loop, explain })
  return { traced, retrace, timed: session.timed, run }
}

/** Compiles a step for a device, by the operators that are the fastest there. */
async function timedOn(backend: Backend, step: Traced, { loop, threads }: Settings): Promise<TimedSession> {
  const { fast, unblocked } = await fastOn(backend, step, loop)
  const candidates = threads ? [threads] : threadsOn(backend, unblocked())
  const [open, plan] = [opener(backend, step), stepPlanOf(fast, loop)]
  const model = writtenModel(fast, loop && backend.loops)
  const [one, several] = candidates
  if (several === undefined) return { ...(await open(model, one!, plan)), timed: () => ({}) }
  const { racing } = await import('./race.ts') // only where there is a choice
  return racing(model, [one!, several], (bytes, count) => open(bytes, count, plan))
}

/** Returns a device's error with the layer whose operator failed. The code is loaded by the first error. */
const inLayers = async (error: unknown, retrace: () => Traced): Promise<unknown> =>
  (await import('./explain.ts')).inLayers(error, retrace)

/** Compiles a step in which the inputs named in `free` may have a different number of rows in each call. */
async function freelySized(
  traceAt: (rows: number) => Traced,
  free: ReadonlySet<string>,
  { loop, threads, device }: Settings,
): Promise<Opened> {
  if (loop) {
    throw mismatch('compile', 'fixed shapes for a loop', freeSize, 'leave out loop')
  }
  const { freeStep, withRowsOf } = await import('./free-batch.ts')
  const { traced, ranges, retrace, model } = freeStep(free, traceAt)
  const backend = await backendOf(device)
  const session = await opener(backend, traced)(
    model,
    threads ?? Math.max(...threadsOn(backend, traced)),
    stepPlanOf(traced, loop),
  ).catch(async (error: unknown) => {
    throw await inLayers(error, retrace)
  })
  const explain: Running['explain'] = (error) => inLayers(error, retrace)
  const run: Run = (feeds, step) => {
    const once = runner(withRowsOf(traced, free, feeds), session, { ranges, loop, explain })
    return once(feeds, step)
  }
  return { traced, retrace, run }
}

/** Returns the numbers of threads that may be the fastest for a step. */
function threadsOn({ threads }: Backend, fast: Traced): readonly number[] {
  if (threads === 'one') return [1]
  const candidates = threadsFor(rootsOf(fast), availableParallelism())
  return threads === 'each' ? candidates : [Math.max(...candidates)]
}

/** Returns a function that compiles models of a step for a device. @param threads number of threads. @default 1 */
const opener =
  (backend: Backend, traced: Traced) =>
  (model: Uint8Array, threads: number = 1, plan?: StepPlan): Promise<Session> =>
    backend.open(model, present({ threads, exact: isExact(traced), plan }))

/**
 * Returns a function through which all calls of a step run, so that they never overlap. Calls of a step that
 * assigns nothing wait for each other, like requests to a server; for a step that assigns, a second call is an
 * error, since the order of calls would matter. Calls of either kind also wait for other calls that use the
 * step's variables.
 */
function takingTurns({ variables }: Traced): <T>(call: () => Promise<T>) => Promise<T> {
  const all = [...variables.values()].map(({ variable }) => variable)
  const changes = [...variables.values()].some(({ written }) => written)
  let running = 0
  let last: Promise<unknown> = Promise.resolve()
  return async (call) => {
    if (changes && running > 0) {
      throw new ArgumentError('step: wanted one call at a time, got a second one; await the first')
    }
    running++
    try {
      return await exclusively(all, () => after(call), { changes, isLeaf: true })
    } finally {
      running--
    }
  }

  /** Runs a call once all earlier calls of this compiled step have ended, whether or not it uses variables. */
  function after<T>(call: () => Promise<T>): Promise<T> {
    const own = last.then(call)
    last = own.catch(() => {})
    return own
  }
}
