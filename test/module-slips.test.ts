import { describe, expect, test } from 'vitest'
import { gradients } from '../src/core/grad.ts'
import { input, type Tensor } from '../src/core/tensor.ts'
import { trace } from '../src/core/variable.ts'
import * as data from '../src/data/index.ts'
import * as nn from '../src/nn/index.ts'
import * as ops from '../src/ops/index.ts'
import * as optim from '../src/optim/index.ts'
import { compile } from '../src/runtime/compile.ts'
import * as train from '../src/train/index.ts'
import { collect } from './support/toy.ts'

type Mode = nn.Mode

/** The message of tracing and running an initialized model on `x` of `[4, 2]`. */
async function run(model: nn.Module, mode: unknown = 'train'): Promise<string> {
  nn.initialize(model, 0)
  try {
    const step = await compile({ x: { shape: [4, 2] } }, ({ x }) => ({ y: model.forward(x, mode as Mode) }))
    await step({ x: new Float32Array(8) })
  } catch (error) {
    const { message, stack } = error as Error
    expect(stack).toContain(message)
    return message
  }
  return 'nothing was thrown'
}

describe('a mode that is neither train nor eval', () => {
  class Forgets implements nn.Module {
    readonly bn: nn.Module
    constructor(layer: nn.Module) {
      this.bn = layer
    }
    forward(x: Tensor): Tensor {
      return this.bn.forward(ops.reshape(x, [4, 2, 1]), undefined as unknown as Mode)
    }
  }
  test.each([
    ['BatchNorm1d', new nn.BatchNorm1d(2)],
    ['Dropout', new nn.Dropout(0.5)],
    ['InstanceNorm1d', new nn.InstanceNorm1d(2)],
  ])('is refused by %s', async (kind, layer) => {
    expect(await run(new Forgets(layer))).toBe(
      `bn (${kind}): wanted mode as 'train' or 'eval', got nothing; pass on the mode that forward gets`,
    )
  })

  test.each([
    ['Sequential', new nn.Sequential(new nn.Linear(2, 2))],
    ['Residual', new nn.Residual(new nn.Linear(2, 2))],
    ['BatchNorm1d', new nn.BatchNorm1d(2)],
  ])('is refused by %s as a model', async (kind, model) => {
    for (const mode of ['training', true, { train: true }]) {
      expect(await run(model, mode)).toMatch(new RegExp(`^${kind}: wanted mode as 'train' or 'eval', got `))
    }
  })

  test('leaves what does the same in both without one', async () => {
    const model = { fc: new nn.Linear(2, 2), forward: (x: Tensor): Tensor => model.fc.forward(x) }
    expect(await run(model)).toBe('nothing was thrown')
  })

  test('is what options in the place of the mode are', () => {
    const attention = new nn.MultiheadAttention(2, 1)
    const x = input([3, 4, 2])
    expect(() => trace(() => attention.forward(x, { key: x } as unknown as Mode))).toThrow(
      "MultiheadAttention: wanted mode as 'train' or 'eval', got {\"key\":",
    )
    expect(() => trace(() => new nn.GRU(2, 3).forward(x, {} as Mode))).toThrow("GRU: wanted mode as 'train'")
  })
})

