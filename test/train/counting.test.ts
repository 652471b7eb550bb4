import { describe, expect, test } from 'vitest'
import { type Dataset, dataset } from '../../src/data/dataset.ts'
import type { Batch } from '../../src/data/loader.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { adam, type Optimizer, sgd } from '../../src/optim/index.ts'
import { DivergedError } from '../../src/train/diverged.ts'
import { Task } from '../../src/train/task.ts'
import type { TaskOptions } from '../../src/train/task-options.ts'
import { run, taskOf } from '../../src/train/train.ts'
import { difference } from '../support/golden.ts'
import { clouds, ToyNet, toy } from '../support/toy.ts'

// Which steps count, and what they change: gradient accumulation, and steps that are left out.

const { train: data } = clouds(96)
const stackOf = (examples: Dataset): Batch => ({
  x: examples.x.data,
  y: examples.y.data,
  length: examples.length,
})
const task = (options: Partial<TaskOptions> = {}): Task =>
  new Task({ model: new ToyNet(), loss: ops.crossEntropy, optimizer: sgd({ lr: 0.1 }), data, ...options })
const numbers = ({ variables }: Task): Record<string, number[]> =>
  Object.fromEntries([...variables].map(([name, { data }]) => [name, Array.from(data, Number)]))
const statistics = (of: Task): object =>
  Object.fromEntries(Object.entries(numbers(of)).filter(([name]) => /running|tracked/.test(name)))

describe('accumulation', () => {
  const plain = (): nn.Module => new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 3))
  const optimizers: Record<string, () => Optimizer> = {
    sgd: () => sgd({ lr: (step) => 0.1 / (step + 1) }),
    adam: () => adam({ lr: 0.01, clip: { norm: 0.5 } }),
  }

  test.each(Object.entries(optimizers))(
    'without batch normalization is one large batch to rounding: %s',
    async (_, make) => {
      const [whole, parts] = [1, 4].map((accumulate) =>
        task({
          model: plain(),
          optimizer: make(),
          dtype: 'float64',
          accumulate,
          log: { gradientNorm: true },
        }),
      )
      const [one, other] = [await whole!.learn(stackOf(data), 24), await parts!.learn(stackOf(data), 24)]
      expect(difference(other.losses, [...one.losses])).toBeLessThan(1e-12)
      expect(difference(other.logs!.gradientNorm!, Array.from(one.logs!.gradientNorm!))).toBeLessThan(1e-12)
      expect(other.lrs).toEqual(one.lrs)
      expect(parts!.steps).toBe(4)
      for (const [name, wanted] of Object.entries(numbers(whole!))) {
        expect(difference(numbers(parts!)[name]!, wanted), name).toBeLessThan(1e-12)
      }
    },
  )

  test('weights each example alike when a batch cannot be cut evenly', async () => {
    const [whole, parts] = [1, 5].map((accumulate) => task({ model: plain(), dtype: 'float64', accumulate }))
    await whole!.learn(stackOf(data), 32)
    await parts!.learn(stackOf(data), 32) // 6 + 6 + 7 + 6 + 7
    for (const [name, wanted] of Object.entries(numbers(whole!))) {
      expect(difference(numbers(parts!)[name]!, wanted), name).toBeLessThan(1e-12)
    }
  })

  test('exact is one large batch to the bit, statistics and all', async () => {
    const [whole, parts] = [1, { steps: 4, batchNorm: 'exact' } as const].map((accumulate) =>
      task({ accumulate }),
    )
    await whole!.learn(stackOf(data), 24)
    await parts!.learn(stackOf(data), 24)
    expect(numbers(parts!)).toEqual(numbers(whole!))
  })

  test('moves the running statistics with each micro-batch, and the weights once', async () => {
    const still = task({ optimizer: sgd({ lr: 0 }) })
    await still.learn(stackOf(data), 8)
    const accumulated = task({ accumulate: 12 })
    await accumulated.learn(stackOf(data), 96)
    const [wanted, got] = [statistics(still), statistics(accumulated)] as Record<string, number[]>[]
    for (const name of Object.keys(wanted!))
      expect(difference(got![name]!, wanted![name]!), name).toBeLessThan(1e-6)
    expect(accumulated.steps).toBe(1)
  })

  test('advances schedules, those of batch normalization too, once a step', async () => {
    const seen = new Set<number>()
    class Net extends ToyNet {
      override readonly bn: nn.BatchNorm1d = new nn.BatchNorm1d(8, {
        momentum: (step) => (seen.add(step) ? 0.1 : 0),
      })
    }
    const accumulated = task({
      model: new Net(),
      optimizer: sgd({ lr: (step) => 1 / (step + 1) }),
      accumulate: 4,
    })
    const { lrs } = await accumulated.learn(stackOf(data), 32)
    expect([...lrs]).toEqual([1, 1 / 2, 1 / 3])
    expect([...seen]).toEqual([0, 1, 2])
  })

  test('of a run takes batchSize examples a micro-batch', async () => {
    const changes = { batchSize: 8, accumulate: 3, epochs: 1, data: { train: data, validation: data } }
    const events = []
    for await (const event of run(toy(changes))) events.push(event)
    expect(events[0]).toMatchObject({ stepsPerEpoch: 4 })
    expect(events.at(-1)).toMatchObject({ steps: 4 })
    const exact = taskOf(toy({ ...changes, accumulate: { steps: 3, batchNorm: 'exact' } }))
    for await (const _ of run(toy({ ...changes, accumulate: { steps: 3, batchNorm: 'exact' } }), {
      task: exact,
    }));
    const large = taskOf(toy({ ...changes, accumulate: 1, batchSize: 24 }))
    for await (const _ of run(toy({ ...changes, accumulate: 1, batchSize: 24 }), { task: large }));
    expect(numbers(exact)).toEqual(numbers(large))
  })

  test('tells where a loss broke, and keeps the weights before that step', async () => {
    const broken = { ...stackOf(data), x: data.x.data.slice() as Float32Array }
    broken.x[2 * 60] = Number.NaN // in the second step of 48
    const accumulated = task({ accumulate: 4 })
    await expect(accumulated.learn(broken, 48)).rejects.toThrow(
      'train: wanted a finite loss, got NaN at step 1, lr 0.1; the first tensor that is not finite is x; lower the rate or warm up longer',
    )
    const first = task({ accumulate: 4 })
    await first.learn({ x: data.x.data.slice(0, 96), y: data.y.data.slice(0, 48), length: 48 }, 48)
    expect(numbers(accumulated)).toEqual(numbers(first))
    expect(accumulated.steps).toBe(1)
  })
})

