import { type DType, isFloat, toData } from '../../src/core/dtype.ts'
import { type Random, random } from '../../src/core/random.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import {
  type AttributeProto,
  AttributeType,
  type GraphProto,
  messages,
  type NodeProto,
  type TensorProto,
} from '../../src/onnx/messages.ts'
import { tensorProto, valueInfo } from '../../src/onnx/proto.ts'
import { encode } from '../../src/onnx/wire.ts'

// Builds ONNX files of any operator set, as exporters write them.

/** An attribute: a whole number is an int, `float` a float. */
export type Given =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto }

export function attribute(name: string, value: Given): AttributeProto {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: BigInt(value) }
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: utf8(value) }
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float }
  if ('floats' in value) return { name, type: AttributeType.FLOATS, floats: [...value.floats] }
  if ('tensor' in value) return { name, type: AttributeType.TENSOR, t: value.tensor }
  if ('graph' in value) return { name, type: AttributeType.GRAPH, g: value.graph }
  const texts = value.filter((one) => typeof one === 'string')
  if (texts.length > 0) return { name, type: AttributeType.STRINGS, strings: texts.map(utf8) }
  return { name, type: AttributeType.INTS, ints: (value as readonly number[]).map(BigInt) }
}

export const nodeOf = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, Given>> = {},
  name: string = '',
): NodeProto => ({
  opType,
  input,
  output,
  name,
  attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
})

/** Returns the bytes of a model. */
export function modelFile(graph: GraphProto, opset: number = 18): Uint8Array {
  const model = {
    irVersion: opset < 9 ? 4n : 10n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph,
  }
  return encode(messages, 'ModelProto', model)
}

/** An input of a node under test: numbers, fed or constant. */
export interface Operand {
  readonly shape: Shape
  readonly dtype: DType
  readonly isConstant: boolean
  numbers(source: Random): ArrayLike<number>
}

/** Random floats. */
export const floats = (
  shape: Shape,
  low: number = -1,
  high: number = 1,
  isConstant: boolean = false,
): Operand => ({
  shape,
  dtype: 'float32',
  isConstant,
  numbers: (source) => Float64Array.from({ length: sizeOf(shape) }, () => source.uniform(low, high)),
})

/** Given numbers. */
export const numbers = (
  values: readonly number[],
  shape: Shape = [values.length],
  dtype: DType = 'int64',
  isConstant: boolean = false,
): Operand => ({ shape, dtype, isConstant, numbers: () => values })

/** A constant int64 vector, or scalar. */
export const setting = (values: readonly number[] | number): Operand =>
  typeof values === 'number'
    ? numbers([values], [], 'int64', true)
    : numbers(values, undefined, 'int64', true)

/** A node to test: inputs (`''` where one is omitted), attributes and the number of outputs that are compared. */
export interface NodeSpec {
  readonly inputs: readonly (Operand | '')[]
  readonly attributes?: Readonly<Record<string, Given>>
  readonly outputs?: number
  /** Types of the outputs. @default that of the first input */
  readonly types?: readonly DType[]
  /** False where the gradient by differences makes no sense, as for indices. @default true */
  readonly differentiable?: boolean
}

/** A model of one node, and what to feed. */
export interface OneNode {
  readonly bytes: Uint8Array
  readonly fed: Readonly<
    Record<string, { readonly shape: Shape; readonly dtype: DType; readonly data: ReturnType<typeof toData> }>
  >
  readonly outputs: readonly string[]
}

/** Makes a model of one node, its numbers drawn by `key`. */
export function oneNode(op: string, opset: number, spec: NodeSpec, key: string): OneNode {
  const source = random(1, key)
  const { inputs, attributes, outputs: count = 1 } = spec
  const names = inputs.map((one, i) => (one === '' ? '' : `x${i}`))
  const outputs = Array.from({ length: count }, (_, i) => `y${i}`)
  const made = inputs.flatMap((one, i) =>
    one === '' ? [] : [{ ...one, name: names[i]!, data: toData(one.dtype, one.numbers(source)) }],
  )
  const constants = made.filter(({ isConstant }) => isConstant)
  const fed = made.filter(({ isConstant }) => !isConstant)
  const first = fed[0]?.dtype ?? 'float32'
  const graph: GraphProto = {
    name: 'graph',
    node: [nodeOf(op, names, outputs, attributes, 'node')],
    initializer: constants.map((one) => tensorProto(one.name, one)),
    input: fed.map(({ name, dtype, shape }) => valueInfo(name, dtype, shape)),
    output: outputs.map((name, i) =>
      outputInfo(name, spec.types?.[i] ?? (isFloat(first) ? 'float32' : first)),
    ),
  }
  return {
    bytes: modelFile(graph, opset),
    fed: Object.fromEntries(fed.map(({ name, shape, dtype, data }) => [name, { shape, dtype, data }])),
    outputs,
  }
}

/** Describes an output by its type alone. */
const outputInfo = (name: string, dtype: DType): ReturnType<typeof valueInfo> => {
  const { elemType } = valueInfo(name, dtype, []).type!.tensorType!
  return { name, type: { tensorType: { elemType: elemType! } } }
}
