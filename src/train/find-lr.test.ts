import { describe, expect, test } from 'vitest'
import { clouds, toy } from '../../test/support/toy.ts'
import { loader } from '../data/loader.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { findLearningRate } from './find-lr.ts'
import { writeSafetensors } from './safetensors.ts'
import { taskOf } from './train.ts'

const setup = toy({ data: clouds(1000), optimizer: sgd({ lr: 0.1, momentum: 0.9 }), batchSize: 32 })

describe('a range test', () => {
  test('finds rates that train, between one that is too low and one that breaks', async () => {
    const { lrs, losses, steepest, valley, minimumTenth, suggestion } = await findLearningRate(setup)
    expect(lrs[0]).toBe(1e-5)
    expect(lrs.length).toBe(losses.length)
    for (const rate of [steepest, valley, minimumTenth, suggestion]) {
      expect(rate).toBeGreaterThan(1e-4)
      expect(rate).toBeLessThan(1)
    }
    expect(suggestion).toBeCloseTo(Math.sqrt(valley * minimumTenth), 12)
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
      /^find-lr: wanted a curve of 10 steps or more, got \d before the loss broke; begin at a lower rate$/,
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

  test('says what it cannot do', async () => {
    await expect(findLearningRate(setup, { from: 1, to: 0.1 })).rejects.toThrow(
      'find-lr: wanted from < to, got from 1 and to 0.1',
    )
    await expect(findLearningRate(setup, { steps: 3 })).rejects.toThrow(
      'find-lr: wanted steps as an integer ≥ 20, got 3',
    )
  })
})
