import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { readGraph } from '../../test/support/onnx-file.ts'
import { toy } from '../../test/support/toy.ts'
import { random } from '../core/random.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { hyperparameter, Variable } from '../core/variable.ts'
import { loader } from '../data/loader.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { exportOnnx } from './export.ts'
import { taskOf } from './train.ts'

/** The operators of an ONNX file in order, and the names of its constants. */
function parts(bytes: Uint8Array): { operators: string[]; constants: string[] } {
  const { node = [], initializer = [] } = readGraph(bytes)
  return { operators: node.map(({ opType }) => opType!), constants: initializer.map(({ name }) => name!) }
}

/** What stock ONNX Runtime makes of an exported model, beside what the model makes itself. */
async function both(model: nn.Module, shape: readonly number[], n: number) {
  const source = random('examples', n)
  const x = Float32Array.from({ length: n * shape.reduce((a, b) => a * b, 1) }, () => source.normal())
  const session = await ort.InferenceSession.create(exportOnnx(model, { shape, dtype: 'float32' }), {
    intraOpNumThreads: 1,
  })
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [n, ...shape]) })
  const own = await compile({ x: { shape: [n, ...shape] } }, (given) => ({
    y: model.forward(given.x, 'eval'),
  }))
  return { theirs: y!.data as Float32Array, ours: (await own({ x })).y }
}

describe('an exported model', () => {
  test('gives the outputs of evaluation, for any number of examples', async () => {
    const setup = toy()
    const task = taskOf(setup)
    for (const batch of loader(setup.data.train, { batchSize: 20 }).batches(0)) await task.step(batch)
    for (const n of [1, 3, 64]) {
      const { theirs, ours } = await both(task.model, [2], n)
      expect(difference(theirs, Array.from(ours, Number))).toBeLessThan(1e-5)
    }
  })

  test('may be convolutional, with batch normalization folded', async () => {
    const model = nn.initialize(
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(4 * 25, 10),
      ),
      0,
    )
    for (const n of [1, 5]) {
      const { theirs, ours } = await both(model, [1, 10, 10], n)
      expect(difference(theirs, Array.from(ours, Number))).toBeLessThan(1e-5)
    }
  })

  test('has a plain operator for each layer, and the weights by their state names', () => {
    const model = nn.initialize(
      new nn.Sequential(
        new nn.Conv2d(128, 128, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.BatchNorm2d(128),
        new nn.Flatten(),
        new nn.GRU(6, 2),
        new nn.Linear(2, 2),
        new nn.Linear(2, 2),
      ),
      0,
    )
    model[3]!.forward = (x) => ops.reshape(x, [x.shape[0]!, 128, 6])
    for (const layer of [model[5], model[6]] as nn.Linear[]) layer.bias!.data = new Float32Array(2)
    const { operators, constants } = parts(exportOnnx(model, { shape: [128, 2, 3], dtype: 'float32' }))
    expect(operators.filter((op) => ['Conv', 'BatchNormalization', 'GRU', 'Gemm'].includes(op))).toEqual([
      ...['Conv', 'BatchNormalization', 'GRU', 'Gemm', 'Gemm'],
    ])
    const tracked = [...nn.variables(model).keys()].filter((name) => !name.endsWith('tracked'))
    expect(constants).toEqual(expect.arrayContaining(tracked))
  })

  test('may have variables that are called as its input and output are', async () => {
    class Named implements nn.Module {
      readonly x = new Variable([2])
      readonly y = new Variable([2])
      readonly Add_2 = new Variable([2])
      forward(x: Tensor): Tensor {
        return ops.add(ops.add(ops.add(x, this.x.value), this.y.value), this.Add_2.value)
      }
    }
    const model = nn.initialize(new Named(), 0)
    for (const [i, v] of [...nn.variables(model).values()].entries()) v.data = new Float32Array(2).fill(i + 1)
    const { theirs, ours } = await both(model, [2], 3)
    expect(theirs).toEqual(ours)
  })
})

describe('a model that cannot be exported is refused', () => {
  test('if it computes by other operators for other numbers of examples', () => {
    const looping: nn.Module = { forward: (x) => ops.unbind(x).reduce(ops.add) }
    expect(() => exportOnnx(looping, { shape: [2], dtype: 'float32' })).toThrow(
      'export: wanted the same operators for any number of examples, got others for 23 than for 34; ' +
        'replace a loop over examples by operators',
    )
  })

  test('if a constant of its own has the length of a batch', () => {
    const random: nn.Module = {
      forward: (x) =>
        ops.add(
          x,
          constant(
            Array.from({ length: x.shape[0]! }, (_, i) => Math.sin(i)),
            [x.shape[0]!, 1],
          ),
        ),
    }
    expect(() => exportOnnx(random, { shape: [2], dtype: 'float32' })).toThrow(
      'export: wanted constants that follow from the number of examples, got one of Add that does not; ' +
        'compute it by operators',
    )
  })

  test('if it learns or follows a schedule in evaluation', () => {
    const count = nn.initialize(new Variable([]), 0)
    const learning: nn.Module = { forward: (x) => ops.add(x, count.assign(ops.add(count.value, 1))) }
    expect(() => exportOnnx(learning, { shape: [2], dtype: 'float32' })).toThrow(
      'model: wanted mode passed on to every layer, got an evaluation that changes a variable; call each layer with the mode that forward gets',
    )
    const annealed: nn.Module = {
      forward: (x) =>
        ops.mul(
          x,
          hyperparameter((step) => step, 'float32', 'temperature'),
        ),
    }
    expect(() => exportOnnx(annealed, { shape: [2], dtype: 'float32' })).toThrow(
      'export: wanted numbers in eval, got a schedule of temperature; give a number',
    )
  })
})
