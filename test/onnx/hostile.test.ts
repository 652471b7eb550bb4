import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fromOnnxFile } from '../../src/nn/onnx/from-path.ts'
import type { GraphProto, TensorProto } from '../../src/onnx/messages.ts'
import { atPlace, tensorProto, valueInfo } from '../../src/onnx/proto.ts'
import { compile } from '../../src/runtime/compile.ts'
import { modelFile, nodeOf } from '../support/onnx-build.ts'

const x = valueInfo('x', 'float32', [2])
const y = valueInfo('y', 'float32', [2])
const int64 = (name: string, values: readonly number[], shape = [values.length]): TensorProto =>
  tensorProto(name, { shape, dtype: 'int64', data: values })
const model = (node: GraphProto['node'], initializer: TensorProto[] = []): Uint8Array =>
  modelFile({ name: 'g', node: node!, initializer, input: [x], output: [y] })
const added = (name: string) => [nodeOf('Add', ['x', name], ['y'])]
/** Makes a huge tensor `c` and adds its sum to x. */
const summed = (node: ReturnType<typeof nodeOf>) => [
  node,
  nodeOf('ReduceSum', ['c'], ['s']),
  nodeOf('Cast', ['s'], ['f'], { to: 1 }),
  nodeOf('Add', ['x', 'f'], ['y']),
]
const weight = (dims: bigint[], bytes: number): TensorProto => ({
  name: 'w',
  dims,
  dataType: 1,
  rawData: new Uint8Array(bytes),
})

function nested(levels: number): Uint8Array {
  const output = [y]
  let graph: GraphProto = { node: [nodeOf('Relu', ['x'], ['y'])], output }
  for (let i = 0; i < levels; i++)
    graph = { node: [nodeOf('If', ['c'], ['y'], { then_branch: { graph } })], output }
  return modelFile(graph)
}

/** Imports a file and traces its graph. */
async function trace(bytes: Uint8Array): Promise<unknown> {
  const network = await fromOnnxFile(bytes)
  return compile({ x: { shape: [2] } }, ({ x }) => ({ y: network.forward(x, 'eval') }))
}

const cases: Readonly<Record<string, readonly [bytes: () => Uint8Array, error: string]>> = {
  'a shape of 2⁴⁰ elements without numbers': [
    () => model(added('w'), [weight([2n ** 40n], 0)]),
    'fromOnnx: wanted 1099511627776 numbers for w [1099511627776], got 0; the file is damaged',
  ],
  'sizes whose product is beyond all numbers': [
    () => model(added('w'), [weight([2n ** 40n, 2n ** 40n], 4)]),
    'fromOnnx: wanted a shape for w, got [1099511627776, 1099511627776]; the file is damaged',
  ],
  'a negative size': [
    () => model(added('w'), [weight([-1n], 4)]),
    'fromOnnx: wanted a shape for w, got [-1]; the file is damaged',
  ],
  'ConstantOfShape of 10¹²': [
    () => model(summed(nodeOf('ConstantOfShape', ['n'], ['c'])), [int64('n', [1e12])]),
    'fromOnnx: node c (ConstantOfShape): wanted fewer than 2³¹ elements, got [1000000000000]',
  ],
  'Range to 10¹⁰': [
    () => {
      const bounds = [int64('a', [0], []), int64('b', [1e10], []), int64('d', [1], [])]
      return model(summed(nodeOf('Range', ['a', 'b', 'd'], ['c'])), bounds)
    },
    'fromOnnx: node c (Range): wanted a range of at most 16777216 numbers, got 10000000000',
  ],
  'Tile by 10¹⁰': [
    () => model(summed(nodeOf('Tile', ['x', 'n'], ['c'])), [int64('n', [1e10])]),
    'fromOnnx: node c (Tile): wanted fewer than 2³¹ elements, got [20000000000]',
  ],
  'Pad by 10¹¹': [
    () => model(summed(nodeOf('Pad', ['x', 'n'], ['c'])), [int64('n', [0, 1e11])]),
    'fromOnnx: node c (Pad): wanted fewer than 2³¹ elements, got [100000000002]',
  ],
  'an axis resized to 10⁹': [
    () => model(summed(nodeOf('Resize', ['x', '', '', 'n'], ['c'])), [int64('n', [1e9])]),
    'fromOnnx: node c (Resize): wanted an axis resized by at most 67108864 weights, got 1000000000',
  ],
  'graphs within graphs, 200 deep': [
    () => nested(200),
    'fromOnnx: wanted an ONNX file, got more than 64 levels of messages; the file is damaged',
  ],
  'more nodes than any network has': [
    () =>
      model(Array.from({ length: 100_001 }, (_, i) => nodeOf('Relu', [i ? `t${i}` : 'x'], [`t${i + 1}`]))),
    'fromOnnx: wanted at most 100000 nodes, got 100001',
  ],
  'a node that reads its own output': [
    () => model([nodeOf('Add', ['y', 'x'], ['y'])]),
    'fromOnnx: node y (Add): wanted the tensor y, got no node that computes it; the file is damaged',
  ],
  'bytes of no file': [
    () => new TextEncoder().encode('<!doctype html><title>404</title>'),
    'fromOnnx: wanted an ONNX file, got',
  ],
  'a file that is cut off': [
    () => model(added('w'), [weight([2n], 8)]).slice(0, -7),
    'fromOnnx: wanted an ONNX file, got',
  ],
  'an operator named as a property of all objects': [
    () => model([nodeOf('constructor', ['x'], ['y'])]),
    'fromOnnx: wanted operators that have a gradient here, got constructor (y)',
  ],
}

