import { describe, expect, test } from 'vitest'
import { collect, ToyNet, toy } from '../../test/support/toy.ts'
import { dataset } from '../data/dataset.ts'
import { loader } from '../data/loader.ts'
import type { Transform } from '../data/transform.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import * as schedule from '../schedule/index.ts'
import type { EpochEvent, TrainEvent } from './event.ts'
import { toLines } from './event-log.ts'
import { experiment } from './experiment.ts'
import { beginning } from './progress.ts'
import { writeSafetensors } from './safetensors.ts'
import { Task } from './task.ts'
import { run, taskOf } from './train.ts'

/** Event lines without what depends on the clock. */
const metrics = (events: readonly TrainEvent[]): string =>
  events.map((event) => toLines('time' in event ? ({ ...event, time: undefined } as never) : event)).join('')

describe('a run', () => {
  test('yields steps and epochs in order, and learns', async () => {
    const events = await collect(run(toy({ epochs: 3 })))
    const progress = beginning(toy())
    expect(events[0]).toEqual({
      type: 'start',
      stepsPerEpoch: 12,
      epochs: 3,
      steps: 36,
      parameters: 67,
      progress,
    })
    expect(events.at(-1)).toMatchObject({ type: 'end', steps: 36 })
    const steps = events.filter((event) => event.type === 'steps')
    let next = 0
    for (const event of steps) {
      expect(event.step).toBe(next)
      next += event.losses.length
    }
    expect(next).toBe(36)
    const epochs = events.filter((event) => event.type === 'epoch')
    expect(epochs.map((event) => [event.epoch, event.steps])).toEqual([
      [0, 12],
      [1, 24],
      [2, 36],
    ])
    expect(epochs[2]!.validationLoss).toBeLessThan(epochs[0]!.validationLoss)
    expect(epochs[2]!.validationAccuracy).toBeGreaterThan(0.9)
    const mean = steps.filter((e) => e.epoch === 0).flatMap((e) => Array.from(e.losses))
    expect(epochs[0]!.trainLoss).toBeCloseTo(mean.reduce((a, b) => a + b) / 12, 10)
  })

  test('ends after so many steps, in the middle of an epoch, with what the same steps give', async () => {
    const { epochs: _, ...rest } = toy()
    const events = await collect(run(experiment({ ...rest, steps: 17 })))
    expect(events[0]).toMatchObject({ stepsPerEpoch: 12, epochs: 2, steps: 17 })
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'steps', steps: 17 })
    const losses = (all: readonly TrainEvent[]) =>
      all.flatMap((event) => (event.type === 'steps' ? Array.from(event.losses) : []))
    expect(losses(events)).toEqual(losses(await collect(run(toy({ epochs: 2 })))).slice(0, 17))
    const epochs = events.filter((event) => event.type === 'epoch')
    expect(epochs.map(({ epoch, steps }) => [epoch, steps])).toEqual([
      [0, 12],
      [1, 17],
    ])
  })

  test('that was stopped after its last step, and before it was measured, is measured when it goes on', async () => {
    const { epochs: _, ...rest } = toy()
    const setup = experiment({ ...rest, steps: 17 })
    const task = taskOf(setup)
    let progress = beginning(setup)
    for await (const event of run(setup, { task })) {
      progress = event.progress
      if (event.type === 'steps' && progress.steps === 17) break
    }
    const events = await collect(run(setup, { task, progress }))
    expect(events.map(({ type }) => type)).toEqual(['start', 'epoch', 'end'])
    expect(events[1]).toMatchObject({ epoch: 1, steps: 17 })
    const over = events.at(-1)!.progress
    const again = await collect(run(setup, { task, progress: over }))
    expect(again.map(({ type }) => type)).toEqual(['start', 'end'])
  })

  test('of so many steps ends when none can be taken', async () => {
    const { epochs: _, ...rest } = toy()
    const setup = experiment({
      ...rest,
      steps: 17,
      nonFinite: 'skip',
      loss: (x, y) => ops.mul(ops.crossEntropy(x, y), Number.NaN),
    })
    await expect(collect(run(setup))).rejects.toThrow(
      'train: wanted 17 steps, got an epoch in which each would have made a number not finite; lower the rate, ' +
        'or look for numbers in the data that are not finite',
    )
  })

  test('normalises the model as it is told', () => {
    const names = (normalization: 'none' | 'layer') => [...taskOf(toy({ normalization })).variables.keys()]
    expect(names('none').filter((name) => name.startsWith('bn'))).toEqual([])
    expect(names('layer').filter((name) => name.startsWith('bn'))).toEqual(['bn.weight', 'bn.bias'])
  })

  test('needs a length', () => {
    const { epochs: _, ...rest } = toy()
    expect(() => experiment(rest)).toThrow(
      'experiment: wanted epochs or steps as a positive integer, got nothing',
    )
  })

  test('twice with one seed gives the same bytes, with another seed not', async () => {
    const once = async (seed: number) => {
      const setup = toy({ seed })
      const task = taskOf(setup)
      const events = await collect(run(setup, { task }))
      return { metrics: metrics(events), weights: writeSafetensors(task.variables) }
    }
    const [first, again, other] = [await once(0), await once(0), await once(1)]
    expect(again.metrics).toBe(first.metrics)
    expect(again.weights).toEqual(first.weights)
    expect(other.metrics).not.toBe(first.metrics)
  })

  test('K steps a call give the numbers of single steps', async () => {
    const setup = toy({ epochs: 1 })
    const [singles, stacked] = [taskOf(setup), taskOf(setup)]
    const losses: number[] = []
    const batches = loader(setup.data.train, { batchSize: 8, seed: 0, last: 'drop' })
    for (const batch of batches.batches(0)) losses.push(await singles.step(batch))
    for (const stack of batches.stacks(0, () => 5)) {
      const { losses: these } = await stacked.learn(stack, 8)
      expect([...these]).toEqual(losses.splice(0, these.length))
    }
    expect(writeSafetensors(stacked.variables)).toEqual(writeSafetensors(singles.variables))
    expect(stacked.steps).toBe(12)
  })

  test('drops the last batch of an epoch, or keeps it as a smaller step', async () => {
    const count = async (lastBatch: 'drop' | 'keep') =>
      ((await collect(run(toy({ lastBatch, epochs: 1 })))).at(-1) as { steps: number }).steps
    expect(await count('drop')).toBe(12)
    expect(await count('keep')).toBe(13)
  })

  test('changes the examples that it learns from, not those that it measures on', async () => {
    const blank: Transform = { name: 'blank', apply: ({ x }) => void x.fill(0) }
    const losses = async (changes: Parameters<typeof toy>[0]) => {
      const [epoch] = (await collect(run(toy({ epochs: 1, ...changes })))).filter((e) => e.type === 'epoch')
      return epoch as EpochEvent
    }
    const [blind, seeing] = [await losses({ transform: [blank] }), await losses({})]
    expect(blind.trainLoss).toBeGreaterThan(seeing.trainLoss)
    const { train, validation } = toy().data
    const zeros = new Float32Array(train.x.data.length)
    const zeroed = { train: { ...train, x: { ...train.x, data: zeros } }, validation }
    expect(await losses({ data: zeroed })).toMatchObject({
      trainLoss: blind.trainLoss,
      validationLoss: blind.validationLoss,
    })
  })

  test('stops where its caller stops, with the weights of that event', async () => {
    const setup = toy()
    const task = taskOf(setup)
    for await (const event of run(setup, { task })) {
      if (event.type !== 'steps') continue
      expect(task.steps).toBe(event.step + event.losses.length)
      break
    }
    expect(task.steps).toBeLessThan(24)
    expect(await task.step([...loader(setup.data.train, { batchSize: 8 }).batches(0)][0]!)).toBeGreaterThan(0)
  })

  test('in float64 goes the same way as in float32', async () => {
    const last = async (dtype: 'float32' | 'float64') =>
      (await collect(run(toy({ dtype })))).flatMap((e) => (e.type === 'epoch' ? [e.validationLoss] : []))
    const [single, double] = [await last('float32'), await last('float64')]
    for (const [i, loss] of double.entries()) expect(single[i]).toBeCloseTo(loss, 4)
    expect(single).not.toEqual(double)
  })
})

