import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { asData, type DType } from '../core/dtype.ts'
import type { Attribute, Tensor } from '../core/tensor.ts'

// Makes the Protocol Buffers messages of an ONNX file from plain values.

const elementType: Readonly<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
}

/** An ONNX graph: nodes in order of execution, constants, inputs and outputs. */
export type Graph = Pick<GraphProto, 'name' | 'node' | 'initializer' | 'input' | 'output'>

/**
 * Returns the bytes of an ONNX file of a graph. Constants are copied once, to their place in the file, where
 * `toBinary` would copy them for each message around them.
 */
export function modelBytes(graph: Graph): Uint8Array {
  const { initializer, ...rest } = graph
  const head = create(ModelProtoSchema, {
    irVersion: 9n,
    producerName: 'evenstep',
    opsetImport: [
      { domain: '', version: 18n },
      ...domainsOf(graph).map((domain) => ({ domain, version: 1n })),
    ],
  })
  const constants = initializer.flatMap((t) => {
    // Of a field that is written twice, the last value counts.
    const tensor = toBinary(TensorProtoSchema, { ...t, rawData: new Uint8Array() })
    return field(GraphProtoSchema.field.initializer, [
      tensor,
      ...field(TensorProtoSchema.field.rawData, [t.rawData]),
    ])
  })
  const body = [toBinary(GraphProtoSchema, create(GraphProtoSchema, rest)), ...constants]
  return joined([toBinary(ModelProtoSchema, head), ...field(ModelProtoSchema.field.graph, body)])
}

/** Returns the parts of a field of a message whose value is a message or bytes: its tag, length and `value`. */
function field({ number }: { readonly number: number }, value: readonly Uint8Array[]): Uint8Array[] {
  const length = value.reduce((sum, part) => sum + part.length, 0)
  const bytesType = 2
  return [Uint8Array.from([...varint(8 * number + bytesType), ...varint(length)]), ...value]
}

/** Returns a number in base 128, the least significant digit first, with the high bit set in all but the last. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))])

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Lists the domains (namespaces) of operators in a graph and its loop bodies, except ONNX's own. */
function domainsOf({ node }: Pick<GraphProto, 'node'>): string[] {
  const bodies = node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? domainsOf(g) : [])))
  return [...new Set([...node.map(({ domain }) => domain), ...bodies])].filter((domain) => domain !== '')
}

/** Makes a node. If `op` is not one of ONNX's own operators, it is a domain, a dot and a name. */
export const nodeProto = (
  op: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto =>
  create(NodeProtoSchema, {
    domain: op.slice(0, Math.max(0, op.lastIndexOf('.'))),
    opType: op.slice(op.lastIndexOf('.') + 1),
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  })

/** Makes an ONNX `Loop` node, which repeats the graph `body`. */
export function loopProto(input: string[], output: string[], body: Graph): NodeProto {
  const loop = nodeProto('Loop', input, output)
  const g = create(GraphProtoSchema, body)
  loop.attribute.push(create(AttributeProtoSchema, { name: 'body', type: AttributeType.GRAPH, g }))
  return loop
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  if (typeof value === 'number') return Object.assign(proto, { type: AttributeType.INT, i: BigInt(value) })
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (typeof value === 'string') {
    return Object.assign(proto, { type: AttributeType.STRING, s: utf8(value) })
  }
  if ('strings' in value) {
    return Object.assign(proto, { type: AttributeType.STRINGS, strings: value.strings.map(utf8) })
  }
  if ('float' in value) return Object.assign(proto, { type: AttributeType.FLOAT, f: value.float })
  return Object.assign(proto, { type: AttributeType.INTS, ints: value.map(BigInt) })
}

/** Makes a named constant with the shape, element type and values of `t`. */
export const tensorProto = (name: string, t: Tensor): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: t.shape.map(BigInt),
    dataType: elementType[t.dtype],
    rawData: bytes(asData(t.dtype, t.data!)),
  })

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)

type Dimension = { case: 'dimParam'; value: string } | { case: 'dimValue'; value: bigint }

const dimension = (n: number | string): Dimension =>
  typeof n === 'string' ? { case: 'dimParam', value: n } : { case: 'dimValue', value: BigInt(n) }

/** Makes the description of a graph's input or output. A name in `shape`, such as `N`, is a variable size. */
export function valueInfo(name: string, dtype: DType, shape: readonly (number | string)[]): ValueInfoProto {
  const value = { elemType: elementType[dtype], shape: { dim: shape.map((n) => ({ value: dimension(n) })) } }
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value } } })
}
