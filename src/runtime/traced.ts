import { noTensor } from '../core/calls.ts'
import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { nameOf } from '../core/names.ts'
import type { IndexRange } from '../core/range.ts'
import type { Shape } from '../core/shape.ts'
import { input, isTensor, type Tensor } from '../core/tensor.ts'
import { type Scheduled, trace, type Variable } from '../core/variable.ts'
import { graphNames, toOnnx, toOnnxLoop } from '../onnx/model.ts'
import type { StepPlan } from './session.ts'

/** Shape and element type of an input of a step. */
export interface StepInput {
  readonly shape: Shape
  /** Element type. @default 'float32' */
  readonly dtype?: DType
  /** Whether all K steps of a loop use the same value, instead of one each from `[K, …]`. @default false */
  readonly fixed?: boolean
}

/** The graph of a step: its inputs and outputs, keyed by names that are unique among the graph's tensors. */
export interface Traced {
  readonly inputs: ReadonlyMap<string, Given>
  readonly variables: ReadonlyMap<string, Stored>
  readonly scheduled: ReadonlyMap<string, Fed>
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Permitted ranges of integers in the step, checked when the step runs. */
  readonly ranges: readonly IndexRange[]
}

interface Given {
  /** Name by which the step's caller passes this input. */
  readonly name: string
  readonly read: Tensor
  readonly fixed: boolean
}

interface Stored {
  readonly variable: Variable
  readonly read: Tensor
  /** Value of the variable after the step; undefined if the step does not assign to it. */
  readonly written: Tensor | undefined
}

interface Fed extends Scheduled {
  readonly read: Tensor
}

/** Runs `body` once on inputs without values, and names the tensors that `body` reads, assigns and returns. */
export function traceStep(
  specs: Readonly<Record<string, StepInput>>,
  body: (inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>,
): Traced {
  const given = Object.entries(specs).map(([name, { shape, dtype, fixed = false }]): Given => {
    return { name, read: input(shape, dtype), fixed }
  })
  const named = Object.fromEntries(given.map(({ name, read }) => [name, read]))
  const { reads, writes, scheduled, ranges, result } = trace(() => checkedResults(body(named)))
  const touched = [...new Set([...reads.keys(), ...writes.keys()])]
  const stored = touched.map((variable, i): [string, Stored] => [
    `${nameOf(variable)}#${i}`, // variables of two models may have the same name
    {
      variable,
      read: reads.get(variable) ?? input(variable.shape, variable.dtype),
      written: writes.get(variable),
    },
  ])
  return {
    inputs: new Map(given.map((one) => [`input:${one.name}`, one])),
    variables: new Map(stored),
    scheduled: new Map([...scheduled].map(([read, host], i) => [`${host.name}#${i}`, { read, ...host }])),
    outputs: new Map(Object.entries(result).map(([name, t]) => [resultPrefix + name, t])),
    ranges,
  }
}

/** @throws {ArgumentError} unless the body of a step returned tensors by name. */
function checkedResults(result: unknown): Readonly<Record<string, Tensor>> {
  const fix = 'return an object, as in ({ x }) => ({ y: model.forward(x, mode) })'
  if (isTensor(result)) throw new ArgumentError(`compile: wanted tensors by name, got a tensor; ${fix}`)
  if (result instanceof Promise) {
    throw new ArgumentError('compile: wanted tensors by name, got a promise; leave async out')
  }
  if (typeof result !== 'object' || result === null) throw mismatch('compile', 'tensors by name', result, fix)
  for (const [name, t] of Object.entries(result)) if (!isTensor(t)) throw noTensor(`compile: ${name}`, t)
  return result as Readonly<Record<string, Tensor>>
}

const resultPrefix = 'result:'

/** Selects the results of a step from `values` of its outputs, by the names that `body` gave them. */
export const resultsOf = <T>({ outputs }: Traced, values: ReadonlyMap<string, T>): Record<string, T> =>
  Object.fromEntries([...outputs.keys()].map((key) => [key.slice(resultPrefix.length), values.get(key)!]))

/** Lists the tensors that a traced step returns or assigns. */
export const rootsOf = ({ outputs, variables }: Traced): Tensor[] => [
  ...outputs.values(),
  ...[...variables.values()].flatMap(({ written }) => (written ? [written] : [])),
]

/** Replaces operators of a step by faster ones: `rewrite` returns a new tensor for each output of the graph. */
export function lowered(traced: Traced, rewrite: (roots: readonly Tensor[]) => readonly Tensor[]): Traced {
  const roots = rootsOf(traced)
  const fast = new Map(rewrite(roots).map((t, i) => [roots[i]!, t]))
  return {
    ...traced,
    outputs: new Map([...traced.outputs].map(([name, t]) => [name, fast.get(t)!])),
    variables: new Map(
      [...traced.variables].map(([name, v]) => [name, { ...v, written: v.written && fast.get(v.written)! }]),
    ),
  }
}

/** Returns whether a step computes in float64: whether a result or assigned value is float64. */
export const isExact = (traced: Traced): boolean => rootsOf(traced).some((t) => t.dtype === 'float64')

/** Returns what becomes of a step's inputs and outputs when it is repeated. @param loop whether a call takes K steps */
export function stepPlanOf({ inputs, variables, outputs }: Traced, loop: boolean): StepPlan {
  const changed = [...variables].flatMap(([name, { written }]) => (written ? [[name, written] as const] : []))
  const results = [...outputs, ...changed.map(([name, t]) => [graphNames.next(name), t] as const)]
  return {
    loop,
    fixed: new Set([...inputs].flatMap(([name, { fixed }]) => (fixed ? [name] : []))),
    variables: new Set(variables.keys()),
    next: new Map(changed.map(([name]) => [name, graphNames.next(name)])),
    outputs: new Map(results.map(([name, { dtype }]) => [name, dtype])),
  }
}

type Reads = ReadonlyMap<string, { readonly read: Tensor }>

/** Lists the inputs of a graph, from one or more groups, as pairs of name and tensor. */
export const readsOf = (...groups: readonly Reads[]): [string, Tensor][] =>
  groups.flatMap((group) => [...group].map(([name, { read }]): [string, Tensor] => [name, read]))

/** Returns the bytes of an ONNX model that runs the step once. */
export function stepModel({ inputs, variables, scheduled, outputs }: Traced): Uint8Array {
  const written = [...variables].flatMap(([name, v]): [string, Tensor][] =>
    v.written ? [[graphNames.next(name), v.written]] : [],
  )
  return toOnnx(new Map(readsOf(inputs, variables, scheduled)), new Map([...outputs, ...written]))
}

/** Returns the bytes of an ONNX model that runs the step K times, in one `Loop`. */
export function loopModel({ inputs, variables, scheduled, outputs }: Traced): Uint8Array {
  const isFixed = ([name]: readonly [string, Tensor]): boolean => inputs.get(name)!.fixed
  return toOnnxLoop({
    stacked: new Map([...readsOf(inputs).filter((one) => !isFixed(one)), ...readsOf(scheduled)]),
    fixed: new Map([
      ...readsOf(inputs).filter(isFixed),
      ...readsOf(variables).filter(([name]) => !variables.get(name)!.written),
    ]),
    carried: new Map(
      [...variables].flatMap(([name, { read, written }]) => (written ? [[name, { read, written }]] : [])),
    ),
    outputs,
  })
}