test('a step learns from the rows of its batch, also when they were changed', async () => {
  const setup = toy()
  const [batch, same, changed] = [0, 0, 0].map(
    () => [...loader(setup.data.train, { batchSize: 8 }).batches(0)][0]!,
  )
  const loss = await taskOf(setup).step(batch!)
  expect(await taskOf(setup).step({ ...same! })).toBe(loss)
  ;(changed!.x as Float32Array).fill(0)
  expect(await taskOf(setup).step(changed!)).not.toBe(loss)
})

describe('evaluation', () => {
  test('changes nothing, and weights an odd last batch by its size', async () => {
    const setup = toy()
    const task = taskOf(setup)
    const before = writeSafetensors(task.variables)
    const whole = await task.evaluate(setup.data.validation, { batchSize: 30 })
    const odd = await task.evaluate(setup.data.validation, { batchSize: 7 })
    expect(odd.loss).toBeCloseTo(whole.loss, 6)
    expect(odd.accuracy).toBeCloseTo(whole.accuracy!, 10)
    expect(writeSafetensors(task.variables)).toEqual(before)
  })

  test('of targets that are no labels has no accuracy', async () => {
    const data = dataset({ x: new Float32Array(8), y: Float32Array.of(0, 0, 0, 0) })
    const loss = (output: Parameters<typeof ops.mul>[0], y: typeof output) =>
      ops.mean(ops.add(ops.mean(output as never), ops.mean(y as never)))
    const task = new Task({ model: new ToyNet(), loss: loss as never, optimizer: sgd({ lr: 0.1 }), data })
    expect(Object.keys(await task.evaluate(data))).toEqual(['loss'])
  })
})

