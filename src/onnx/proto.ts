import { joinBytes } from '../core/bytes.ts'
import { asData, type DType } from '../core/dtype.ts'
import type { Attribute, Tensor } from '../core/tensor.ts'
import {
  type AttributeProto,
  AttributeType,
  DataType,
  type GraphProto,
  type ModelProto,
  messages,
  type NodeProto,
  type TensorProto,
  type TensorShapeProtoDimension,
  type ValueInfoProto,
} from './messages.ts'
import { encode, field } from './wire.ts'

// Makes the Protocol Buffers messages of an ONNX file from plain values.

const elementType: Readonly<Record<DType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
}

/** An ONNX graph: nodes in order of execution, constants, inputs and outputs. */
export interface Graph extends GraphProto {
  readonly node: Node[]
  readonly initializer: TensorProto[]
  readonly output: ValueInfoProto[]
}

/** A node of an ONNX graph: an operator, the names of its inputs and outputs, and its attributes. */
export interface Node extends NodeProto {
  readonly domain: string
  readonly input: string[]
  readonly output: string[]
  readonly attribute: AttributeProto[]
}

/** Encodes a graph as an ONNX file. Constants are copied once, directly to their position in the file. */
export function modelBytes(graph: Graph): Uint8Array {
  const { initializer, ...rest } = graph
  const model: ModelProto = {
    irVersion: 9n,
    producerName: 'evenstep',
    opsetImport: [
      { domain: '', version: 18n },
      ...domainsOf(graph).map((domain) => ({ domain, version: 1n })),
    ],
  }
  const constants = initializer.flatMap(({ rawData, ...tensor }) =>
    field(messages.GraphProto.initializer, [
      encode(messages, 'TensorProto', tensor),
      ...(rawData ? field(messages.TensorProto.rawData, [rawData]) : []),
    ]),
  )
  const body = [encode(messages, 'GraphProto', rest), ...constants]
  return joinBytes([encode(messages, 'ModelProto', model), ...field(messages.ModelProto.graph, body)])
}

/** Lists the domains (namespaces) of operators in a graph and its loop bodies, except ONNX's own. */
function domainsOf({ node }: Graph): string[] {
  const bodies = node.flatMap(({ attribute }) =>
    attribute.flatMap(({ g }) => (g ? domainsOf(g as Graph) : [])),
  )
  return [...new Set([...node.map(({ domain }) => domain), ...bodies])].filter((domain) => domain !== '')
}

/** Makes a node. If `op` is not one of ONNX's own operators, it is a domain, a dot and a name. */
export const nodeProto = (
  op: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({
  domain: op.slice(0, Math.max(0, op.lastIndexOf('.'))),
  opType: op.slice(op.lastIndexOf('.') + 1),
  input,
  output,
  attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
})

/** Makes an ONNX `Loop` node, which repeats the graph `body`. */
export function loopProto(input: string[], output: string[], body: Graph): Node {
  return withBody(nodeProto('Loop', input, output), body)
}

/** Adds the graph that a node runs. */
export const withBody = (node: Node, body: Graph): Node => ({
  ...node,
  attribute: [...node.attribute, { name: 'body', type: AttributeType.GRAPH, g: body }],
})

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: BigInt(value) }
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: utf8(value) }
  if ('strings' in value) return { name, type: AttributeType.STRINGS, strings: value.strings.map(utf8) }
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float }
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) }
}

/** Makes a named constant with the shape, element type and values of `t`. */
export const tensorProto = (
  name: string,
  t: Pick<Tensor, 'shape' | 'dtype'> & { readonly data?: ArrayLike<number | bigint> },
): TensorProto => ({
  name,
  dims: t.shape.map(BigInt),
  dataType: elementType[t.dtype],
  rawData: bytes(asData(t.dtype, t.data!)),
})

/** Location of a constant's values in another file. */
export interface FilePlace {
  /** Path of the file, relative to the model's file. */
  readonly file: string
  /** Name by which the other file identifies the values. */
  readonly name: string
  /** Position of the first byte of the values, and their length in bytes. */
  readonly offset: number
  readonly length: number
}

/** Returns a constant without its values, which are stored at `place` in another file; unchanged without `place`. */
export function atPlace(tensor: TensorProto, place: FilePlace | undefined): TensorProto {
  if (place === undefined) return tensor
  const { rawData: _, ...rest } = tensor
  const { file, name, offset, length } = place
  const entries = { location: file, offset, length }
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value: String(value) }))
  return { ...rest, docString: name, externalData, dataLocation: external }
}

/** Value of ONNX's field `dataLocation` for values stored in another file. */
export const external = 1

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const dimension = (n: number | string): TensorShapeProtoDimension =>
  typeof n === 'string' ? { dimParam: n } : { dimValue: BigInt(n) }

/**
 * Makes the description of a graph's input or output.
 *
 * @param shape a size given as a name, such as `N`, is variable. @default any shape, of any number of axes
 */
export function valueInfo(name: string, dtype: DType, shape?: readonly (number | string)[]): ValueInfoProto {
  const elemType = elementType[dtype]
  return {
    name,
    type: { tensorType: shape ? { elemType, shape: { dim: shape.map(dimension) } } : { elemType } },
  }
}
