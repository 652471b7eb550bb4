import { describe, expect, test } from 'vitest'
import { toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import { variables } from '../../src/core/state.ts'
import { dataset } from '../../src/data/index.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import { adam, adamw, type Optimizer, sgd } from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { Task } from '../../src/train/task.ts'
import { ArticleNet } from '../support/article-net.ts'
import { difference, golden } from '../support/golden.ts'

type Numbers = Readonly<Record<string, readonly number[]>>
interface Run {
  readonly losses: readonly number[]
  readonly gradients: Numbers
  readonly state: Numbers
  readonly evaluation: number
}
interface Golden {
  readonly batch: number
  readonly first: Numbers
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly runs: Readonly<Record<string, Run>>
}

const { batch, first, x, y, runs } = golden<Golden>('mlp')
const examples = dataset({ x: Float32Array.from(x), y: Int32Array.from(y), classes: 10 })
const all = { x: examples.x.data, y: examples.y.data, length: examples.length }

function startingNet(dtype: 'float32' | 'float64'): ArticleNet {
  const model = new ArticleNet()
  for (const [name, variable] of variables(model)) {
    variable.toDType(dtype)
    variable.data = toData(variable.dtype, first[name]!)
  }
  return model
}

const optimizers: Readonly<Record<string, Optimizer>> = {
  plain: sgd({ lr: 0.1 }),
  momentum: sgd({ lr: 0.05, momentum: 0.9 }),
  dampening: sgd({ lr: 0.05, momentum: 0.9, dampening: 0.5 }),
  nesterov: sgd({ lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  decay: sgd({ lr: 0.1, weightDecay: 0.01 }),
  groups: sgd({ lr: 0.1, weightDecay: 0.01, groups: [{ match: 'bias|bn', weightDecay: 0, lr: 0.05 }] }),
  adam: adam({ lr: 0.01, beta1: 0.8, beta2: 0.99, eps: 1e-6, weightDecay: 0.01 }),
  adamw: adamw({ lr: 0.01, weightDecay: 0.1 }),
}

describe.each([
  ['float64', 1e-10],
  ['float32', 1e-4],
] as const)('in %s the article’s network agrees with PyTorch', (dtype, tolerance) => {
  test.each(Object.entries(runs))('over 50 steps of %s', async (name, run) => {
    const model = startingNet(dtype)
    const task = new Task({
      model,
      loss: crossEntropy,
      optimizer: optimizers[name]!,
      data: examples,
      dtype,
    })
    const { losses } = await task.learn(all, batch)
    expect(difference(losses, run.losses)).toBeLessThan(tolerance)
    for (const [name, wanted] of Object.entries(run.state)) {
      expect(difference(task.variables.get(name)!.data, wanted), name).toBeLessThan(tolerance)
    }
    const one = dataset({
      x: Float32Array.from(x.slice(0, batch * 100)),
      y: Int32Array.from(y.slice(0, batch)),
      classes: 10,
    })
    expect(difference([(await task.evaluate(one)).loss], [run.evaluation])).toBeLessThan(tolerance)
  })

  test('in the gradients of step 1', async () => {
    const weights = new Map([...variables(startingNet(dtype))].filter(([, v]) => v.trainable))
    const model = startingNet(dtype)
    const trained = [...variables(model)].filter(([name]) => weights.has(name))
    const step = await compile(
      { x: { shape: [batch, 100], dtype }, y: { shape: [batch], dtype: 'int32' } },
      ({ x, y }) => {
        const loss = crossEntropy(model.forward(x, 'train'), y)
        const slopes = gradients(
          loss,
          trained.map(([, v]) => v.value),
        )
        return Object.fromEntries(trained.map(([name], i) => [name, slopes[i]!]))
      },
    )
    const results = await step({
      x: toData(dtype, x.slice(0, batch * 100)),
      y: Int32Array.from(y.slice(0, batch)),
    })
    for (const [name, wanted] of Object.entries(runs.plain!.gradients)) {
      expect(difference(results[name]!, wanted), name).toBeLessThan(tolerance)
    }
  })
})
