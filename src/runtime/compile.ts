import { availableParallelism } from 'node:os'
import type { Data, DType } from '../core/dtype.ts'
import { allFinite, allocate, holds } from '../core/dtype.ts'
import { ArgumentError, EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { type Trace, trace, type Variable } from '../core/variable.ts'
import { names, toOnnx, toOnnxLoop } from '../onnx/model.ts'
import { backendOf, type Device } from './device.ts'
import type { Session, Value } from './session.ts'
import { threadsFor } from './threads.ts'

/** The shape and element type of what a step is given; float32 unless told. */
export interface InputSpec {
  readonly shape: Shape
  readonly dtype?: DType
}

export interface CompileOptions {
  /**
   * Make one call run K steps, in one ONNX `Loop`: each input and result gets a leading axis of K, and K may
   * differ from call to call. K steps give the numbers of K calls of one step.
   */
  readonly loop?: boolean
  /** How many threads one operator may use; by default, chosen from the work in the graph. */
  readonly threads?: number | undefined
  /** Where to compute; the CPU unless given, natively where there is a binary. */
  readonly device?: Device | undefined
}

/** A step that was traced and compiled: call it with numbers. */
export interface Compiled<In extends string, Out extends string> {
  /**
   * Run the step, K times with `loop`, and keep what it assigned to variables.
   *
   * @param feeds the numbers of each input, `[K, …shape]` with `loop`
   * @param step the number of the first step, for schedules; counted from 0
   * @returns the numbers of each result, `[K, …]` with `loop`
   * @throws {ArgumentError} when the numbers do not fit, or a call is still running. Nothing has changed then.
   * @throws {EvenstepError} when a variable that must stay finite would not. Nothing has changed then.
   */
  (feeds: Readonly<Record<In, Data>>, step?: number): Promise<Record<Out, Data>>
  /** What the step reads, assigns and returns, for whoever wants to look at its graph. */
  readonly traced: Traced
  /** Trace the step once more, for whoever wants to watch. */
  retrace(): Traced
}

/** A traced step with a name for everything that goes in and comes out. */
export interface Traced {
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly variables: ReadonlyMap<string, Stored>
  readonly scheduled: ReadonlyMap<string, Scheduled>
  readonly outputs: ReadonlyMap<string, Tensor>
}

interface Stored {
  readonly variable: Variable
  readonly read: Tensor
  /** What the step assigned to it, if anything. */
  readonly written: Tensor | undefined
}

interface Scheduled {
  readonly value: (step: number) => number
  readonly read: Tensor
}

/**
 * Trace `body` once and compile it to one ONNX graph.
 *
 * Variables that `body` reads become inputs of the graph, and those it assigns become outputs, whose numbers are
 * kept for the next call. The returned function feeds, runs and keeps; it never traces again.
 *
 * @example
 * const step = await compile({ x: { shape: [64, 100] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
 * const { y } = await step({ x: new Float32Array(6400) })
 */
export async function compile<In extends string, Out extends string>(
  inputs: Readonly<Record<In, InputSpec>>,
  body: (inputs: Record<In, Tensor>) => Readonly<Record<Out, Tensor>>,
  { loop = false, threads, device }: CompileOptions = {},
): Promise<Compiled<In, Out>> {
  const given = mapValues(inputs, ({ shape, dtype }) => input(shape, dtype))
  const retrace = (): Traced =>
    nameAll(
      given,
      trace(() => body(given)),
    )
  const traced = retrace()
  const backend = await backendOf(device)
  const looped = loop && backend.loops
  const session = await backend.open(looped ? loopModel(traced) : stepModel(traced), {
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
      const results = [...traced.outputs.keys()].map((key) => [
        key.slice(resultPrefix.length),
        values.get(key)!,
      ])
      return Object.fromEntries(results) as Record<Out, Data>
    } finally {
      running = false
    }
  }
  return Object.assign(compiled, { traced, retrace })
}

/** Keeps the name of a result apart from that of an input. */
const resultPrefix = 'result:'

function nameAll(
  inputs: Readonly<Record<string, Tensor>>,
  { reads, writes, scheduled, result }: Trace & { readonly result: Readonly<Record<string, Tensor>> },
): Traced {
  const touched = [...new Set([...reads.keys(), ...writes.keys()])]
  const stored = touched.map((variable, i): [string, Stored] => [
    `${nameOf(variable)}#${i}`, // the number keeps names apart that two models share
    {
      variable,
      read: reads.get(variable) ?? input(variable.shape, variable.dtype),
      written: writes.get(variable),
    },
  ])
  return {
    inputs: new Map(Object.entries(inputs)),
    variables: new Map(stored),
    scheduled: new Map([...scheduled].map(([read, value], i) => [`schedule#${i}`, { read, value }])),
    outputs: new Map(Object.entries(result).map(([name, t]) => [resultPrefix + name, t])),
  }
}

/** Everything a traced step computes. */
export const rootsOf = ({ outputs, variables }: Traced): Tensor[] => [
  ...outputs.values(),
  ...[...variables.values()].flatMap(({ written }) => (written ? [written] : [])),
]

/** Whether a step computes in float64. */
export const isExact = (traced: Traced): boolean => rootsOf(traced).some((t) => t.dtype === 'float64')

const reads = (items: ReadonlyMap<string, { readonly read: Tensor }>): [string, Tensor][] =>
  [...items].map(([name, { read }]) => [name, read])

function stepModel({ inputs, variables, scheduled, outputs }: Traced): Uint8Array {
  const written = [...variables].flatMap(([name, v]): [string, Tensor][] =>
    v.written ? [[names.next(name), v.written]] : [],
  )
  return toOnnx(
    new Map([...inputs, ...reads(variables), ...reads(scheduled)]),
    new Map([...outputs, ...written]),
  )
}

function loopModel({ inputs, variables, scheduled, outputs }: Traced): Uint8Array {
  return toOnnxLoop({
    stacked: new Map([...inputs, ...reads(scheduled)]),
    fixed: new Map(reads(variables).filter(([name]) => !variables.get(name)!.written)),
    carried: new Map(
      [...variables].flatMap(([name, { read, written }]) => (written ? [[name, { read, written }]] : [])),
    ),
    outputs,
  })
}

type Run = (feeds: Readonly<Record<string, Data>>, step: number) => Promise<ReadonlyMap<string, Data>>

/** Feeds, runs and keeps: variables change only after a run that succeeded. */
function runner(traced: Traced, session: Session, loop: boolean): Run {
  return async (feeds, step) => {
    const values = await session.run(feedsOf(traced, feeds, step, loop))
    const stored = [...traced.variables].flatMap(([name, { variable, written }]): [Variable, Data][] =>
      written ? [[variable, values.get(names.next(name))!]] : [],
    )
    for (const [variable, data] of stored) if (variable.finite) checkFinite(variable, data)
    for (const [variable, data] of stored) variable.data = data
    return values
  }
}

/** K runs of one step, for a backend that has no loop. A failure on the way puts every variable back. */
function oneByOne(traced: Traced, once: Run): Run {
  return async (feeds, step) => {
    const count = countOf(traced.inputs, feeds)
    const before = [...traced.variables.values()].map(({ variable }) => [variable, variable.data] as const)
    const part = (data: Data, k: number): Data =>
      data.slice((k * data.length) / count, ((k + 1) * data.length) / count)
    const results: ReadonlyMap<string, Data>[] = []
    try {
      for (let k = 0; k < count; k++)
        results.push(
          await once(
            mapValues(feeds, (data) => part(data, k)),
            step + k,
          ),
        )
    } catch (error) {
      for (const [variable, data] of before) variable.data = data
      throw error
    }
    return new Map(
      [...traced.outputs].map(([name, { dtype }]) => [
        name,
        stacked(
          dtype,
          results.map((r) => r.get(name)!),
        ),
      ]),
    )
  }
}

function stacked(dtype: DType, parts: readonly Data[]): Data {
  const all = allocate(
    dtype,
    parts.reduce((n, part) => n + part.length, 0),
  )
  let at = 0
  for (const part of parts) {
    all.set(part as never, at)
    at += part.length
  }
  return all
}

function checkFinite(variable: Variable, data: Data): void {
  if (allFinite(data)) return
  throw new EvenstepError(
    `${nameOf(variable)}: wanted finite numbers after the run, got NaN or infinity; nothing was changed`,
  )
}

/** Every value a run needs: the caller's numbers, the variables' and the schedules'. */
export function feedsOf(
  { inputs, variables, scheduled }: Traced,
  feeds: Readonly<Record<string, Data>>,
  step: number,
  loop: boolean,
): Map<string, Value> {
  const count = loop ? countOf(inputs, feeds) : 1
  const stack = (shape: Shape): Shape => (loop ? [count, ...shape] : shape)
  const values = new Map<string, Value>()
  if (loop) values.set(names.count, { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) })
  for (const [name, { dtype, shape }] of inputs) {
    const data = feeds[name]
    if (!holds(dtype, data) || data!.length !== count * sizeOf(shape)) {
      const size = `${count * sizeOf(shape)} numbers of ${dtype}`
      const got = data ? `${data.length} in ${data.constructor.name}` : String(data)
      throw new ArgumentError(`step: wanted ${name} as ${size} for ${show(stack(shape))}, got ${got}`)
    }
    values.set(name, { dtype, shape: stack(shape), data: data! })
  }
  for (const [name, { variable }] of variables) {
    values.set(name, { dtype: variable.dtype, shape: variable.shape, data: variable.data })
  }
  for (const [name, { value, read }] of scheduled) {
    const data = allocate(read.dtype, count)
    for (let k = 0; k < count; k++) data[k] = value(step + k)
    values.set(name, { dtype: read.dtype, shape: stack([]), data })
  }
  return values
}

/** K, from the first input that holds anything. */
function countOf(inputs: ReadonlyMap<string, Tensor>, feeds: Readonly<Record<string, Data>>): number {
  const first = [...inputs].find(([, { shape }]) => sizeOf(shape) > 0)
  if (!first) return 1
  const [name, { shape }] = first
  return Math.max(1, Math.round((feeds[name]?.length ?? 0) / sizeOf(shape)))
}

const mapValues = <K extends string, T, U>(
  record: Readonly<Record<K, T>>,
  f: (value: T) => U,
): Record<K, U> =>
  Object.fromEntries(Object.entries<T>(record).map(([key, value]) => [key, f(value)])) as Record<K, U>