describe('hostile files are refused in one line, before memory is allocated', () => {
  test.each(Object.entries(cases))('%s', async (_, [bytes, error]) => {
    const before = process.memoryUsage().arrayBuffers
    const failure: Error = await trace(bytes()).then(
      () => new Error('none'),
      (reason: Error) => reason,
    )
    expect(failure.message.slice(0, error.length)).toBe(error)
    expect(failure.message).not.toContain('\n')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6)
  })
})

describe('names never reach through prototypes', () => {
  test.each([
    '__proto__.polluted',
    'constructor.prototype.polluted',
    'forward',
    'toString',
    'hasOwnProperty.call',
    'then',
  ])('%s', async (name) => {
    const numbers = tensorProto(name, { shape: [2], dtype: 'float32', data: [1, 2] })
    const network = await fromOnnxFile(model(added(name), [numbers]))
    const step = await compile({ x: { shape: [2] } }, ({ x }) => ({ y: network.forward(x, 'eval') }))
    expect(Array.from((await step({ x: Float32Array.of(3, 4) })).y as Float32Array)).toEqual([4, 6])
    expect('polluted' in {}).toBe(false)
    expect(Object.getPrototypeOf(network)).not.toBe(Object.prototype)
  })
})

describe('weights outside of the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'models/sub'), { recursive: true })
  const bytes = new Uint8Array(Float32Array.of(5, 6).buffer)
  writeFileSync(join(folder, 'secret.bin'), bytes)
  writeFileSync(join(folder, 'models/w.bin'), bytes)
  symlinkSync(join(folder, 'secret.bin'), join(folder, 'models/link.bin'))
  symlinkSync(folder, join(folder, 'models/out'))
  const path = join(folder, 'models/m.onnx')
  const write = (file: string, offset = 0, length = 8): string => {
    const tensor = tensorProto('w', { shape: [2], dtype: 'float32', data: [0, 0] })
    writeFileSync(path, model(added('w'), [atPlace(tensor, { file, name: 'w', offset, length })]))
    return path
  }

  test('are read from the same folder', async () => {
    const network = await fromOnnxFile(write('w.bin'))
    const step = await compile({ x: { shape: [2] } }, ({ x }) => ({ y: network.forward(x, 'eval') }))
    expect(Array.from((await step({ x: Float32Array.of(1, 1) })).y as Float32Array)).toEqual([6, 7])
  })

  test.each([
    ['../secret.bin', "fromOnnx m.onnx: wanted weights in the model's folder, got ../secret.bin"],
    ['/etc/passwd', "fromOnnx m.onnx: wanted weights in the model's folder, got /etc/passwd"],
    [
      'out/secret.bin',
      "fromOnnx m.onnx: wanted weights in the model's folder, got out/secret.bin; a link leads out of it",
    ],
    ['link.bin', 'link.bin: wanted a file, got a symbolic link'],
    ['sub', 'sub: wanted a file, got a folder'],
    ['none.bin', 'fromOnnx m.onnx: wanted the file none.bin beside the model, got none; copy it there, too'],
    ['', "fromOnnx m.onnx: wanted weights in the model's folder, got no path"],
  ])('at %s are refused', async (file, error) => {
    await expect(fromOnnxFile(write(file))).rejects.toThrow(error)
  })

  test('past the end of their file are refused', async () => {
    await expect(fromOnnxFile(write('w.bin', 4))).rejects.toThrow(
      'w.bin: wanted 12 bytes, got 8; the file is damaged',
    )
    await expect(fromOnnxFile(write('w.bin', -4))).rejects.toThrow('wanted an offset for w, got -4')
    await expect(fromOnnxFile(write('w.bin', 0, 4))).rejects.toThrow('wanted 8 bytes for w, got 4')
  })

  test('without a folder are refused', async () => {
    const tensor = tensorProto('w', { shape: [2], dtype: 'float32', data: [0, 0] })
    const bytes = model(added('w'), [atPlace(tensor, { file: 'w.bin', name: 'w', offset: 0, length: 8 })])
    await expect(fromOnnxFile(bytes)).rejects.toThrow(
      'fromOnnx: wanted w in the file, got it in w.bin; give the path of the file in Node.js',
    )
  })
})
