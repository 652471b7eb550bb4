import { describe, expect, test } from 'vitest'
import * as schedule from '../../src/schedule/index.ts'
import { describe as describeRun } from '../../src/train/description.ts'
import type { EpochEvent } from '../../src/train/event.ts'
import { toLines } from '../../src/train/event-log.ts'
import { experiment } from '../../src/train/experiment.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { parseExperiment } from '../../src/train/spec.ts'
import { run, taskOf } from '../../src/train/train.ts'
import { clouds, toy } from '../support/toy.ts'

const some = {
  f1: metrics.f1(),
  auc: metrics.rocAuc(),
  top2: metrics.topK({ k: 2 }),
  confusion: metrics.confusionMatrix(),
}

async function epochsOf(setup: Parameters<typeof run>[0]): Promise<EpochEvent[]> {
  const epochs: EpochEvent[] = []
  for await (const event of run(setup)) if (event.type === 'epoch') epochs.push(event)
  return epochs
}

describe('an experiment with metrics', () => {
  test('measures them on the validation data after each epoch', async () => {
    const [first, second] = await epochsOf(toy({ metrics: some }))
    const { confusion, ...numbers } = second!.metrics!
    expect(Object.keys(numbers)).toEqual(['f1', 'auc', 'top2'])
    for (const value of Object.values(numbers)) expect(value).toBeGreaterThan(0.9)
    const matrix = confusion as number[][]
    expect(matrix.flat().reduce((a, b) => a + b)).toBe(30)
    expect((matrix[0]![0]! + matrix[1]![1]! + matrix[2]![2]!) / 30).toBeCloseTo(
      second!.validationAccuracy!,
      6,
    )
    expect(JSON.parse(toLines(first!)).metrics).toEqual(first!.metrics)
  })

  test('trains as one without', async () => {
    const plain = await epochsOf(toy())
    const measured = await epochsOf(toy({ metrics: some }))
    expect(measured.map(({ time, metrics, ...rest }) => rest)).toEqual(plain.map(({ time, ...rest }) => rest))
  })

  test('gives the same numbers whatever the batch of the evaluation, and changes no graph without them', async () => {
    const setup = toy({ metrics: some })
    const task = taskOf(setup)
    const whole = await task.evaluate(setup.data.validation, { batchSize: 30 })
    const odd = await task.evaluate(setup.data.validation, { batchSize: 7 })
    expect(odd.metrics).toEqual(whole.metrics)
    expect(Object.keys(await taskOf(toy()).evaluate(setup.data.validation))).toEqual(['loss', 'accuracy'])
  })

  test('says why a metric is not defined', async () => {
    const { train } = clouds()
    const { validation } = clouds(100, 1)
    const [epoch] = await epochsOf(toy({ data: { train, validation }, metrics: { auc: metrics.rocAuc() } }))
    expect(epoch!.metrics).toEqual({ auc: Number.NaN })
    expect(epoch!.reasons).toEqual({ auc: 'rocAuc: every label is 0; it compares two classes' })
    expect(toLines(epoch!)).toContain('"metrics":{"auc":null},"reasons":{"auc":"rocAuc: every label is 0;')
  })

  test('may be controlled by one', async () => {
    const control = [schedule.earlyStopping({ threshold: 10, thresholdMode: 'abs', patience: 1 })]
    const epochs = await epochsOf(toy({ metrics: some, monitor: 'f1', control, epochs: 9 }))
    expect(epochs.length).toBe(2)
  })

  test('tells of them in run.json, and may be plain JSON', async () => {
    const setup = toy({ metrics: { f1: metrics.f1() } })
    const spec = { f1: { type: 'f1', average: 'macro', zeroDivision: 0 } }
    expect(describeRun(setup, taskOf(setup))).toMatchObject({ metrics: spec })
    expect(describeRun(toy(), taskOf(toy()))).not.toHaveProperty('metrics')
    const parsed = await parseExperiment({
      data: 'digits10x10',
      model: [['Linear', 100, 10]],
      loss: 'crossEntropy',
      optimizer: { type: 'sgd', lr: 0.1 },
      batchSize: 100,
      epochs: 1,
      metrics: spec,
    })
    expect(parsed.metrics.f1!.spec).toEqual(spec.f1)
  })

  test('refuses what is no metric, and to follow what is no number', () => {
    const make = (changes: object) => () => experiment({ ...toy(), ...changes } as never)
    expect(make({ metrics: { f1: 'f1' } })).toThrow(
      'experiment: wanted metrics as metrics by name, such as { f1: train.metrics.f1() }, got {"f1":"f1"}',
    )
    const names = 'one of trainLoss, validationLoss, validationAccuracy'
    expect(make({ monitor: 'f1' })).toThrow(`experiment: wanted monitor as ${names}, got f1`)
    expect(make({ metrics: some, monitor: 'confusion' })).toThrow(
      'got "confusion"; confusion is not one number',
    )
  })
})
