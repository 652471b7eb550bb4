import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inspectCommand, inspectText } from '../../src/cli/inspect.ts'
import { random } from '../../src/core/random.ts'
import { variables } from '../../src/core/state.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/node.ts'
import { inspectOnnx } from '../../src/nn/onnx/inspect.ts'
import { DataType, type GraphProto } from '../../src/onnx/messages.ts'
import { tensorProto, valueInfo } from '../../src/onnx/proto.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { exportOnnx } from '../../src/train/export.ts'
import golden from '../golden/onnx/resnet.json' with { type: 'json' }
import { modelFile, nodeOf } from '../support/onnx-build.ts'

const at = (name: string): string => `${import.meta.dirname}/../golden/onnx/${name}.onnx`
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)))
const shape = [3, 3, 16, 16]

/** Runs a network in evaluation. */
async function run(
  network: nn.Module,
  shape: readonly number[],
  x: ArrayLike<number>,
): Promise<Float32Array> {
  const step = await compile({ x: { shape } }, ({ x }) => ({ y: network.forward(x, 'eval') }))
  return (await step({ x: Float32Array.from(x) })).y as Float32Array
}
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
const namesOf = (network: object): string[] => [...variables(network).keys()].sort()
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: Error) => error.message,
  )

describe('a ResNet that PyTorch exported', () => {
  test('has the names and shapes of its state, and its layers', async () => {
    const network = await nn.fromOnnx(at('resnet'))
    const found = [...variables(network)].map(([name, { shape }]) => [name, [...shape]] as const)
    expect(Object.fromEntries(found)).toEqual(golden.state)
    const kinds = new Map(nn.summary(network, shape).layers.map(({ name, kind }) => [name, kind]))
    expect(kinds.get('layer1.0.bn2')).toBe('BatchNorm2d')
    expect(kinds.get('layer2.0.downsample.0')).toBe('Conv2d')
    expect(kinds.get('fc')).toBe('Linear')
    const learning = [...variables(network)].filter(([, { trainable }]) => trainable).map(([name]) => name)
    expect(learning.filter((name) => /running|num_batches/.test(name))).toEqual([])
    expect(learning).toContain('bn1.weight')
  })

  test.each(['resnet', 'resnet-folded'])(
    '%s computes what PyTorch does, three examples as each alone',
    async (name) => {
      const network = await nn.fromOnnx(bytesOf(name))
      const all = await run(network, shape, golden.x)
      expect(worst(all, golden.y)).toBeLessThan(2e-6 * Math.max(...golden.y.map(Math.abs)))
      const size = golden.x.length / 3
      for (let i = 0; i < 3; i++) {
        const alone = await run(network, [1, 3, 16, 16], golden.x.slice(i * size, (i + 1) * size))
        expect(worst(alone, all.slice(i * 5, i * 5 + 5))).toBeLessThan(1e-6)
      }
    },
  )

  test('folded, it takes the names of its nodes', async () => {
    const names = namesOf(await nn.fromOnnx(at('resnet-folded')))
    expect(names).toContain('layer2.0.downsample.0.weight')
    expect(names).toContain('layer1.0.conv1.bias')
    expect(names.some((name) => name.includes('running'))).toBe(false)
  })

  test('exported again, it has the same names and numbers', async () => {
    const network = await nn.fromOnnx(at('resnet'))
    const spec = { shape: [3, 16, 16], dtype: 'float32' } as const
    const again = await nn.fromOnnx(exportOnnx(network, spec, { keepNormalization: true }))
    expect(worst(await run(again, shape, golden.x), golden.y)).toBeLessThan(2e-5)
    const numbersOf = (model: object) =>
      [...variables(model)].map(([name, { data }]) => [name, data] as const).sort()
    expect(numbersOf(again)).toEqual(numbersOf(network))
    const kindsOf = (model: nn.Module) =>
      nn.summary(model, shape).layers.map(({ name, kind }) => [name, kind] as const)
    expect(kindsOf(again)).toEqual(kindsOf(network))
  })

  test('exported for inference, its layers have the same names, and biases for batch normalization', async () => {
    const network = await nn.fromOnnx(at('resnet'))
    const folded = await nn.fromOnnx(exportOnnx(network, { shape: [3, 16, 16], dtype: 'float32' }))
    expect(worst(await run(folded, shape, golden.x), golden.y)).toBeLessThan(2e-5)
    const products = namesOf(network).filter((name) => /(conv\d|downsample\.0|fc)\.\w+$/.test(name))
    const added = products
      .filter((name) => !name.startsWith('fc'))
      .map((name) => name.replace(/weight$/, 'bias'))
    expect(namesOf(folded)).toEqual([...products, ...added].sort())
  })

  test('its head is replaced by assignment, or cut off', async () => {
    const network = await nn.fromOnnx(at('resnet'))
    network.fc = new nn.Linear(8, 2)
    nn.initialize(network, 0)
    expect(await run(network, shape, golden.x)).toHaveLength(6)
    const { cuts } = inspectOnnx(bytesOf('resnet'), 'file')
    const body = await nn.fromOnnx(at('resnet'), { output: cuts[0]! })
    expect(await run(body, shape, golden.x)).toHaveLength(3 * 8)
    expect(namesOf(body)).not.toContain('fc.weight')
    network.fc = undefined
    expect(await failure(run(network, shape, golden.x))).toMatch(
      /^fromOnnx resnet\.onnx: node \/fc\/Gemm \(Gemm\): wanted a module at fc, got nothing$/,
    )
  })

  test('what learns is said by name', async () => {
    const network = await nn.fromOnnx(at('resnet'), { trainable: (name) => name.startsWith('fc.') })
    const learning = [...variables(network)].filter(([, { trainable }]) => trainable).map(([name]) => name)
    expect(learning.sort()).toEqual(['fc.bias', 'fc.weight'])
    const locked = await nn.fromOnnx(at('resnet'), { trainable: false })
    expect([...variables(locked).values()].some(({ trainable }) => trainable)).toBe(false)
  })

  test('statistics of batches are learnt in training', async () => {
    const network = await nn.fromOnnx(at('resnet'))
    const before = variables(network).get('bn1.running_mean')!.data
    const step = await compile({ x: { shape } }, ({ x }) => ({ y: network.forward(x, 'train') }))
    await step({ x: Float32Array.from(golden.x) })
    const after = variables(network).get('bn1.running_mean')!.data
    expect(worst(after as Float32Array, before as Float32Array)).toBeGreaterThan(1e-3)
  })

  test('inspected, it shows what it holds', () => {
    const text = inspectText(inspectOnnx(bytesOf('resnet'), 'file'), 200)
    expect(text).toContain('opset 17 by pytorch')
    expect(text).toContain('x [batch, 3, 16, 16]')
    expect(text).toContain('6 batch normalizations, whose statistics learn or are frozen')
    expect(text).toMatch(/cuts +output: '\/Flatten_output_0'/)
    const folded = inspectText(inspectOnnx(bytesOf('resnet-folded'), 'file'), 300)
    expect(folded).toContain('it may be folded into the 7 layers, so there are no statistics to adapt')
  })

  test('inspected, a file that is no ONNX file is refused', () => {
    const inspect = (path: string) => () => inspectCommand().parse([path], { from: 'user' })
    expect(inspect('nowhere.onnx')).toThrow(
      'inspect: wanted the path of an ONNX file, got nowhere.onnx, which does not exist',
    )
    expect(inspect(import.meta.filename)).toThrow(
      'inspect import.test.ts: wanted an ONNX file, got a text; check the path',
    )
  })
})

