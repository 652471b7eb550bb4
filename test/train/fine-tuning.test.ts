import { describe, expect, test } from 'vitest'
import { dataset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import * as optim from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { assignAll } from '../../src/train/assign-weights.ts'
import { Task } from '../../src/train/task.ts'
import { difference, golden } from '../support/golden.ts'

interface Golden {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly runs: Readonly<
    Record<
      string,
      {
        readonly first: Readonly<Record<string, readonly number[]>>
        readonly losses: readonly number[]
        readonly last: Readonly<Record<string, readonly number[]>>
      }
    >
  >
}

const numbers = golden<Golden>('unfreezing')
const [batch, border] = [6, 4]
const given = dataset({
  x: Float64Array.from(numbers.x),
  y: Int32Array.from(numbers.y),
  shape: [3],
  classes: 4,
})

const build = () =>
  new nn.Sequential(
    new nn.Linear(3, 5, { bias: false }), // batch normalization cancels a bias
    new nn.BatchNorm1d(5),
    new nn.Linear(5, 5),
    new nn.Tanh(),
    new nn.Linear(5, 4),
  )

const groups = [
  { match: '^[01]\\.', from: border, lrScale: 0.5 },
  { match: '^2\\.', trainable: false },
]
const lr = (step: number): number => 0.1 / (1 + step)
const options: Readonly<Record<string, object>> = {
  sgd: { momentum: 0.9, dampening: 0.5, weightDecay: 0.01 },
  adamw: { weightDecay: 0.01 },
  adagrad: { lrDecay: 0.1 },
}

function taskOf(kind: string, more: object = {}): Task {
  const model = nn.toDType(build(), 'float64')
  const tensors = Object.entries(numbers.runs[kind]!.first).map(([name, data]) => {
    const { shape, dtype } = nn.variables(model).get(name)!
    const typed = dtype === 'int64' ? BigInt64Array.from(data, BigInt) : Float64Array.from(data)
    return [name, { shape, dtype, data: typed }] as const
  })
  assignAll(nn.variables(model), new Map(tensors), 'golden')
  const optimizer = optim.parse({ type: kind, lr, groups, ...options[kind] })
  return new Task({
    model,
    loss: crossEntropy,
    optimizer,
    data: given,
    dtype: 'float64',
    threads: 1,
    ...more,
  })
}
const stack = { x: given.x.data, y: given.y.data, length: given.length }

describe('weights that learn from a step on, and some that never do', () => {
  test.each(Object.keys(numbers.runs))('learn as in PyTorch: %s', async (kind) => {
    const { losses, last } = numbers.runs[kind]!
    const task = taskOf(kind)
    const done = await task.learn(stack, batch)
    expect(difference(done.losses, losses)).toBeLessThan(1e-10)
    for (const [name, wanted] of Object.entries(last)) {
      expect(difference(task.variables.get(name)!.data, wanted), name).toBeLessThan(1e-10)
    }
    expect([...task.optimizerState.keys()].filter((name) => /\.2\./.test(name))).toEqual([])
  })

  test('learn alike step by step, and from micro-batches that are accumulated', async () => {
    const whole = taskOf('adamw')
    await whole.learn(stack, batch)
    const single = taskOf('adamw')
    for (let step = 0; step < given.length / batch; step++) {
      const [from, to] = [step * batch, (step + 1) * batch]
      const part = { x: stack.x.slice(3 * from, 3 * to), y: stack.y.slice(from, to), length: batch }
      await single.step(part)
    }
    const dataOf = (task: Task) => [...task.variables.values()].map(({ data }) => data)
    expect(dataOf(single)).toEqual(dataOf(whole))
    const frozen = taskOf('adamw', { accumulate: 2 })
    nn.freeze(frozen.model)
    await frozen.learn(stack, batch)
    const reference = taskOf('adamw')
    nn.freeze(reference.model)
    await reference.learn(stack, batch)
    for (const [i, data] of dataOf(frozen).entries()) {
      expect(difference(data, Array.from(dataOf(reference)[i]!, Number))).toBeLessThan(1e-12)
    }
  })

  test('are those of the same task after other weights were locked by name', async () => {
    const task = taskOf('adamw')
    const before = [...task.variables].map(([name, { data }]) => [name, data] as const)
    nn.requiresGrad(task.model, false, /^(2\.bias|4\.weight)/)
    await task.learn(stack, batch)
    const moved = before.filter(([name, data]) => task.variables.get(name)!.data !== data)
    expect(moved.map(([name]) => name)).toEqual([
      '0.weight',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
      '4.bias',
    ])
    expect(task.parameters).toBe(15 + 5 + 5 + 4)
  })
})

describe('batch normalization', () => {
  const statistics = async (change: (model: nn.Sequential) => void): Promise<boolean> => {
    const model = build()
    change(model)
    const task = new Task({ model, loss: crossEntropy, optimizer: optim.sgd({ lr: 0.1 }), data: given })
    const before = task.variables.get('1.running_mean')!.data
    await task.learn(stack, batch)
    return task.variables.get('1.running_mean')!.data !== before
  }

  test('keeps its statistics while its scale and shift are locked, unless it is unfrozen', async () => {
    expect(await statistics(() => {})).toBe(true)
    expect(await statistics((model) => nn.requiresGrad(model, false, /^1\./))).toBe(false)
    expect(await statistics((model) => nn.requiresGrad(model, false, /^1\.weight/))).toBe(true)
    expect(await statistics((model) => nn.unfreeze(nn.requiresGrad(model, false, /^1\./)))).toBe(true)
    expect(await statistics((model) => nn.freeze(model))).toBe(false)
  })

  test('that a group locks keeps its statistics when others are estimated again', async () => {
    const model = new nn.Sequential(build(), new nn.Linear(4, 4), new nn.BatchNorm1d(4))
    const optimizer = optim.sgd({ lr: 0.1, groups: [{ match: '^0\\.', trainable: false }] })
    const task = new Task({
      model,
      loss: crossEntropy,
      optimizer,
      data: given,
      recalibrateBeforeEvaluation: true,
    })
    await task.learn(stack, batch)
    const means = () => ['0.1', '2'].map((name) => task.variables.get(`${name}.running_mean`)!.data)
    const before = means()
    const during = await task.atEvaluation(async () => means())
    expect(during.map((data, i) => data === before[i])).toEqual([true, false])
  })
})

describe('weights that stop to learn', () => {
  const until = { groups: [{ match: '^1\\.', until: border }] }
  const trained = async (optimizer: object, lock: (model: object) => void): Promise<Task> => {
    const task = taskOf('sgd', { optimizer: optim.sgd({ lr, momentum: 0.9, ...optimizer }) })
    const [before, after] = [border * batch, stack.length]
    const part = (from: number, to: number) => ({
      x: stack.x.slice(3 * from, 3 * to),
      y: stack.y.slice(from, to),
      length: to - from,
    })
    await task.learn(part(0, before), batch)
    lock(task.model)
    await task.learn(part(before, after), batch)
    return task
  }
  const values = ({ variables, optimizerState }: Task): object[] =>
    [...variables, ...optimizerState].map(([name, { data }]) => [name, data])

  test('at a step learn as if they were locked by hand before it, and freeze their batch normalization', async () => {
    const byHand = await trained({}, (model) => nn.requiresGrad(model, false, /^1\./))
    const byGroup = await trained(until, () => {})
    expect(values(byGroup)).toEqual(values(byHand))
    expect(byGroup.variables.get('1.num_batches_tracked')!.data).toEqual(BigInt64Array.of(BigInt(border)))
    const never = await trained({}, () => {})
    expect(values(byGroup)).not.toEqual(values(never))
  })

  test('within a call take the same steps as in calls of their own', async () => {
    const task = taskOf('sgd', { optimizer: optim.sgd({ lr, momentum: 0.9, ...until }) })
    await task.learn(stack, batch)
    expect(values(task)).toEqual(values(await trained(until, () => {})))
  })
})

test('another optimizer trains what the groups of the first one locked', async () => {
  const model = build()
  const first = optim.sgd({ lr: 0.1, groups: [{ match: '^[0-2]\\.', trainable: false }] })
  const head = new Task({ model, loss: crossEntropy, optimizer: first, data: given })
  expect(head.parameters).toBe(5 * 4 + 4)
  await head.learn(stack, batch)
  const all = new Task({ model, loss: crossEntropy, optimizer: optim.sgd({ lr: 0.01 }), data: given })
  const before = all.variables.get('0.weight')!.data
  await all.learn(stack, batch)
  expect(all.variables.get('0.weight')!.data).not.toBe(before)
})

test('gradual unfreezing begins with the last layer', () => {
  const model = build()
  expect(optim.gradualUnfreezing(optim.layersOf(model), { every: 10 })).toEqual([
    { match: '^0\\.', from: 30 },
    { match: '^1\\.', from: 20 },
    { match: '^2\\.', from: 10 },
    { match: '^4\\.', from: 0 },
  ])
})

describe('errors', () => {
  const attach = (groups: readonly object[], model: object = build()) =>
    optim.sgd({ lr: 0.1, groups } as never).attach(nn.variables(model))

  test.each<[string, () => unknown, string]>([
    [
      'a match that hits nothing',
      () => nn.requiresGrad(build(), false, /^5\./),
      'requiresGrad: wanted match as an expression that matches the name of a weight, got /^5\\./; ' +
        'the names are 0.weight, 1.weight, 1.bias, 2.weight, 2.bias and 2 more',
    ],
    [
      'a match that is text',
      () => nn.requiresGrad(build(), false, '^5' as never),
      'requiresGrad: wanted match as a regular expression, got "^5"; such as /^body\\./',
    ],
    [
      'no value',
      () => nn.requiresGrad(build(), undefined as never),
      'requiresGrad: wanted value as true or false, got nothing',
    ],
    [
      'a module without weights',
      () => nn.requiresGrad(new nn.ReLU(), true),
      'requiresGrad: wanted match as an expression that matches the name of a weight, got nothing; ' +
        'the module has no weights',
    ],
    [
      'a statistic',
      () => {
        const bn = new nn.BatchNorm1d(2)
        bn.runningMean!.trainable = true
      },
      'variable: wanted trainable to stay false: it is no weight, got true',
    ],
    [
      'no truth value',
      () => {
        new nn.Linear(1, 1).weight.trainable = 1 as never
      },
      'variable: wanted trainable as true or false, got 1',
    ],
    [
      'all weights locked',
      () => attach([], nn.requiresGrad(build(), false)),
      'sgd: wanted a weight that learns from step 0, got none: all are locked; unlock some with nn.requiresGrad',
    ],
    [
      'all weights waiting',
      () => attach([{ match: '.', from: 7 }]),
      'sgd: wanted a weight that learns from step 0, got none before step 7; leave some out of the groups with from',
    ],
    [
      'all weights stopped',
      () => attach([{ match: '.', until: 7 }]),
      'sgd: wanted a weight that learns in each step, got none at step 7; leave some out of the groups with until',
    ],
    [
      'an end before the beginning',
      () => attach([{ match: '^1', from: 7, until: 7 }]),
      'sgd: wanted until as a step after from, 7, got 7',
    ],
    [
      'a group that hits nothing',
      () => attach([{ match: '^body', trainable: false }]),
      'sgd: wanted groups[0].match as an expression that matches the name of a trained weight, got "^body"; ' +
        'the names are 0.weight, 1.weight, 1.bias, 2.weight, 2.bias and 2 more',
    ],
    [
      'a step that is no number',
      () => attach([{ match: '.', from: '10%' }]),
      'sgd: wanted from as an integer ≥ 0, got "10%"',
    ],
    [
      'a period of 0',
      () => optim.gradualUnfreezing(['a'], { every: 0 }),
      'gradualUnfreezing: wanted every as a positive integer, got 0',
    ],
    [
      'no layers',
      () => optim.gradualUnfreezing([], { every: 1 }),
      'gradualUnfreezing: wanted one or more layers, got none',
    ],
  ])('%s', (_, cause, message) => {
    expect(cause).toThrow(message)
  })

  test('a weight that was locked when the task was made', async () => {
    const model = nn.requiresGrad(build(), false, /^0\./)
    const task = new Task({ model, loss: crossEntropy, optimizer: optim.sgd({ lr: 0.1 }), data: given })
    await task.learn(stack, batch)
    nn.requiresGrad(model, true)
    await expect(task.learn(stack, batch)).rejects.toThrow(
      'sgd: wanted weights that were unlocked when the optimizer was attached, got "0.weight"; ' +
        'unlock it before, and lock it after making the task',
    )
  })

  test('a step of your own that does not say which weights are locked', async () => {
    const model = nn.initialize(build(), 0)
    const optimizer = attach([{ match: '^0', trainable: false }], model)
    const inputs = { x: { shape: [6, 3] }, y: { shape: [6], dtype: 'int32' } } as const
    const step = (at: <T>(body: () => T) => T) =>
      compile(inputs, ({ x, y }) =>
        at(() => {
          const loss = crossEntropy(model.forward(x, 'train'), y)
          optimizer.minimize(loss)
          return { loss }
        }),
      )
    await expect(step((body) => body())).rejects.toThrow(
      'sgd: wanted a step traced inside optimizer.at(step, body), since groups lock weights, got nothing; ' +
        'write optimizer.at(0, () => …)',
    )
    const compiled = await step((body) => optimizer.at(0, body))
    expect(compiled.traced.variables.has('0.weight#0')).toBe(true)
  })
})
