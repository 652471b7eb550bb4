import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { readGraph } from '../../test/support/onnx-file.ts'
import { toData } from '../core/dtype.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import { toDType } from '../nn/initialize.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { inferenceModel } from '../runtime/inference.ts'
import { tracer } from '../train/export.ts'

/** Initializes a model with statistics and weights of all kinds, so that each number matters. */
function filled<M extends nn.Module>(model: M): M {
  let seed = 0
  for (const [name, v] of nn.variables(nn.initialize(model, 0))) {
    if (name.endsWith('tracked')) continue
    const wave = Float64Array.from({ length: v.data.length }, (_, i) => Math.sin(++seed + i * i))
    v.data = toData(v.dtype, name.endsWith('var') ? wave.map((n) => 1.5 + n) : wave)
  }
  return model
}

/** Returns operators and constants of a model's ONNX file, and how far its outputs are from the model's own. */
async function exported(
  model: nn.Module,
  shape: readonly number[],
  dtype: 'float32' | 'float64' = 'float32',
) {
  const bytes = inferenceModel(tracer(model, { shape, dtype }, dtype), { folds: true })
  const { node = [], initializer = [] } = readGraph(bytes)
  const all = shape.reduce((a, b) => a * b, 3)
  const x = toData(
    dtype,
    Float64Array.from({ length: all }, (_, i) => Math.cos(i * i)),
  )
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 })
  const { y } = await session.run({ x: new ort.Tensor(dtype, x as never, [3, ...shape]) })
  const own = await compile({ x: { shape: [3, ...shape], dtype } }, (given) => ({
    y: model.forward(given.x, 'eval'),
  }))
  return {
    operators: node.map(({ opType }) => opType),
    constants: Object.fromEntries(initializer.map(({ name, rawData }) => [name, rawData])),
    apart: difference(y!.data as Float32Array, Array.from((await own({ x })).y, Number)),
  }
}

describe('a normalization is folded into the product before it, with the numbers of nn.fuseAll', () => {
  test.each<[string, () => nn.Module, number[], ('float32' | 'float64')?]>([
    ['Linear', () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4)), [3]],
    [
      'Linear without bias',
      () => new nn.Sequential(new nn.Linear(3, 4, { bias: false }), new nn.BatchNorm1d(4)),
      [3],
    ],
    [
      'float64',
      () => toDType(new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4)), 'float64'),
      [3],
      'float64',
    ],
    [
      'Conv1d',
      () => new nn.Sequential(new nn.Conv1d(2, 4, 3, { bias: false }), new nn.BatchNorm1d(4)),
      [2, 6],
    ],
    [
      'groups, no γ and β',
      () =>
        new nn.Sequential(new nn.Conv2d(2, 4, 3, { groups: 2 }), new nn.BatchNorm2d(4, { affine: false })),
      [2, 5, 5],
    ],
  ])('%s', async (_, make, shape, dtype = 'float32') => {
    const model = filled(make())
    const { operators, constants, apart } = await exported(model, shape, dtype)
    expect(operators).toHaveLength(1)
    expect(apart).toBeLessThan(1e-6)
    const fused = nn.variables(nn.fuseAll(model, { shape: [2, ...shape], dtype }))
    expect(Object.keys(constants)).toEqual([...fused.keys()])
    for (const [name, { data }] of fused) {
      const { buffer } = new Uint8Array(constants[name]!)
      const numbers = dtype === 'float64' ? new Float64Array(buffer) : new Float32Array(buffer)
      expect(difference(numbers, Array.from(data, Number))).toBeLessThan(dtype === 'float64' ? 1e-15 : 2e-7)
    }
  })

  test('also where a class of its own computes the layers, by a matrix and a sum', async () => {
    class Own implements nn.Module {
      readonly kernel = new Variable([3, 4])
      readonly shift = new Variable([4])
      readonly bn = new nn.BatchNorm1d(4)
      forward(x: Tensor, mode: nn.Mode): Tensor {
        return this.bn.forward(ops.add(ops.matmul(x, this.kernel.value), this.shift.value), mode)
      }
    }
    const { operators, apart, constants } = await exported(filled(new Own()), [3])
    expect([operators, Object.keys(constants)]).toEqual([['Gemm'], ['kernel', 'shift']])
    expect(apart).toBeLessThan(1e-6)
  })

  test('also where layers share a weight, of which each has then its own', async () => {
    const shared = new nn.Conv2d(2, 2, 3, { padding: 1, bias: false })
    const model = filled(
      new nn.Sequential(shared, new nn.BatchNorm2d(2), new nn.ReLU(), shared, new nn.BatchNorm2d(2)),
    )
    const { operators, apart } = await exported(model, [2, 5, 5])
    expect(operators).toEqual(['Conv', 'Relu', 'Conv'])
    expect(apart).toBeLessThan(1e-6)
  })
})

describe('a normalization stays an operator', () => {
  const convolution = () => new nn.Conv2d(2, 2, 3, { padding: 1 })
  test('where something else reads the product', async () => {
    const [conv, bn] = [convolution(), new nn.BatchNorm2d(2)]
    const model = Object.assign(new nn.Sequential(conv, bn), {
      forward(x: Tensor, mode: nn.Mode): Tensor {
        const y = conv.forward(x)
        return ops.add(bn.forward(y, mode), y)
      },
    })
    const { operators, apart } = await exported(filled(model), [2, 4, 4])
    expect(operators).toEqual(['Conv', 'BatchNormalization', 'Add'])
    expect(apart).toBeLessThan(1e-6)
  })

  test('after a function, and on another axis than the products', async () => {
    const relu = new nn.Sequential(convolution(), new nn.ReLU(), new nn.BatchNorm2d(2))
    const axis = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4))
    for (const [model, shape] of [
      [relu, [2, 4, 4]],
      [axis, [4, 3]],
    ] as const) {
      const { operators, apart } = await exported(filled<nn.Module>(model), shape)
      expect(operators).toContain('BatchNormalization')
      expect(apart).toBeLessThan(1e-5)
    }
  })
})
