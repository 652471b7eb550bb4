// Written by scripts/onnx-messages.mjs from onnx.proto, IR version 14. Do not edit.

import type { Message } from './wire.ts'

export const AttributeType = {
  UNDEFINED: 0,
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  SPARSE_TENSOR: 11,
  TYPE_PROTO: 13,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSORS: 12,
  TYPE_PROTOS: 14,
} as const

export const DataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
  FLOAT6E2M3: 27,
  FLOAT6E3M2: 28,
} as const

export interface ModelProto {
  irVersion?: bigint
  producerName?: string
  producerVersion?: string
  domain?: string
  modelVersion?: bigint
  docString?: string
  graph?: GraphProto
  opsetImport?: OperatorSetIdProto[]
  metadataProps?: StringStringEntryProto[]
}

export interface OperatorSetIdProto {
  domain?: string
  version?: bigint
}

export interface GraphProto {
  node?: NodeProto[]
  name?: string
  initializer?: TensorProto[]
  docString?: string
  input?: ValueInfoProto[]
  output?: ValueInfoProto[]
  valueInfo?: ValueInfoProto[]
  metadataProps?: StringStringEntryProto[]
}

export interface NodeProto {
  input?: string[]
  output?: string[]
  name?: string
  opType?: string
  attribute?: AttributeProto[]
  docString?: string
  domain?: string
  overload?: string
  metadataProps?: StringStringEntryProto[]
}

export interface AttributeProto {
  name?: string
  f?: number
  i?: bigint
  s?: Uint8Array
  t?: TensorProto
  g?: GraphProto
  floats?: number[]
  ints?: bigint[]
  strings?: Uint8Array[]
  tensors?: TensorProto[]
  graphs?: GraphProto[]
  docString?: string
  tp?: TypeProto
  typeProtos?: TypeProto[]
  type?: number
  refAttrName?: string
}

export interface TensorProto {
  dims?: bigint[]
  dataType?: number
  floatData?: number[]
  int32Data?: number[]
  stringData?: Uint8Array[]
  int64Data?: bigint[]
  name?: string
  rawData?: Uint8Array
  doubleData?: number[]
  uint64Data?: bigint[]
  docString?: string
  externalData?: StringStringEntryProto[]
  dataLocation?: number
  metadataProps?: StringStringEntryProto[]
}

export interface ValueInfoProto {
  name?: string
  type?: TypeProto
  docString?: string
  metadataProps?: StringStringEntryProto[]
}

export interface TypeProto {
  tensorType?: TypeProtoTensor
  denotation?: string
}

export interface TypeProtoTensor {
  elemType?: number
  shape?: TensorShapeProto
}

export interface TensorShapeProto {
  dim?: TensorShapeProtoDimension[]
}

export interface TensorShapeProtoDimension {
  dimValue?: bigint
  dimParam?: string
  denotation?: string
}

export interface StringStringEntryProto {
  key?: string
  value?: string
}

export const messages = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    domain: [4, 'string'],
    modelVersion: [5, 'int64'],
    docString: [6, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    metadataProps: [14, 'StringStringEntryProto', 'repeated'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    docString: [10, 'string'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    valueInfo: [13, 'ValueInfoProto', 'repeated'],
    metadataProps: [16, 'StringStringEntryProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    docString: [6, 'string'],
    domain: [7, 'string'],
    overload: [8, 'string'],
    metadataProps: [9, 'StringStringEntryProto', 'repeated'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    tensors: [10, 'TensorProto', 'repeated'],
    graphs: [11, 'GraphProto', 'repeated'],
    docString: [13, 'string'],
    tp: [14, 'TypeProto'],
    typeProtos: [15, 'TypeProto', 'repeated'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    floatData: [4, 'float', 'packed'],
    int32Data: [5, 'int32', 'packed'],
    stringData: [6, 'bytes', 'repeated'],
    int64Data: [7, 'int64', 'packed'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'packed'],
    uint64Data: [11, 'uint64', 'packed'],
    docString: [12, 'string'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
    metadataProps: [16, 'StringStringEntryProto', 'repeated'],
  },
  ValueInfoProto: {
    name: [1, 'string'],
    type: [2, 'TypeProto'],
    docString: [3, 'string'],
    metadataProps: [4, 'StringStringEntryProto', 'repeated'],
  },
  TypeProto: { tensorType: [1, 'TypeProtoTensor'], denotation: [6, 'string'] },
  TypeProtoTensor: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'TensorShapeProtoDimension', 'repeated'] },
  TensorShapeProtoDimension: { dimValue: [1, 'int64'], dimParam: [2, 'string'], denotation: [3, 'string'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
} as const satisfies Readonly<Record<string, Message>>