describe('a layer that no field leads to', () => {
  const message = (layer: string): string =>
    `${layer}: wanted a layer in a field of the model, got a layer that no field of the model leads to; if it is new, call nn.initialize first; #private ` +
    'fields cannot be seen: use a public or TypeScript-private field, a list or an object'

  class Hidden implements nn.Module {
    readonly #fc = new nn.Linear(2, 2)
    forward(x: Tensor): Tensor {
      return this.#fc.forward(x)
    }
  }
  test('is named, with the module that runs it', async () => {
    expect(await run(new Hidden())).toBe(message('Linear in Hidden'))
    expect(await run(new nn.Sequential(new Hidden()))).toBe(message('Linear in 0 (Hidden)'))
  })

  test('is named when it has no weights, but masks to draw', async () => {
    class Drops implements nn.Module {
      readonly #drop = new nn.Dropout(0.5)
      forward(x: Tensor, mode: Mode): Tensor {
        return this.#drop.forward(x, mode)
      }
    }
    expect(await run(new Drops())).toBe(message('Dropout in Drops'))
    expect(await run(new Drops(), 'eval')).toBe('nothing was thrown')
  })

  test('is named when it is a variable of the module itself, or outside of it', async () => {
    class Scales implements nn.Module {
      readonly #scale = new nn.PReLU().weight
      forward(x: Tensor): Tensor {
        return ops.mul(x, this.#scale.value)
      }
    }
    expect(await run(new Scales())).toBe(message('Variable in Scales'))
    const layer = new nn.LSTM(2, 2)
    const model = { forward: (x: Tensor): Tensor => layer.forward(ops.reshape(x, [4, 1, 2])) }
    expect(await run(model)).toBe(message('LSTM in Object'))
  })

  test('is not what a model without initial weights has', async () => {
    const step = await compile({ x: { shape: [4, 2] } }, ({ x }) => ({ y: new nn.Linear(2, 2).forward(x) }))
    await expect(step({ x: new Float32Array(8) })).rejects.toThrow(
      'variable: wanted initialized numbers, got none; call nn.initialize(model, seed) first',
    )
  })
})

describe('an error in a forward of the user', () => {
  class Block implements nn.Module {
    readonly fc: nn.Linear
    constructor(features: number) {
      this.fc = new nn.Linear(2, features)
    }
    forward(x: Tensor): Tensor {
      return ops.add(x, this.fc.forward(x))
    }
  }
  class Net implements nn.Module {
    readonly blocks: readonly nn.Module[]
    constructor(...blocks: readonly nn.Module[]) {
      this.blocks = blocks
    }
    forward(x: Tensor, mode: Mode): Tensor {
      return this.blocks.reduce((h, block) => block.forward(h, mode), x)
    }
  }
  const own = (forward: (x: Tensor) => unknown): nn.Module =>
    new Net(
      new (class Own {
        readonly fc = new nn.Linear(2, 2)
        forward(x: Tensor): Tensor {
          return forward.call(this, x) as Tensor
        }
      })(),
    )

  test('begins with the path of the innermost module', async () => {
    const shapes = 'got [4, 2] and [4, 3]; make axis 1 equal or 1'
    expect(await run(new Net(new Block(2), new Block(3)))).toBe(
      `blocks.1 (Block): Add: wanted shapes that broadcast, ${shapes}`,
    )
    expect(await run(new Net(new nn.Linear(2, 3), new nn.Sequential(new nn.Residual(new Block(2)))))).toBe(
      'blocks.1.0.branch.fc (Linear): linear: wanted […, 2] of float32, got float32 [4, 3]; the weight is [2, 2]',
    )
    expect(await run(new Block(3))).toBe(`Add: wanted shapes that broadcast, ${shapes}`)
  })

  test('is named once, whether a layer names itself or not', async () => {
    expect(await run(new Net(new nn.BatchNorm1d(3)))).toBe(
      'blocks.0 (BatchNorm1d): wanted [batch, 3] or [batch, 3, length], got [4, 2]',
    )
  })

  test('keeps its class and what it says of a trace that is done again', () => {
    const net = nn.initialize(new Net(new Block(3)), 0)
    for (let i = 0; i < 2; i++) {
      expect(() => trace(() => net.forward(input([4, 2]), 'eval'))).toThrow(
        /^blocks\.0 \(Block\): Add: [^(]*$/,
      )
    }
  })

  test('says what arithmetic on tensors made', async () => {
    const fix = 'compute with ops, such as ops.mul(x, 2) for x * 2'
    const times = (x: Tensor): number => (x as unknown as number) * 2
    expect(await run(own(times))).toBe(`blocks.0 (Own): forward: wanted a tensor, got NaN; ${fix}`)
    expect(await run(own((x) => ops.linear(times(x) as never, x)))).toBe(
      `blocks.0 (Own): linear: wanted a tensor, got NaN; ${fix}`,
    )
    expect(await run(own((x) => new nn.ReLU().forward(`${x}` as never)))).toBe(
      `blocks.0 (Own): Relu: wanted a tensor, got "[object Object]"; ${fix}`,
    )
    expect(await run(own(() => undefined))).toBe('blocks.0 (Own): forward: wanted a tensor, got nothing')
    expect(await run(own((x) => ops.add(x, undefined as never)))).toBe(
      'blocks.0 (Own): Add: wanted a tensor, got nothing',
    )
  })

  test('has its like in a loss of the user', () => {
    expect(() => gradients(Number.NaN as never, [])).toThrow(
      'gradients: wanted a tensor, got NaN; compute with ops, such as ops.mul(x, 2) for x * 2',
    )
  })

  test('has a name and a line where JavaScript itself fails', async () => {
    expect(await run(own((x) => (x as unknown as { data: number[] }).data[0]))).toMatch(
      /^blocks\.0 \(Own\): wanted a forward that runs, got TypeError: Cannot read properties of undefined \(reading '0'\) at \S*module-slips\.test\.ts:\d+; in it, tensors have shapes but no numbers yet$/,
    )
  })
})

describe('a model that trains a layer in evaluation', () => {
  class HardCoded implements nn.Module {
    readonly bn = new nn.BatchNorm1d(2)
    readonly fc = new nn.Linear(2, 2)
    forward(x: Tensor): Tensor {
      return this.fc.forward(this.bn.forward(x, 'train'))
    }
  }
  const message =
    'bn: wanted mode passed on to every layer, got an evaluation that changes bn.num_batches_tracked; call each layer with the mode that forward gets'
  const examples = data.dataset({ x: new Float32Array(8), y: Int32Array.of(0, 1, 0, 1) })
  const optimizer = optim.sgd({ lr: 0.1 })

  test('is refused by evaluate, which changes nothing', async () => {
    const task = new train.Task({ model: new HardCoded(), loss: ops.crossEntropy, optimizer, data: examples })
    const before = train.writeSafetensors(task.variables)
    for (let i = 0; i < 2; i++) await expect(task.evaluate(examples)).rejects.toThrow(message)
    expect(train.writeSafetensors(task.variables)).toEqual(before)
  })

  test('is refused by a run and by exportOnnx', async () => {
    const split = { train: examples, validation: examples }
    const options = { data: split, loss: ops.crossEntropy, optimizer, batchSize: 4, epochs: 1 }
    const experiment = train.experiment({ ...options, model: () => new HardCoded() })
    await expect(collect(train.run(experiment))).rejects.toThrow(message)
    const model = nn.initialize(new HardCoded(), 0)
    expect(() => train.exportOnnx(model, { shape: [2], dtype: 'float32' })).toThrow(message)
  })
})
