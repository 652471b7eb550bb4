import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import type { Batch } from '../../src/data/batch.ts'
import { dataset, digits10x10, loader } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import {
  type Experiment,
  type ExperimentOptions,
  experiment,
  run,
  type Task,
  type TrainEvent,
  taskOf,
} from '../../src/train/index.ts'
import type { Communicator } from '../../src/train/parallel/communicator.ts'
import { ArticleNet } from '../support/article-net.ts'
import { ranksInProcess } from '../support/ranks.ts'
import { clouds, collect, ToyNet, toy } from '../support/toy.ts'

type Local = { readonly averageEvery?: number; readonly averageFrom?: number }
type Changes = Partial<ExperimentOptions>

/** Makes a task of the toy experiment on each rank. */
const tasksOn = (communicators: readonly Communicator[], changes: Changes, local: Local = {}): Task[] =>
  communicators.map((communicator) =>
    taskOf(toy({ threads: 1, ...changes }), { parallel: { communicator, ...local } }),
  )

const tasksOf = (size: number, changes: Changes, local: Local = {}): Task[] =>
  tasksOn(ranksInProcess(size), changes, local)

const stateOf = (task: Task): number[] =>
  [...task.variables.values(), ...task.optimizerState.values()].flatMap(({ data }) =>
    Array.from(data, Number),
  )

/** Largest difference between the states of two tasks. */
const distance = (a: Task, b: Task): number => {
  const other = stateOf(b)
  return Math.max(...stateOf(a).map((value, i) => Math.abs(value - other[i]!)))
}

const batchesOf = (size: number, count: number): Batch[] =>
  [...loader(clouds().train, { batchSize: size, seed: 0 }).batches(0)].slice(0, count)

/** Takes a step on each batch, on all ranks. @returns losses of rank 0 */
async function train(tasks: readonly Task[], batches: readonly Batch[]): Promise<number[]> {
  const losses: number[] = []
  for (const batch of batches) {
    const each = await Promise.all(tasks.map((task) => task.step(batch)))
    expect(new Set(each).size).toBe(1)
    losses.push(each[0]!)
  }
  return losses
}

class GhostNet extends ToyNet {
  override readonly bn: nn.BatchNorm1d

  constructor(virtualBatchSize: number) {
    super()
    this.bn = new nn.BatchNorm1d(8, { virtualBatchSize })
  }
}

describe('N ranks of batch B train as one process with ghost batches of B', () => {
  for (const size of [2, 4]) {
    for (const [dtype, most] of [
      ['float32', 1e-6],
      ['float64', 1e-12],
    ] as const) {
      test(`${size} ranks in ${dtype}: weights, optimizer and running statistics within ${most} after a step`, async () => {
        const optimizer = sgd({ lr: 0.1, momentum: 0.9, weightDecay: 1e-3, clip: { norm: 0.5 } })
        const tasks = tasksOf(size, { dtype, optimizer })
        const ghost = taskOf(toy({ threads: 1, dtype, optimizer, model: () => new GhostNet(8 / size) }))
        const batches = batchesOf(8, 3)
        const losses = await train(tasks, batches.slice(0, 1))
        expect(Math.abs(losses[0]! - (await ghost.step(batches[0]!)))).toBeLessThan(most)
        expect(distance(tasks[0]!, ghost)).toBeLessThan(most)
        expect(distance(tasks[0]!, ghost)).toBeGreaterThanOrEqual(0)
        // Without ghost batches, a step differs by far more.
        const plain = taskOf(toy({ threads: 1, dtype, optimizer }))
        await plain.step(batches[0]!)
        expect(distance(tasks[0]!, plain)).toBeGreaterThan(1e-3)
        for (const batch of batches.slice(1)) await train(tasks, [batch])
        for (const task of tasks) expect(distance(tasks[0]!, task)).toBe(0)
      })
    }
  }

  test("the article's network: losses within 1e-6 over 20 steps in float32, within 1e-13 over 200 in float64", async () => {
    for (const [dtype, steps, most] of [
      ['float32', 20, 1e-6],
      ['float64', 200, 1e-13],
    ] as const) {
      const two = await articleRanks(dtype, steps)
      const one = lossesIn(await collect(run(article({ dtype, steps, model: () => new GhostArticle() }))))
      expect(two).toHaveLength(steps)
      expect(Math.max(...two.map((loss, i) => Math.abs(loss - one[i]!)))).toBeLessThan(most)
    }
  })

  test("the article's network: the losses of a process that accumulates two halves, bit for bit", async () => {
    const one = await collect(run(article({ dtype: 'float32', steps: 100, batchSize: 32, accumulate: 2 })))
    expect(await articleRanks('float32', 100)).toEqual(lossesIn(one))
  })
})