const x = valueInfo('x', 'float32', [1, 4])
const y = valueInfo('y', 'float32', [])
const float = (name: string, shape: number[]) =>
  tensorProto(name, {
    shape,
    dtype: 'float32',
    data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 4),
  })
const model = (
  node: GraphProto['node'],
  initializer: GraphProto['initializer'] = [],
  more: GraphProto = {},
) => modelFile({ name: 'g', node: node!, initializer: initializer!, input: [x], output: [y], ...more })

describe('options and errors', () => {
  test('all unknown operators are named at once, with where to cut', async () => {
    const nodes = [
      nodeOf('Relu', ['x'], ['r'], {}, 'relu'),
      nodeOf('NonMaxSuppression', ['r', 'r'], ['n'], {}, '/nms'),
      nodeOf('Loop', ['n'], ['y']),
    ]
    expect(await failure(nn.fromOnnx(model(nodes)))).toBe(
      "fromOnnx: wanted operators that have a gradient here, got NonMaxSuppression (/nms) and Loop (y); give output: 'r' to end before them",
    )
    const cut = await nn.fromOnnx(model(nodes), { output: 'r' })
    expect(Array.from(await run(cut, [1, 4], [1, -1, 2, -2]))).toEqual([1, 0, 2, 0])
  })

  test('a file for one example takes more with batch: any, and says so', async () => {
    const shape = tensorProto('s', { shape: [2], dtype: 'int64', data: [1, -1] })
    const nodes = [nodeOf('Relu', ['x'], ['r']), nodeOf('Reshape', ['r', 's'], ['y'], {}, 'flat')]
    expect(
      await failure(
        nn.fromOnnx(model(nodes, [shape])).then((one) => run(one, [2, 4], [1, 2, 3, 4, 5, 6, 7, 8])),
      ),
    ).toBe(
      "fromOnnx: node flat (Reshape): wanted a shape that keeps 2 examples apart, got [1, -1]; the file is for 1 example: give batch: 'any'",
    )
    const any = await nn.fromOnnx(model(nodes, [shape]), { batch: 'any' })
    const step = await compile({ x: { shape: [2, 4] } }, ({ x }) => ({
      y: ops.sum(any.forward(x, 'eval'), [1]),
    }))
    expect(
      Array.from((await step({ x: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) })).y as Float32Array),
    ).toEqual([10, 26])
  })

  test('several inputs come as a record, as constants, or as functions; several outputs as a record', async () => {
    const inputs = [x, valueInfo('k', 'int64', []), valueInfo('m', 'float32', [1, 4])]
    const nodes = [
      nodeOf('Cast', ['k'], ['f'], { to: 1 }),
      nodeOf('Mul', ['x', 'f'], ['p']),
      nodeOf('Add', ['p', 'm'], ['y']),
    ]
    const bytes = model(nodes, [], { input: inputs })
    const all = await nn.fromOnnx(bytes, {
      inputs: { k: 3, m: (x: Tensor) => ops.mul(x, 0.5) },
      output: ['y', 'p'],
    })
    const step = await compile({ x: { shape: [1, 4] } }, ({ x }) => all.forward(x, 'eval'))
    const found = await step({ x: Float32Array.of(2, 4, 6, 8) })
    expect(Array.from(found.y as Float32Array)).toEqual([7, 14, 21, 28])
    expect(Array.from(found.p as Float32Array)).toEqual([6, 12, 18, 24])
    const two = await nn.fromOnnx(bytes, { inputs: { k: constant([2], [], 'int64') } })
    expect(await failure(run(two, [1, 4], [1, 2, 3, 4]))).toBe(
      'fromOnnx: wanted inputs by name: x, m, got "a tensor"; give the others as inputs: { … }',
    )
    expect(await failure(nn.fromOnnx(bytes, { inputs: { n: 1 } }))).toContain(
      'wanted inputs one of x, k, m, got n',
    )
    expect(await failure(nn.fromOnnx(bytes, { output: 'head' }))).toBe(
      'fromOnnx: wanted output as the name of a tensor in the graph, got "head"; npx evenstep inspect FILE lists some',
    )
    expect(await failure(nn.fromOnnx(at('resnet'), { output: 'Flatten_output_0' }))).toBe(
      'fromOnnx resnet.onnx: wanted output as the name of a tensor in the graph, got "Flatten_output_0"; ' +
        'did you mean /Flatten_output_0?',
    )
  })

  test('a condition on numbers of the input is refused, and inspect says so', async () => {
    const branch = (name: string) => ({
      graph: { node: [nodeOf('Relu', ['x'], [name])], output: [valueInfo(name, 'float32', [])] },
    })
    const ends = { then_branch: branch('a'), else_branch: branch('b') }
    const bytes = model([
      nodeOf('ReduceMax', ['x'], ['m'], { keepdims: 0 }),
      nodeOf('Cast', ['m'], ['c'], { to: 9 }),
      nodeOf('If', ['c'], ['y'], ends, 'choose'),
    ])
    expect(inspectText(inspectOnnx(bytes, 'file'), 200)).toMatch(
      /import +yes, if the condition of its If node depends on shapes, constants and inputs: \{ … \} alone\n/,
    )
    expect(await failure(nn.fromOnnx(bytes).then((one) => run(one, [1, 4], [1, 2, 3, 4])))).toBe(
      'fromOnnx: node choose (If): wanted a condition that does not depend on the numbers in the input, ' +
        'got one computed by Cast; give an output before this node',
    )
  })

  test('float16 weights are read as float32', async () => {
    const half = {
      name: 'w',
      dims: [4n],
      dataType: DataType.FLOAT16,
      rawData: new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff).buffer),
    }
    const network = await nn.fromOnnx(model([nodeOf('Mul', ['x', 'w'], ['y'])], [half]))
    expect(Array.from(variables(network).get('w')!.data as Float32Array)).toEqual([
      1, -2, 0.333251953125, 65504,
    ])
  })

  test('a matrix that a table and a product share is one variable', async () => {
    const nodes = [
      nodeOf('Gather', ['emb.weight', 'i'], ['e']),
      nodeOf('Transpose', ['emb.weight'], ['t'], { perm: [1, 0] }),
      nodeOf('MatMul', ['e', 't'], ['y']),
    ]
    const network = await nn.fromOnnx(
      model(nodes, [float('emb.weight', [5, 4])], { input: [valueInfo('i', 'int64', ['N'])] }),
    )
    expect(namesOf(network)).toEqual(['emb.weight'])
  })

  test('sources and options are checked', async () => {
    expect(await failure(nn.fromOnnx(3 as never))).toBe(
      "fromOnnx: wanted an ONNX file's path or bytes, a Blob or a Response, got 3",
    )
    expect(await failure(nn.fromOnnx('nowhere.onnx'))).toBe(
      'fromOnnx: wanted the path of an ONNX file, got nowhere.onnx, which does not exist',
    )
    for (const address of ['https://x.org/a.onnx', new URL('https://x.org/a.onnx')]) {
      expect(await failure(nn.fromOnnx(address))).toBe(
        'fromOnnx: wanted an ONNX file\'s path or bytes, a Blob or a Response, got "https://x.org/a.onnx"; ' +
          'fetch it: nn.fromOnnx(await fetch(url))',
      )
    }
    expect(await failure(nn.fromOnnx(at('resnet'), { batch: 'all' as never }))).toBe(
      'fromOnnx: wanted batch as \'any\', got "all"',
    )
    expect(await failure(nn.fromOnnx(modelFile({ node: [], output: [y] }, 31)))).toBe(
      'fromOnnx: wanted opset 6 to 28, got 31; convert the file with onnx.version_converter',
    )
    const blob = await nn.fromOnnx(new Blob([bytesOf('resnet') as Uint8Array<ArrayBuffer>]))
    expect(namesOf(blob)).toContain('fc.weight')
    const others = {
      'version https://git-lfs.github.com/spec/v1': 'a Git LFS pointer; run git lfs pull',
      '<!doctype html>': 'an HTML page; check the address',
      [`PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`]:
        "PyTorch's ZIP of pickles; export the model with torch.onnx.export",
      '12\0\0\0\0\0\0{"w":{': 'a safetensors file; use train.loadWeights',
      '': 'an empty file; load it again',
      '{ "name": "net" }\n': 'a text; check the path',
    }
    for (const [text, got] of Object.entries(others)) {
      expect(await failure(nn.fromOnnx(new TextEncoder().encode(text)))).toBe(
        `fromOnnx: wanted an ONNX file, got ${got}`,
      )
    }
    const response = new Response('gone', { status: 404 })
    expect(await failure(nn.fromOnnx(response))).toBe(
      'fromOnnx: wanted a response with the file, got "status 404"',
    )
  })
})

