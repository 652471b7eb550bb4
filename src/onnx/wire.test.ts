import { expect, test } from 'vitest'
import { messages, type NodeProto } from './messages.ts'
import { encode } from './wire.ts'

test('every type of field is written as by the Python package onnx', () => {
  const t = {
    name: 't',
    dims: [2n, 1n],
    dataType: 1,
    floatData: [1.5, -2],
    int32Data: [-1, 300],
    int64Data: [-1n, 2n ** 40n],
    doubleData: [0.1],
    uint64Data: [2n ** 63n],
    stringData: [Uint8Array.of(97), new Uint8Array()],
    rawData: Uint8Array.of(0, 255),
  }
  const s = new TextEncoder().encode('abc')
  const node: NodeProto = {
    input: ['x', '', 'y'],
    opType: 'Op',
    domain: '',
    attribute: [{ name: 'é', type: 6, f: 0.1, i: -7n, s, t, ints: [1n, -1n], floats: [1, 2] }],
  }
  const bytes = [
    '0a01780a000a017922024f702a87010a02c3a915cdcccc3d18f9ffffffffffffffff0122036162632a5208020801',
    '100122080000c03f000000c02a0cffffffffffffffffff01ac0232016132003a10ffffffffffffffffff01808080',
    '8080204201744a0200ff52089a9999999999b93f5a0a808080808080808080013d0000803f3d00000040400140ff',
    'ffffffffffffffff01a001063a00',
  ].join('')
  // NodeProto(…).SerializeToString(deterministic=True).hex()
  expect(Buffer.from(encode(messages, 'NodeProto', node)).toString('hex')).toBe(bytes)
})

test('an empty list and a field that is not given write nothing', () => {
  expect(encode(messages, 'TensorProto', { dims: [], floatData: [], name: undefined })).toEqual(
    new Uint8Array(),
  )
})