class GhostArticle extends ArticleNet {
  override readonly bn: nn.BatchNorm1d = new nn.BatchNorm1d(100, { virtualBatchSize: 32 })
}

/** The article's experiment, with some other options. */
const article = ({ steps = 1, ...changes }: Changes): Experiment =>
  experiment({
    data: digits10x10(),
    model: () => new ArticleNet(),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: schedule.lambda(0.1, 'step / (step + 1)') }),
    batchSize: 64,
    threads: 1,
    steps,
    ...changes,
  })

/** Returns the losses of the article's experiment on two ranks. */
async function articleRanks(dtype: 'float32' | 'float64', steps: number): Promise<readonly number[]> {
  const own = article({ dtype, steps })
  const each = ranksInProcess(2).map(async (communicator) =>
    lossesIn(await collect(run(own, { task: taskOf(own, { parallel: { communicator } }) }))),
  )
  const [first, second] = await Promise.all(each)
  expect(first).toEqual(second)
  return first!
}

const lossesIn = (events: readonly TrainEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'steps' ? Array.from(event.losses) : []))

describe('a step of several ranks', () => {
  test('divides accumulated micro-batches among them', async () => {
    class Plain extends ToyNet {
      override forward(x: Tensor): Tensor {
        return this.fc2.forward(ops.relu(this.fc1.forward(x)))
      }
    }
    const changes: Changes = { dtype: 'float64', accumulate: 4, model: () => new Plain() }
    const tasks = tasksOf(2, changes)
    const one = taskOf(toy({ threads: 1, ...changes }))
    const batches = batchesOf(32, 2)
    await train(tasks, batches)
    for (const batch of batches) await one.step(batch)
    expect(distance(tasks[0]!, one)).toBeLessThan(1e-14)
  })

  test('counts weights of examples and of classes over all ranks', async () => {
    const { train: all, validation } = clouds()
    const weights = Float64Array.from({ length: all.length }, (_, i) => (i % 7) / 3)
    const { x, y } = all
    const weighted = dataset({ x: x.data as Float32Array, y: y.data as Int32Array, classes: 3, weights })
    const changes: Changes = {
      data: { train: weighted, validation },
      dtype: 'float64',
      model: () => new GhostNet(4),
      loss: (scores, labels) => ops.crossEntropy(scores, labels, { weight: [1, 2, 5] }),
    }
    const tasks = tasksOf(2, changes)
    const one = taskOf(toy({ threads: 1, ...changes }))
    const batches = [...loader(weighted, { batchSize: 8, seed: 0 }).batches(0)].slice(0, 2)
    const losses = await train(tasks, batches)
    for (const [i, batch] of batches.entries())
      expect(Math.abs((await one.step(batch)) - losses[i]!)).toBeLessThan(1e-12)
    expect(distance(tasks[0]!, one)).toBeLessThan(1e-12)
  })

  test('weighs the examples of unequal shares of a last batch equally', async () => {
    class Plain extends ToyNet {
      override forward(x: Tensor): Tensor {
        return this.fc2.forward(ops.relu(this.fc1.forward(x)))
      }
    }
    const changes: Changes = { dtype: 'float64', model: () => new Plain(), lastBatch: 'keep' }
    const tasks = tasksOf(2, changes)
    const one = taskOf(toy({ threads: 1, ...changes }))
    const batches = batchesOf(7, 2)
    await train(tasks, batches)
    for (const batch of batches) await one.step(batch)
    expect(distance(tasks[0]!, one)).toBeLessThan(1e-14)
  })

  test('draws other masks of dropout on each rank', async () => {
    class Dropped implements nn.Module {
      readonly scale = new nn.Linear(2, 3)
      readonly drop = new nn.Dropout(0.5)
      forward(x: Tensor, mode: nn.Mode): Tensor {
        return this.drop.forward(this.scale.forward(x), mode)
      }
    }
    const { train: all } = clouds()
    // Both ranks get the same examples: with equal masks, their gradients would be those of one rank.
    const half = Int32Array.from({ length: 4 }, (_, i) => i)
    const same = [
      ...loader(
        dataset({
          x: new Float32Array(16).fill(1),
          y: Int32Array.from([...half, ...half], (i) => i % 3),
          classes: 3,
        }),
        { batchSize: 8 },
      ).batches(0),
    ]
    const changes: Changes = { data: { train: all, validation: all }, model: () => new Dropped() }
    const tasks = tasksOf(2, changes)
    const one = taskOf(toy({ threads: 1, ...changes, batchSize: 4 }))
    await train(tasks, same)
    await one.step(
      [
        ...loader(dataset({ x: new Float32Array(8).fill(1), y: half.map((i) => i % 3), classes: 3 }), {
          batchSize: 4,
        }).batches(0),
      ][0]!,
    )
    expect(distance(tasks[0]!, one)).toBeGreaterThan(1e-3)
  })

  test('fails on all ranks when one fails, and changes nothing', async () => {
    const [first, second] = ranksInProcess(2)
    const tasks = tasksOn([first!, second!], {})
    const [batch] = batchesOf(8, 1)
    const y = Int32Array.from(batch!.y as Int32Array)
    y[6] = 9
    const before = stateOf(tasks[0]!)
    const done = await Promise.allSettled(tasks.map((task) => task.step({ x: batch!.x, y, length: 8 })))
    expect(done.map((one) => String((one as PromiseRejectedResult).reason))).toEqual([
      'RankError: train: wanted all ranks to train, got an error on another rank; see its message',
      expect.stringContaining('got 9'),
    ])
    expect(stateOf(tasks[0]!)).toEqual(before)
  })

  test('skips a batch on all ranks when it would not be finite', async () => {
    const tasks = tasksOf(2, { nonFinite: 'skip' })
    const [good, bad] = batchesOf(8, 2)
    const x = Float32Array.from(bad!.x as Float32Array)
    x[15] = Number.NaN
    const stack = {
      x: Float32Array.from([...(good!.x as Float32Array), ...x]),
      y: Int32Array.from([...(good!.y as Int32Array), ...(bad!.y as Int32Array)]),
      length: 16,
    }
    const done = await Promise.all(tasks.map((task) => task.learn(stack, 8)))
    expect(done.map(({ losses, skipped }) => [losses.length, skipped])).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(distance(tasks[0]!, tasks[1]!)).toBe(0)
  })
})

