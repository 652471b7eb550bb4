import type { DType } from '../core/dtype.ts'
import { nameOf } from '../core/names.ts'
import type { Shape } from '../core/shape.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { type Scheduled, trace, type Variable } from '../core/variable.ts'
import { graphNames, toOnnx, toOnnxLoop } from '../onnx/model.ts'

/** The shape and element type of what a step is given; float32 unless told. */
export interface InputSpec {
  readonly shape: Shape
  readonly dtype?: DType
  /** Whether all K steps of a loop are given the same numbers: then there is no leading axis of K. */
  readonly fixed?: boolean
}

/** A traced step. Names keep the caller's apart from each other and from those of nodes. */
export interface Traced {
  readonly inputs: ReadonlyMap<string, Given>
  readonly variables: ReadonlyMap<string, Stored>
  readonly scheduled: ReadonlyMap<string, Fed>
  readonly outputs: ReadonlyMap<string, Tensor>
}

interface Given {
  /** What the caller calls it. */
  readonly name: string
  readonly read: Tensor
  readonly fixed: boolean
}

interface Stored {
  readonly variable: Variable
  readonly read: Tensor
  /** What the step assigned to it, if anything. */
  readonly written: Tensor | undefined
}

interface Fed extends Scheduled {
  readonly read: Tensor
}

/** Run `body` once on lazy inputs, and name everything that goes in and comes out. */
export function traceStep(
  specs: Readonly<Record<string, InputSpec>>,
  body: (inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>,
): Traced {
  const given = Object.entries(specs).map(([name, { shape, dtype, fixed = false }]): Given => {
    return { name, read: input(shape, dtype), fixed }
  })
  const { reads, writes, scheduled, result } = trace(() =>
    body(Object.fromEntries(given.map(({ name, read }) => [name, read]))),
  )
  const touched = [...new Set([...reads.keys(), ...writes.keys()])]
  const stored = touched.map((variable, i): [string, Stored] => [
    `${nameOf(variable)}#${i}`, // two models may have a variable of one name
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
    outputs: new Map(Object.entries(result).map(([name, t]) => [resultName(name), t])),
  }
}

const resultPrefix = 'result:'

/** The name in the model of what the caller calls `name`. */
export const resultName = (name: string): string => resultPrefix + name

/** The caller's names of the results. */
export const resultsOf = ({ outputs }: Traced): string[] =>
  [...outputs.keys()].map((key) => key.slice(resultPrefix.length))

/** Everything a traced step computes. */
export const rootsOf = ({ outputs, variables }: Traced): Tensor[] => [
  ...outputs.values(),
  ...[...variables.values()].flatMap(({ written }) => (written ? [written] : [])),
]

/** Whether a step computes in float64. */
export const isExact = (traced: Traced): boolean => rootsOf(traced).some((t) => t.dtype === 'float64')

/** The graph inputs of what a step reads, by name. */
export const readsOf = (items: ReadonlyMap<string, { readonly read: Tensor }>): [string, Tensor][] =>
  [...items].map(([name, { read }]) => [name, read])

/** The model of one step. */
export function stepModel({ inputs, variables, scheduled, outputs }: Traced): Uint8Array {
  const written = [...variables].flatMap(([name, v]): [string, Tensor][] =>
    v.written ? [[graphNames.next(name), v.written]] : [],
  )
  return toOnnx(
    new Map([...readsOf(inputs), ...readsOf(variables), ...readsOf(scheduled)]),
    new Map([...outputs, ...written]),
  )
}

/** The model of K steps in one `Loop`. */
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
