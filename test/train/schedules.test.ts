/** Schedules in runs: lengths that are fractions of the run, and lengths in steps that do not fit it. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import type { StepsEvent } from '../../src/train/event.ts'
import * as train from '../../src/train/index.ts'
import { collect, toy } from '../support/toy.ts'

/** 12 steps an epoch. */
const ratesOf = async (experiment: train.Experiment): Promise<number[]> => {
  const events = await collect(train.run(experiment))
  return events.flatMap((e) => (e.type === 'steps' ? Array.from((e as StepsEvent).lrs) : []))
}
const lossesOf = async (experiment: train.Experiment): Promise<number[]> => {
  const events = await collect(train.run(experiment))
  return events.flatMap((e) => (e.type === 'steps' ? Array.from((e as StepsEvent).losses) : []))
}

describe('percentages', () => {
  const relative = { optimizer: sgd({ lr: 'warmup 25% + cosine 0.1 to 0' }) }
  const text = (warm: number, all: number) => `warmup ${warm} + cosine 0.1 to 0 over ${all - warm}`

  test('are of the run, however its length is given', async () => {
    const values = (steps: number) => schedule.values(schedule.parse(text(steps / 4, steps)), steps)
    expect(await ratesOf(toy({ ...relative, epochs: 2 }))).toEqual(values(24))
    expect(await ratesOf(toy({ ...relative, epochs: 2, steps: 20 }))).toEqual(values(20))
    expect(await ratesOf(train.override(toy(relative), ['epochs=1']))).toEqual(values(12))
    expect(await ratesOf(train.override(toy(relative), ['epochs=1', 'lastBatch=keep']))).toEqual(values(13))
    expect(await ratesOf(train.override(toy(relative), ['epochs=1', 'batchSize=25']))).toEqual(values(4))
    const set = ['epochs=1', 'optimizer.lr=warmup 25% + cosine 0.1 to 0']
    expect(await ratesOf(train.override(toy(), set))).toEqual(values(12))
  })

  test('are kept in steps in the description of a run', () => {
    const described = (changes: Parameters<typeof toy>[0]) => {
      const setup = toy({ epochs: 2, ...changes })
      return train.describe(setup, train.taskOf(setup))
    }
    const absolute = { optimizer: sgd({ lr: text(6, 24) }) }
    expect(described(relative)).toMatchObject({ optimizer: described(absolute).optimizer as object })
    expect(JSON.stringify(described(relative).optimizer)).not.toContain('%')
  })

  test('stand for other hyperparameters, in groups, clipping and averages, too', async () => {
    const options = (length: schedule.StepCount) => {
      const fall = (from: number) => schedule.polynomial(from, { totalIters: length })
      return sgd({
        lr: 0.1,
        momentum: fall(0.9),
        weightDecay: fall(0.1),
        groups: [{ match: 'fc1', lr: fall(0.2) }],
        clip: { norm: schedule.constantFactor(1, { factor: 0.5, totalIters: length }) },
        average: { type: 'ema', decay: fall(0.9) },
      })
    }
    const losses = (length: schedule.StepCount) => lossesOf(toy({ epochs: 1, optimizer: options(length) }))
    expect(await losses('50%')).toEqual(await losses(6))
    expect(await losses('50%')).not.toEqual(await losses(12))
  })

  test('stand in layers, in training and where statistics are measured anew', async () => {
    const make = (length: schedule.StepCount) => () =>
      new nn.Sequential(
        new nn.Linear(2, 8),
        new nn.BatchNorm1d(8, {
          momentum: schedule.polynomial(0.9, { totalIters: length, endValue: 0.1 }),
          renorm: { rMax: schedule.linear(3, { totalIters: length }) },
        }),
        new nn.Dropout(schedule.polynomial(0.5, { totalIters: length })),
        new nn.Linear(8, 3),
      )
    const all = async (length: schedule.StepCount) => {
      const setup = toy({ epochs: 2, model: make(length), recalibrateBeforeEvaluation: true })
      const events = await collect(train.run(setup))
      return events.flatMap((e) => (e.type === 'epoch' ? [e.trainLoss, e.validationLoss] : []))
    }
    expect(await all('50%')).toEqual(await all(12))
    expect(await all('50%')).not.toEqual(await all(24))
  })

  test.each([
    ['linear 0.5 to 1.5', '0.1', '2.p', 7],
    ['0.1', 'linear 0.5 to 1.5', '1.momentum', 7],
    ['0.1', 'linear 0.5 to -0.5', '1.momentum', 7],
  ])('that leave 0 to 1 are refused, at the step: %s, %s', async (p, momentum, name, step) => {
    const part = (text: string) => (text === '0.1' ? 0.1 : text)
    const model = () =>
      new nn.Sequential(
        new nn.Linear(2, 3),
        new nn.BatchNorm1d(3, { momentum: part(momentum) }),
        new nn.Dropout(part(p)),
      )
    await expect(lossesOf(toy({ epochs: 1, model }))).rejects.toThrow(
      `${name}: wanted a number from 0 to 1 at step ${step}, got`,
    )
  })

  test('may be written as text in layers', async () => {
    const make = (p: string, momentum: string) => () =>
      new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3, { momentum }), new nn.Dropout(p))
    const losses = (...texts: [string, string]) => lossesOf(toy({ epochs: 1, model: make(...texts) }))
    expect(await losses('linear 0.5', 'cosine 0.9 to 0.1')).toEqual(
      await losses('linear 0.5 to 0 over 12', 'cosine 0.9 to 0.1 over 12'),
    )
  })

  test('need a run', async () => {
    const { data, model, loss } = toy()
    const optimizer = sgd({ lr: 'cosine 0.1 to 0' })
    const make = (scheduleSteps?: number) =>
      new train.Task({
        model: model({} as never),
        loss,
        optimizer,
        data: data.train,
        ...(scheduleSteps && { scheduleSteps }),
      })
    expect(() => make()).toThrow(
      'Task: wanted scheduleSteps, the number of steps that percentages in schedules refer to, got nothing',
    )
    expect(make(10).lr(5)).toBeCloseTo(0.05, 15)
    const net = model({} as never)
    nn.initialize(net, 0)
    const attached = optimizer.attach(nn.variables(net))
    const step = await compile({ x: { shape: [2, 2] } }, ({ x }) => {
      const loss = ops.mean(net.forward(x, 'train'))
      attached.minimize(loss)
      return { loss }
    })
    await expect(step({ x: new Float32Array(4) })).rejects.toThrow(
      'give it with schedule.over(schedule, steps)',
    )
  })

  test('of a task for a run of another length are refused', async () => {
    const task = train.taskOf(toy({ ...relative, epochs: 1 }))
    await expect(collect(train.run(toy({ ...relative, epochs: 2 }), { task }))).rejects.toThrow(
      'run: wanted a task whose percentages in schedules refer to 24 steps, got 12; make it of this experiment, ' +
        'or give both the same scheduleSteps',
    )
    const kept = toy({ ...relative, epochs: 2, scheduleSteps: 12 })
    expect((await collect(train.run(kept, { task }))).at(-1)).toMatchObject({ steps: 24 })
  })

  test('of a stream need its steps', () => {
    const { train: source, validation } = toy().data
    const stream = { x: source.x, y: source.y, classes: 3, read: async function* () {} }
    const setup = toy({ ...relative, data: { train: stream, validation } as never })
    expect(() => train.taskOf(setup)).toThrow(
      'experiment: wanted steps or scheduleSteps where schedules have percentages and the training data are a ' +
        'stream, got nothing; name them, such as --set steps=1000',
    )
    expect(train.taskOf({ ...setup, scheduleSteps: 40 }).lr(25)).toBeCloseTo(0.05, 12)
  })

  test('do not disturb a range test', async () => {
    const found = await train.findLearningRate(
      toy({ optimizer: sgd({ lr: 'cosine 1 to 0', momentum: 'linear 0.9 to 0.5' }) }),
      { steps: 60 },
    )
    expect(found.suggestion).toBeGreaterThan(0)
  })
})