describe('local SGD', () => {
  test('averages weights and optimizer states after every k steps', async () => {
    const optimizer = sgd({ lr: 0.1, momentum: 0.9 })
    const tasks = tasksOf(2, { dtype: 'float64', optimizer }, { averageEvery: 2 })
    const alone = [0, 1].map(() => taskOf(toy({ threads: 1, dtype: 'float64', optimizer, batchSize: 4 })))
    const batches = batchesOf(8, 2)
    const x = batches.flatMap((batch) => Array.from(batch.x as Float32Array))
    const y = batches.flatMap((batch) => Array.from(batch.y as Int32Array))
    const stack = { x: Float32Array.from(x), y: Int32Array.from(y), length: 16 }
    const each = await Promise.all(tasks.map((task) => task.learn(stack, 8)))
    const losses: number[][] = []
    for (const [rank, task] of alone.entries()) {
      const own = batches.map(({ x, y }) => ({
        x: x.slice(8 * rank, 8 * rank + 8),
        y: y.slice(4 * rank, 4 * rank + 4),
        length: 4,
      }))
      losses.push([await task.step(own[0]!), await task.step(own[1]!)])
    }
    const [a, b] = alone.map(stateOf)
    const mean = a!.map((value, i) => (value + b![i]!) / 2)
    expect(Math.max(...stateOf(tasks[0]!).map((value, i) => Math.abs(value - mean[i]!)))).toBeLessThan(1e-15)
    expect(distance(tasks[0]!, tasks[1]!)).toBe(0)
    expect(Array.from(each[0]!.losses)).toEqual([0, 1].map((k) => (losses[0]![k]! + losses[1]![k]!) / 2))
  })

  test('with an average after every step of plain SGD, is the averaging of gradients', async () => {
    const local = tasksOf(2, { dtype: 'float64' }, { averageEvery: 1 })
    const tasks = tasksOf(2, { dtype: 'float64' })
    for (const batch of batchesOf(8, 5)) await Promise.all([train(local, [batch]), train(tasks, [batch])])
    expect(distance(local[0]!, tasks[0]!)).toBeLessThan(1e-14)
  })

  test('begins at averageFrom, and does not depend on the number of steps in a call', async () => {
    const local = { averageEvery: 4, averageFrom: 6 }
    const optimizer = adamw({ lr: 0.01 })
    const whole = tasksOf(2, { optimizer }, local)
    const single = tasksOf(2, { optimizer }, local)
    const synchronous = tasksOf(2, { optimizer })
    const batches = batchesOf(8, 12)
    const stack = (from: number, to: number): Batch => ({
      x: Float32Array.from(batches.slice(from, to).flatMap(({ x }) => Array.from(x as Float32Array))),
      y: Int32Array.from(batches.slice(from, to).flatMap(({ y }) => Array.from(y as Int32Array))),
      length: 8 * (to - from),
    })
    const losses = await Promise.all(whole.map((task) => task.learn(stack(0, 12), 8)))
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 8],
      [8, 12],
    ] as const)
      await Promise.all(single.map((task) => task.learn(stack(from, to), 8)))
    expect(stateOf(whole[0]!)).toEqual(stateOf(single[1]!))
    const all = await Promise.all(synchronous.map((task) => task.learn(stack(0, 12), 8)))
    const [a, b] = [losses[0]!.losses, all[0]!.losses].map((one) => Array.from(one))
    expect(a!.slice(0, 7)).toEqual(b!.slice(0, 7))
    expect(a!.slice(8)).not.toEqual(b!.slice(8))
  })

  test('stops all ranks at a loss that is not finite on one', async () => {
    const tasks = tasksOf(2, {}, { averageEvery: 2 })
    const before = stateOf(tasks[0]!)
    const [batch] = batchesOf(8, 1)
    const x = Float32Array.from(batch!.x as Float32Array)
    x[15] = Number.NaN
    const done = await Promise.allSettled(
      tasks.map((task) => task.step({ ...batch!, x, y: batch!.y, length: 8 })),
    )
    for (const one of done)
      expect(String((one as PromiseRejectedResult).reason)).toContain(
        'wanted a finite loss, got NaN at step 0',
      )
    for (const task of tasks) expect(stateOf(task)).toEqual(before)
  })
})