describe('steps that are not finite', () => {
  /** 12 batches of 8, some of which have a NaN, and the same without them. */
  const withBad = (bad: readonly number[]): readonly [Batch, Batch] => {
    const x = data.x.data.slice() as Float32Array
    for (const batch of bad) x[batch * 16 + 5] = Number.NaN
    const kept = Array.from({ length: 96 }, (_, i) => i).filter((i) => !bad.includes(i >> 3))
    const good = {
      x: Float32Array.from(kept.flatMap((i) => [Number(data.x.data[2 * i]), Number(data.x.data[2 * i + 1])])),
      y: Int32Array.from(kept, (i) => Number(data.y.data[i])),
      length: kept.length,
    }
    return [{ x, y: data.y.data, length: 96 }, good]
  }
  const skip = { nonFinite: 'skip', optimizer: adam({ lr: (step) => 0.1 / (step + 1) }) } as const

  test.each([[[5]], [[0]], [[11]], [[3, 4, 9]], [[0, 1, 2, 3, 4, 5, 6]], [[...Array(12).keys()]]])(
    'are as if they had not been there: %j',
    async (bad) => {
      const [stack, good] = withBad(bad)
      const [skipping, without] = [task(skip), task(skip)]
      const { losses, lrs, skipped } = await skipping.learn(stack, 8)
      const wanted = good.length > 0 ? await without.learn(good, 8) : { losses: [], lrs: [] }
      expect([[...losses], [...lrs], skipped]).toEqual([[...wanted.losses], [...wanted.lrs], bad.length])
      expect(numbers(skipping)).toEqual(numbers(without))
      expect(skipping.steps).toBe(12 - bad.length)
    },
  )

  test('are found by their gradient where the loss is finite', async () => {
    // √0 is finite, and its slope is not.
    const loss: ops.Loss = (output, y) => ops.sqrt(ops.mul(ops.mean(ops.mul(output, output)), ops.mean(y)))
    const x = Float32Array.from(data.x.data, Number)
    const y = Float32Array.from({ length: 96 }, (_, i) => (i >> 3 === 4 ? 0 : 1))
    const targets = dataset({ x, y })
    const skipping = task({ ...skip, loss, data: targets })
    const { losses, skipped } = await skipping.learn({ x, y, length: 96 }, 8)
    expect([losses.length, skipped]).toEqual([11, 1])
    expect(Object.values(numbers(skipping)).flat().every(Number.isFinite)).toBe(true)
  })

  test('are left out of accumulated steps whole', async () => {
    const [stack] = withBad([5])
    const skipping = task({ ...skip, accumulate: 2 })
    const { losses, skipped } = await skipping.learn(stack, 16)
    expect([losses.length, skipped, skipping.steps]).toEqual([5, 1, 5])
    expect(Object.values(numbers(skipping)).flat().every(Number.isFinite)).toBe(true)
  })

  test('are an error unless told otherwise', async () => {
    await expect(task().learn(withBad([2])[0], 8)).rejects.toThrow(DivergedError)
  })

  test('of a run are counted in its events', async () => {
    const x = data.x.data.slice() as Float32Array
    x[7] = Number.NaN
    const split = { train: dataset({ x, y: data.y.data as Int32Array }), validation: data }
    const events = []
    for await (const event of run(toy({ data: split, nonFinite: 'skip', epochs: 2 }))) events.push(event)
    const steps = events.flatMap((event) => (event.type === 'steps' ? [event] : []))
    expect(steps.reduce((n, { skipped = 0 }) => n + skipped, 0)).toBe(2)
    expect(steps.reduce((n, { losses }) => n + losses.length, 0)).toBe(22)
    expect(events.at(-1)).toMatchObject({ steps: 22 })
  })

  test('cost no one anything who has none: the numbers are the same', async () => {
    const [one, other] = [task({ nonFinite: 'skip' }), task()]
    const done = await one.learn(stackOf(data), 8)
    expect(done).toEqual(await other.learn(stackOf(data), 8))
    expect(numbers(one)).toEqual(numbers(other))
  })
})
