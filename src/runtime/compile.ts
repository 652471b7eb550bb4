import { availableParallelism } from 'node:os'
import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { boolean, choice, integer, type OptionsOf, readOptions, type Undefinable } from '../core/options.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { blockConvolutions } from './blocked.ts'
import { backendOf, devices } from './device.ts'
import { oneByOne, runner } from './runner.ts'
import { threadsFor } from './threads.ts'
import {
  type InputSpec,
  isExact,
  loopModel,
  resultName,
  resultsOf,
  rootsOf,
  stepModel,
  type Traced,
  traceStep,
} from './traced.ts'

const options = {
  /**
   * Whether one call runs K steps, in one ONNX `Loop`: each result, and each input that is not `fixed`, gets a
   * leading axis of K, which may differ from call to call. K steps give the numbers of K calls of one step.
   * @default false
   */
  loop: boolean(false),
  /** Most threads that one operator may use. @default by the work in the graph */
  threads: integer({ min: 1 }),
  /** Where to compute. @default the CPU, natively if there is a binary */
  device: choice(devices),
}

export interface CompileOptions extends Undefinable<OptionsOf<typeof options>> {}

/** A step that was traced and compiled: call it with numbers. */
export interface Compiled<In extends string, Out extends string> {
  /**
   * Runs the step, K times with `loop`, and stores the values assigned to variables.
   *
   * @param feeds the numbers of each input, `[K, …shape]` with `loop`
   * @param step number of the first step, for schedules. @default 0
   * @returns the numbers of each result, `[K, …]` with `loop`
   * @throws {ArgumentError} when the numbers do not fit, or a call is still running; then nothing has changed.
   * @throws {EvenstepError} when a variable that must stay finite would not; then nothing has changed.
   */
  (feeds: Readonly<Record<In, Data>>, step?: number): Promise<Record<Out, Data>>
  /** What the step reads, assigns and returns, to inspect its graph. */
  readonly traced: Traced
  /** Traces the step once more, so that it can be observed. */
  retrace(): Traced
}

/**
 * Traces `body` once and compiles it to one ONNX graph.
 *
 * Variables that `body` reads become inputs of the graph; those it assigns become outputs, stored for the next
 * call. The returned function feeds, runs and stores; it never traces again.
 *
 * @throws {ArgumentError} when an option is unknown or wrong, or the device is missing.
 *
 * @example
 * const step = await compile({ x: { shape: [64, 100] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
 * const { y } = await step({ x: new Float32Array(6400) })
 */
export async function compile<In extends string, Out extends string>(
  inputs: Readonly<Record<In, InputSpec>>,
  body: (inputs: Record<In, Tensor>) => Readonly<Record<Out, Tensor>>,
  given: CompileOptions = {},
): Promise<Compiled<In, Out>> {
  const { loop, threads, device } = readOptions('compile', options, given)
  const retrace = (): Traced => traceStep(inputs, body)
  const traced = retrace()
  const backend = await backendOf(device)
  const looped = loop && backend.loops
  const convolves = topological(rootsOf(traced)).some((t) => t.op === 'Conv')
  const lowered = lower(traced, convolves ? await backend.blockSize() : 1)
  const session = await backend.open(looped ? loopModel(lowered) : stepModel(lowered), {
    threads: threads ?? threadsFor(rootsOf(traced), availableParallelism()),
    exact: isExact(traced),
  })
  const once = runner(traced, session, looped)
  const run = loop && !looped ? oneByOne(traced, once) : once
  let running = false

  const compiled = async (feeds: Readonly<Record<In, Data>>, step = 0): Promise<Record<Out, Data>> => {
    if (running) throw new ArgumentError('step: wanted one call at a time, got a second one; await the first')
    running = true
    try {
      const values = await run(feeds, step)
      const results = resultsOf(traced).map((name) => [name, values.get(resultName(name))!])
      return Object.fromEntries(results) as Record<Out, Data>
    } finally {
      running = false
    }
  }
  return Object.assign(compiled, { traced, retrace })
}

/** The same step, in operators that are fast on the backend. */
function lower(traced: Traced, block: number): Traced {
  const roots = rootsOf(traced)
  const fast = new Map(blockConvolutions(roots, block).map((t, i) => [roots[i]!, t]))
  return {
    ...traced,
    outputs: new Map([...traced.outputs].map(([name, t]) => [name, fast.get(t)!])),
    variables: new Map(
      [...traced.variables].map(([name, v]) => [name, { ...v, written: v.written && fast.get(v.written)! }]),
    ),
  }
}