describe('a run of several ranks', () => {
  const runs = (tasks: readonly Task[], changes: Changes, given: (rank: number) => object = () => ({})) =>
    Promise.all(
      tasks.map((task, rank) => collect(run(toy({ threads: 1, ...changes }), { task, ...given(rank) }))),
    )

  test('begins on all ranks in the state of rank 0, and ends in one state', async () => {
    const tasks = tasksOf(2, {})
    for (const { data } of tasks[1]!.trained.values()) (data as Float32Array).fill(0.5)
    expect(stateOf(tasks[1]!)).not.toEqual(stateOf(tasks[0]!))
    const [a, b] = await runs(tasks, {})
    expect(distance(tasks[0]!, tasks[1]!)).toBe(0)
    expect(lossesIn(a!)).toEqual(lossesIn(b!))
    const epochs = (events: readonly TrainEvent[]) =>
      events.flatMap((event) => (event.type === 'epoch' ? [event.validationLoss] : []))
    expect(epochs(a!)).toHaveLength(2)
    expect(epochs(a!)).toEqual(epochs(b!))
  })

  test('is controlled alike on all ranks', async () => {
    const changes: Changes = { epochs: 9, control: [schedule.earlyStopping({ patience: 1, threshold: 10 })] }
    const [a, b] = await runs(tasksOf(2, changes), changes)
    expect(a!.at(-1)).toMatchObject({ type: 'end', reason: 'control' })
    expect(b!.at(-1)).toMatchObject({
      type: 'end',
      reason: 'control',
      steps: (a!.at(-1) as { steps: number }).steps,
    })
  })

  for (const local of [{}, { averageEvery: 5 }]) {
    test(`stops on all ranks after the same step when one is asked to (${JSON.stringify(local)})`, async () => {
      const changes: Changes = { epochs: 50 }
      const tasks = tasksOf(2, changes, local)
      const controller = new AbortController()
      const follow = async (task: Task, signal?: AbortSignal): Promise<unknown> => {
        try {
          for await (const event of run(toy({ threads: 1, ...changes }), { task, ...(signal && { signal }) }))
            if (event.type === 'epoch' && event.epoch === 1) controller.abort()
        } catch (error) {
          return error
        }
        return undefined
      }
      const [a, b] = await Promise.all([follow(tasks[0]!), follow(tasks[1]!, controller.signal)])
      expect(String(a)).toContain('wanted to train on, got a request to stop on another rank; resume the run')
      expect(b).toBe(controller.signal.reason)
      expect(tasks[0]!.steps).toBeGreaterThan(23)
      expect(tasks[0]!.steps).toBeLessThan(600)
      expect(tasks.map(({ steps }) => steps)).toEqual([tasks[0]!.steps, tasks[0]!.steps])
      expect(distance(tasks[0]!, tasks[1]!)).toBe(0)
    })
  }
})