describe('control by the learning curve', () => {
  const epochs = async (changes: Parameters<typeof toy>[0]) => {
    const events = await collect(run(toy(changes)))
    return { epochs: events.flatMap((e) => (e.type === 'epoch' ? [e] : [])), end: events.at(-1) }
  }
  const never = { threshold: 10, thresholdMode: 'abs' } as const

  test('multiplies the rate of any schedule, from the next step on', async () => {
    const control = [schedule.reduceOnPlateau({ ...never, patience: 0, factor: 0.5 })]
    const optimizer = sgd({ lr: (step) => (step < 24 ? 0.1 : 0.2) })
    const { epochs: all } = await epochs({ control, optimizer, epochs: 4 })
    expect(all.map(({ lr, lrFactor }) => [lr, lrFactor])).toEqual([
      [0.1, 1],
      [0.1, 0.5],
      [0.1, 0.25],
      [0.05, 0.125],
    ])
  })

  test('ends a run that does not get better', async () => {
    const control = [schedule.earlyStopping({ ...never, patience: 2 })]
    const { epochs: all, end } = await epochs({ control, epochs: 9 })
    expect(all.length).toBe(3)
    expect(end).toMatchObject({ type: 'end', reason: 'control', steps: 36 })
    expect((await epochs({})).end).toMatchObject({ reason: 'epochs' })
  })

  test('may follow another metric', async () => {
    const control = [schedule.earlyStopping({ ...never, patience: 1 })]
    const { epochs: all } = await epochs({ control, monitor: 'trainLoss', epochs: 9 })
    expect(all.length).toBe(2)
  })
})
