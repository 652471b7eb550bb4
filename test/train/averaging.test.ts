import { describe, expect, test } from 'vitest'
import type { Batch, Loader } from '../../src/data/loader.ts'
import * as ops from '../../src/ops/index.ts'
import { type BatchNormPolicy, scheduleFreeSgd, sgd } from '../../src/optim/index.ts'
import { writeSafetensors } from '../../src/train/safetensors.ts'
import { Task } from '../../src/train/task.ts'
import type { TaskOptions } from '../../src/train/task-options.ts'
import { clouds, ToyNet } from '../support/toy.ts'

const { train: data, validation } = clouds(96)
const stack: Batch = { x: data.x.data, y: data.y.data, length: 96 }
const ema = (batchNorm: BatchNormPolicy) => sgd({ lr: 0.1, average: { type: 'ema', decay: 0.9, batchNorm } })
const task = (options: Partial<TaskOptions> = {}): Task =>
  new Task({ model: new ToyNet(), loss: ops.crossEntropy, optimizer: ema('copy'), data, ...options })

describe('averages', () => {
  test('are what evaluation sees, and change nothing about training', async () => {
    const [averaged, plain] = [task(), task({ optimizer: sgd({ lr: 0.1 }) })]
    await averaged.learn(stack, 8)
    await plain.learn(stack, 8)
    expect(writeSafetensors(averaged.variables)).toEqual(writeSafetensors(plain.variables))
    const before = writeSafetensors(averaged.variables)
    expect((await averaged.evaluate(validation)).loss).not.toBe((await plain.evaluate(validation)).loss)
    expect(writeSafetensors(averaged.variables)).toEqual(before)
  })

  test('are not used before there are any', async () => {
    const [averaged, plain] = [task(), task({ optimizer: sgd({ lr: 0.1 }) })]
    expect(await averaged.evaluate(validation)).toEqual(await plain.evaluate(validation))
  })

  test('have running statistics by policy', async () => {
    const means = async (batchNorm: BatchNormPolicy) => {
      const of = task({ optimizer: ema(batchNorm), recalibrate: async (model) => void mark(model as ToyNet) })
      await of.learn(stack, 8)
      const training = of.variables.get('bn.running_mean')!.data.slice()
      const seen = await of.atEvaluation(async () => of.variables.get('bn.running_mean')!.data.slice())
      expect(of.variables.get('bn.running_mean')!.data).toEqual(training)
      return { training, seen }
    }
    const mark = ({ bn }: ToyNet): void => {
      bn.runningMean!.data = new Float32Array(8).fill(7)
    }
    const [copy, average, recalibrate] = [
      await means('copy'),
      await means('average'),
      await means('recalibrate'),
    ]
    expect(copy.seen).toEqual(copy.training)
    expect(average.seen).not.toEqual(average.training)
    expect(average.seen.every((v) => Number(v) < 7)).toBe(true)
    expect(recalibrate.seen).toEqual(new Float32Array(8).fill(7))
  })

  test('are measured on batches of the training data, at the averages', async () => {
    const seen: [number, number, boolean][] = []
    const of = task({
      optimizer: ema('recalibrate'),
      recalibrate: async (model, batches) => {
        const same = of.variables.get('fc1.weight')!.data === trained
        seen.push([batches.batchSize, (batches as Loader).length, same])
        expect(model).toBe(of.model)
      },
    })
    await of.learn(stack, 8)
    const trained = of.variables.get('fc1.weight')!.data
    await of.evaluate(validation, { batchSize: 8 })
    expect(seen).toEqual([[8, 12, false]])
  })

  test('are not learnt from by mistake', async () => {
    const of = task()
    await of.learn(stack, 8)
    await expect(of.atEvaluation(() => of.learn(stack, 8))).rejects.toThrow(
      'task: wanted one call at a time, got learn during evaluation; train before or after atEvaluation',
    )
    const learning = of.learn(stack, 8)
    await expect(of.learn(stack, 8)).rejects.toThrow(
      'task: wanted one call at a time, got learn during learn; await the first',
    )
    await learning
    expect((await of.learn(stack, 8)).losses.length).toBe(12)
  })
})

test('Schedule-Free evaluates at its average', async () => {
  const seen: boolean[] = []
  const of = task({
    optimizer: scheduleFreeSgd({ lr: 0.5 }),
    recalibrate: async () => void seen.push(true),
  })
  await of.learn(stack, 8)
  const y = of.variables.get('fc1.weight')!.data
  const x = await of.atEvaluation(async () => of.variables.get('fc1.weight')!.data)
  expect(x).not.toEqual(y)
  expect(seen).toEqual([true])
})

test('running statistics may be measured anew before each evaluation, without any average', async () => {
  let calls = 0
  const of = task({
    optimizer: sgd({ lr: 0.1 }),
    recalibrateBeforeEvaluation: true,
    recalibrate: async () => void calls++,
  })
  await of.learn(stack, 8)
  await of.evaluate(validation)
  await of.evaluate(validation)
  expect(calls).toBe(2)
})
