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
import { type DType, toData } from '../core/dtype.ts'
import type { Attribute, Tensor } from '../core/tensor.ts'

// Protocol buffer messages of an ONNX file, from plain values. The only file that knows the format.

const opset = 18n
const irVersion = 9n

const elementType: Readonly<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
}

/** The parts of a graph: nodes in order, constants, inputs and outputs. */
export type Graph = Pick<GraphProto, 'name' | 'node' | 'initializer' | 'input' | 'output'>

/** The bytes of a model file. */
export const modelBytes = (graph: Graph): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: 'evenstep',
      opsetImport: [
        { domain: '', version: opset },
        ...[...domainsOf(graph)].map((domain) => ({ domain, version: 1n })),
      ],
      graph: create(GraphProtoSchema, graph),
    }),
  )

/** The operator sets besides ONNX's own that a graph uses, loop bodies included. */
function domainsOf({ node }: Pick<GraphProto, 'node'>): Set<string> {
  const bodies = node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [...domainsOf(g)] : [])))
  return new Set([...node.map(({ domain }) => domain).filter((domain) => domain !== ''), ...bodies])
}

/** One node. An operator that is not ONNX's own is written after its domain and a dot. */
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

/** A `Loop` node that repeats `body`. */
export function loopProto(input: string[], output: string[], body: Graph): NodeProto {
  const loop = nodeProto('Loop', input, output)
  const g = create(GraphProtoSchema, body)
  loop.attribute.push(create(AttributeProtoSchema, { name: 'body', type: AttributeType.GRAPH, g }))
  return loop
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  if (typeof value === 'number') return Object.assign(proto, { type: AttributeType.INT, i: BigInt(value) })
  if (typeof value === 'string') {
    return Object.assign(proto, { type: AttributeType.STRING, s: new TextEncoder().encode(value) })
  }
  if ('float' in value) return Object.assign(proto, { type: AttributeType.FLOAT, f: value.float })
  return Object.assign(proto, { type: AttributeType.INTS, ints: value.map(BigInt) })
}

/** A constant, with its numbers. */
export const tensorProto = (name: string, t: Tensor): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: t.shape.map(BigInt),
    dataType: elementType[t.dtype],
    rawData: bytes(toData(t.dtype, t.data!)),
  })

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)

/** Name, element type and shape of an input or output; a size that varies is a text. */
export const valueInfo = (name: string, dtype: DType, shape: readonly (number | string)[]): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: elementType[dtype],
          shape: {
            dim: shape.map((n) =>
              typeof n === 'string'
                ? { value: { case: 'dimParam' as const, value: n } }
                : { value: { case: 'dimValue' as const, value: BigInt(n) } },
            ),
          },
        },
      },
    },
  })