test('what an exported network computes by constants has no variables when it is imported', async () => {
  const scaled = { forward: (x: Tensor) => ops.interpolate(x, { size: [3, 4], mode: 'bilinear' }) }
  const net = nn.initialize(new nn.Sequential(scaled, new nn.Flatten(), new nn.Linear(12, 2)), 0)
  const again = await nn.fromOnnx(exportOnnx(net, { shape: [1, 2, 2], dtype: 'float32' }))
  expect(namesOf(again)).toEqual(['2.bias', '2.weight'])
})

test('layers of ours, exported and imported, compute the same under the same names', async () => {
  const layers = [
    new nn.Conv1d(2, 4, 3),
    new nn.BatchNorm1d(4),
    new nn.GELU(),
    new nn.Flatten(),
    new nn.Linear(40, 3),
  ]
  const net = nn.initialize(new nn.Sequential(...layers), 0)
  const again = await nn.fromOnnx(exportOnnx(net, { shape: [2, 12], dtype: 'float32' }))
  const source = random(1)
  const numbers = Float32Array.from({ length: 48 }, () => source.normal())
  expect(worst(await run(net, [2, 2, 12], numbers), await run(again, [2, 2, 12], numbers))).toBeLessThan(1e-6)
  expect(namesOf(again)).toContain('4.weight')
})
