import { describe, expect, test } from 'vitest'
import { clouds, toy } from '../../test/support/toy.ts'
import { random } from '../core/random.ts'
import type { Tensor } from '../core/tensor.ts'
import { dataset } from '../data/dataset.ts'
import { loader } from '../data/loader.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import * as schedule from '../schedule/index.ts'
import { findLearningRate } from './find-lr.ts'
import { writeSafetensors } from './safetensors.ts'
import { taskOf } from './train.ts'

/** A loss that differs between batches and between no weights. */
const still: ops.Loss = (output, target) =>
  ops.add(ops.mul(ops.crossEntropy(output, target), 0), ops.mean(ops.cast(target, 'float32')))

const setup = toy({ data: clouds(1000), optimizer: sgd({ lr: 0.1, momentum: 0.9 }), batchSize: 32 })

const seeds = [0, 1, 2, 3]
describe('a range test', () => {
  test('finds rates that train, between one that is too low and one that breaks', async () => {
    const { lrs, losses, flat, steepest, valley, minimumTenth, suggestion } = await findLearningRate(setup)
    expect(flat).toBe(false)
    expect(lrs[0]).toBe(1e-5)
    expect(lrs.length).toBe(losses.length)
    for (const rate of [steepest, valley, minimumTenth, suggestion]) {
      expect(rate).toBeGreaterThan(1e-4)
      expect(rate).toBeLessThan(1)
    }
    expect(suggestion).toBeCloseTo(Math.sqrt(valley! * minimumTenth!), 12)
  })

  test('is exponential, and takes the steps it is told to', async () => {
    const { lrs } = await findLearningRate(setup, { from: 1e-4, to: 1e-2, steps: 41 })
    expect(lrs.length).toBe(41)
    expect(lrs[20]).toBeCloseTo(1e-3, 12)
    expect(lrs[40]).toBeCloseTo(1e-2, 12)
  })

  test('leaves no trace, to the bit: training goes on as if it had never been', async () => {
    const [tested, plain] = [taskOf(setup), taskOf(setup)]
    const batches = loader(setup.data.train, { batchSize: 32, seed: 0, last: 'drop' })
    const train = async (task: typeof tested, epoch: number) => {
      for (const stack of batches.stacks(epoch, () => 4)) await task.learn(stack, 32)
    }
    for (const task of [tested, plain]) await train(task, 0)
    const before = writeSafetensors(tested.variables)
    await findLearningRate(setup, { task: tested })
    expect(writeSafetensors(tested.variables)).toEqual(before)
    for (const task of [tested, plain]) await train(task, 1)
    expect(writeSafetensors(tested.variables)).toEqual(writeSafetensors(plain.variables))
    expect(writeSafetensors(tested.optimizerState)).toEqual(writeSafetensors(plain.optimizerState))
    expect(tested.steps).toBe(plain.steps)
  })

  test('puts everything back when it breaks as well', async () => {
    const task = taskOf(setup)
    const before = writeSafetensors(task.variables)
    await expect(findLearningRate(setup, { task, from: 1e30, to: 1e31, steps: 20 })).rejects.toThrow(
      /^findLearningRate: wanted a curve of 10 steps or more, got \d before the loss broke; begin at a lower rate$/,
    )
    expect(writeSafetensors(task.variables)).toEqual(before)
  })

  test("keeps the ratio of a group's rate to the common one", async () => {
    const options = { from: 1e-4, to: 1e-2, steps: 40 }
    const curveOf = async (groups: object[]) =>
      (await findLearningRate({ ...setup, optimizer: sgd({ lr: 0.1, groups: groups as never }) }, options))
        .losses
    const [ratio, scale] = [
      await curveOf([{ match: 'fc2', lr: 0.025 }]),
      await curveOf([{ match: 'fc2', lrScale: 0.25 }]),
    ]
    expect(ratio.length).toBe(40)
    for (const [i, loss] of ratio.entries()) expect(loss).toBeCloseTo(scale[i]!, 6)
    const alike = await curveOf([])
    expect(Math.abs(alike.at(-1)! - ratio.at(-1)!)).toBeGreaterThan(1e-3)
  })

  test("keeps the ratio of a group's rate to that of a schedule, at their peaks", async () => {
    const options = { from: 1e-4, to: 1e-2, steps: 40 }
    const curveOf = async (lr: never, own: never) =>
      (
        await findLearningRate(
          { ...setup, optimizer: sgd({ lr, groups: [{ match: 'fc2', lr: own }] }) },
          options,
        )
      ).losses
    const ramp = schedule.oneCycle(0.2, { totalSteps: 62 })
    const numbers = await curveOf(0.1 as never, 0.025 as never)
    for (const [i, loss] of (await curveOf(ramp as never, 0.05 as never)).entries())
      expect(loss).toBeCloseTo(numbers[i]!, 4)
    const frozen = await curveOf(0.1 as never, 0 as never)
    expect(await curveOf(ramp as never, 0 as never)).toEqual(frozen)
    expect(frozen.at(-1)).not.toBeCloseTo(numbers.at(-1)!, 3)
  })

  test('takes the steps of training: accumulated ones are those of the large batch', async () => {
    const net = () => new nn.Sequential(new nn.Linear(2, 3)) // without batch normalization
    const curveOf = (changes: object) =>
      findLearningRate(toy({ data: clouds(96), model: net, ...changes }), { steps: 60, to: 1 })
    const [large, parts, small] = await Promise.all(
      [{ batchSize: 32 }, { batchSize: 8, accumulate: 4 }, { batchSize: 8 }].map(curveOf),
    )
    for (const [i, loss] of parts!.losses.entries()) expect(loss).toBeCloseTo(large!.losses[i]!, 5)
    expect(parts!.suggestion).toBeCloseTo(large!.suggestion!, 6)
    expect(small!.losses[0]).not.toBeCloseTo(large!.losses[0]!, 2)
  })

  test('takes the batches of training: those of its sampler, and a small rest if there is no full one', async () => {
    const sampler = { count: 32, order: () => new Int32Array(32) } // one example of class 0, over and over
    const seen = await findLearningRate(toy({ sampler, batchSize: 32, model: () => new nn.Linear(2, 3) }), {
      steps: 40,
    })
    expect(seen.losses[9]).toBeCloseTo(seen.losses[0]!, 3) // batches do not differ
    const few = toy({ data: clouds(20), batchSize: 32, lastBatch: 'keep' })
    expect((await findLearningRate(few, { steps: 40 })).losses.length).toBe(40)
  })

  test('suggests the same rates for a loss that is shifted below 0', async () => {
    const shifted: ops.Loss = (output, target) => ops.sub(ops.crossEntropy(output, target), 10)
    const options = { steps: 200, from: 1e-3, to: 1 }
    const [plain, below] = await Promise.all(
      [ops.crossEntropy, shifted].map((loss) => findLearningRate({ ...setup, loss }, options)),
    )
    expect(below!.losses.length).toBe(200)
    expect(below!.suggestion).toBeCloseTo(plain!.suggestion!, 6)
    const broken: ops.Loss = (output, target) =>
      ops.sub(ops.mseLoss(ops.mean(output, [1]), ops.cast(target, 'float32')), 5)
    const model = () => new nn.Linear(2, 3)
    const stopped = await findLearningRate({ ...setup, model, loss: broken }, { to: 100 })
    expect(stopped.losses.length).toBeLessThan(600)
    expect(stopped.losses.at(-1)).toBeLessThan(1e3)
  })

  test.each<[string, object, object]>([
    ['a loss that does not depend on the weights', { loss: still }, {}],
    ['a loss that is always 0', { loss: (o: Tensor, t: Tensor) => ops.mul(ops.crossEntropy(o, t), 0) }, {}],
    ['rates that are too low', {}, { from: 1e-9, to: 1e-6 }],
  ])('suggests nothing for %s: the curve is flat', async (_, changes, options) => {
    const found = await findLearningRate(toy({ data: clouds(300), ...changes }), { steps: 200, ...options })
    expect(Object.keys(found)).toEqual(['lrs', 'losses', 'flat'])
    expect(found.flat).toBe(true)
  })

  test.each(seeds)('sees a loss that falls late, seed %i', async (seed) => {
    const regression = (n: number) => {
      const source = random('falls late', seed)
      const x = Float32Array.from({ length: 4 * n }, () => source.normal())
      const y = Int32Array.from({ length: n }, (_, i) => (x[4 * i]! + 0.3 * source.normal() > 0 ? 1 : 0))
      return { train: dataset({ x, y, classes: 2 }), validation: dataset({ x, y, classes: 2 }) }
    }
    const few = { data: regression(96), seed, model: () => new nn.Sequential(new nn.Linear(4, 2)) }
    expect((await findLearningRate(toy({ ...few, batchSize: 16 }), { steps: 60, to: 1 })).flat).toBe(false)
    const model = () => new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8), new nn.Linear(8, 2))
    const parts = toy({ ...few, model, batchSize: 4, accumulate: 4 })
    expect((await findLearningRate(parts, { steps: 60, to: 1 })).flat).toBe(false)
  })

  test.each(seeds)('sees no fall in noise alone, seed %i', async (seed) => {
    const source = random('noise alone', seed)
    const x = Float32Array.from({ length: 4 * 960 }, () => source.normal())
    const train = dataset({ x, y: Float32Array.from({ length: 960 }, () => source.normal()) })
    const model = () => {
      const norm = new nn.LayerNorm(4) // its bias starts at 0, the best there is
      return { norm, forward: (x: Tensor) => ops.sum(ops.mul(x, norm.bias!.value), [1]) }
    }
    const noise = toy({ data: { train, validation: train }, model, loss: ops.mseLoss, batchSize: 16, seed })
    expect((await findLearningRate(noise, { steps: 60, to: 0.1 })).flat).toBe(true)
  })

  test('refuses a kept last batch of one that batch normalization cannot train on, before the first step', async () => {
    const kept = toy({ data: clouds(81), batchSize: 16, lastBatch: 'keep' })
    await expect(findLearningRate(kept, { steps: 60 })).rejects.toThrow(
      /^findLearningRate: wanted a last batch of an epoch to train on, got 1 example, where .*; set lastBatch: 'drop', or another batchSize$/,
    )
  })

  test('says what it cannot do', async () => {
    await expect(findLearningRate(setup, { from: 1, to: 0.1 })).rejects.toThrow(
      'findLearningRate: wanted from < to, got from 1 and to 0.1',
    )
    await expect(findLearningRate(setup, { steps: 3 })).rejects.toThrow(
      'findLearningRate: wanted steps as an integer ≥ 20, got 3',
    )
  })
})
