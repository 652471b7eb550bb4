import { beforeEach, expect, test, vi } from 'vitest'
import { sizeOf } from '../../src/core/shape.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { print } from '../../src/onnx/print.ts'
import * as ops from '../../src/ops/index.ts'
import * as optim from '../../src/optim/index.ts'
import { readsOf, type StepInput, type Traced } from '../../src/runtime/traced.ts'
import * as schedule from '../../src/schedule/index.ts'
import * as train from '../../src/train/index.ts'

/**
 * The graphs of whole training steps, as text: a refactoring that changes what is computed changes a file here.
 * `npx vitest run test/golden/training-steps.test.ts -u` writes them again.
 */
const compiled: Traced[] = []

vi.mock('../../src/runtime/compile.ts', async (load) => {
  const real = await load<typeof import('../../src/runtime/compile.ts')>()
  const compile: typeof real.compile = async (inputs, body, options) => {
    const graph = await real.compile(inputs, body, options)
    compiled.push(graph.traced)
    return graph
  }
  return { ...real, compile }
})

beforeEach(() => void compiled.splice(0))

/** Every graph that one step and one evaluation compile. */
async function graphsOf(options: Omit<train.TaskOptions, 'loss' | 'data'>, x: StepInput): Promise<string> {
  const [length, ...shape] = x.shape as readonly [number, ...number[]]
  const count = sizeOf(x.shape)
  const examples = data.dataset({
    x:
      x.dtype === 'int32'
        ? Int32Array.from({ length: count }, (_, i) => i % 5)
        : Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
    y: Int32Array.from({ length }, (_, i) => i % 2),
    shape,
  })
  const task = new train.Task({ ...options, loss: ops.crossEntropy, data: examples })
  await task.step({ x: examples.x.data, y: examples.y.data, length })
  await task.evaluate(examples, { batchSize: length })
  return `${compiled.map(textOf).join('\n\n')}\n`
}

function textOf({ inputs, variables, scheduled, outputs }: Traced): string {
  const next = [...variables].flatMap(([name, { written }]): [string, Tensor][] =>
    written ? [[`next ${name}`, written]] : [],
  )
  const given = [...readsOf(inputs), ...readsOf(scheduled), ...readsOf(variables)]
  return print(new Map(given), new Map([...outputs, ...next]))
}

const mlp = (): nn.Module =>
  new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.BatchNorm1d(4), new nn.Linear(4, 2))

class Attention implements nn.Module {
  readonly embedding: nn.Embedding = new nn.Embedding(5, 4)
  readonly attention: nn.MultiheadAttention = new nn.MultiheadAttention(4, 2)
  readonly norm: nn.LayerNorm = new nn.LayerNorm(4)
  readonly head: nn.Linear = new nn.Linear(4, 2)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const e = this.embedding.forward(x)
    return this.head.forward(ops.mean(this.norm.forward(ops.add(e, this.attention.forward(e, mode))), [1]))
  }
}

class Gru implements nn.Module {
  readonly embedding: nn.Embedding = new nn.Embedding(5, 3)
  readonly gru: nn.GRU = new nn.GRU(3, 4)
  readonly head: nn.Linear = new nn.Linear(4, 2)

  forward(x: Tensor): Tensor {
    const { output } = this.gru.unroll(this.embedding.forward(x))
    return this.head.forward(ops.squeeze(ops.slice(output, [[], [-1]]), [1]))
  }
}

const lr = schedule.cosineAnnealing(0.1, { tMax: 100 })
const rows = { shape: [8, 3] } as const
const words = { shape: [4, 3], dtype: 'int32' } as const

const nets: Readonly<Record<string, () => Promise<string>>> = {
  'mlp-sgd': () =>
    graphsOf({ model: mlp(), optimizer: optim.sgd({ lr, momentum: 0.9, weightDecay: 1e-4 }) }, rows),
  'mlp-adamw': () =>
    graphsOf(
      {
        model: mlp(),
        optimizer: optim.adamw({ lr, clip: { norm: 1 }, average: { type: 'ema' } }),
        log: { gradientNorm: true, batchNorm: true },
      },
      rows,
    ),
  cnn: () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(16, 2),
    )
    return graphsOf({ model, optimizer: optim.sgd({ lr: 0.1 }) }, { shape: [4, 1, 4, 4] })
  },
  gru: () => graphsOf({ model: new Gru(), optimizer: optim.rmsprop({ lr }) }, words),
  attention: () => graphsOf({ model: new Attention(), optimizer: optim.adam({ lr: 1e-3 }) }, words),
  accumulated: () =>
    graphsOf({ model: mlp(), optimizer: optim.sgd({ lr, momentum: 0.9 }), accumulate: 2 }, rows),
}

test.each(Object.entries(nets))('the graphs of %s are those of its file', async (name, graphs) => {
  await expect(await graphs()).toMatchFileSnapshot(`training-steps/${name}.txt`)
})