describe('an experiment that ranks cannot share is refused', () => {
  const refused = (size: number, changes: Changes, local: Local, message: string): void =>
    expect(() => tasksOf(size, changes, local)).toThrow(message)

  test('by a batch that the number of ranks does not divide', () => {
    refused(
      3,
      {},
      {},
      'train: wanted a number of examples per step that 3 ranks can share, got 8; set batchSize to a multiple of 3, such as 9',
    )
  })

  test('by a last batch with fewer examples than ranks', () => {
    refused(
      8,
      { lastBatch: 'keep' },
      {},
      "train: wanted a last batch of an epoch with an example for each of 8 ranks, got 4; set lastBatch: 'drop', or another batchSize",
    )
  })

  test('by what single ranks would log or skip', () => {
    const wanted = 'train: wanted an experiment that ranks can train together, got '
    refused(
      2,
      { log: { batchNorm: true } },
      {},
      `${wanted}log.batchNorm with 2 ranks; --set log.batchNorm=false`,
    )
    refused(
      2,
      { log: { gradientNorm: true } },
      { averageEvery: 2 },
      `${wanted}log.gradientNorm with averageEvery; --set log.gradientNorm=false`,
    )
    refused(
      2,
      { nonFinite: 'skip' },
      { averageEvery: 2 },
      `${wanted}nonFinite skip with averageEvery; --set nonFinite=throw`,
    )
  })
})
