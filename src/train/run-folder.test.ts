import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { killedRuns } from '../../test/support/killed-runs.ts'
import { clouds, ToyNet, toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import type * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { describe as described } from './description.ts'
import { readSteps } from './event-log.ts'
import type { ExperimentOptions } from './experiment.ts'
import { RunFolder, restore } from './run-folder.ts'
import { taskOf } from './train.ts'

const { root, setup, train, read, metrics, checkpoints, resume } = killedRuns()

describe('a run folder', () => {
  test('says what was asked for, and what happened, a step a line', async () => {
    await train('plain', undefined, { notes: { versions: { evenstep: '1' } } })
    expect(JSON.parse(read('plain', 'run.json').toString())).toMatchObject({
      batchSize: 8,
      seed: 0,
      loss: 'crossEntropy',
      optimizer: { type: 'sgd', lr: { type: 'constant', value: 0.1 }, momentum: 0.9 },
      control: [{ type: 'reduceOnPlateau', patience: 0 }],
      model: { 'fc1.weight': [8, 2], 'bn.num_batches_tracked': [] },
      data: { train: { length: 100, x: [2], classes: 3 } },
      versions: { evenstep: '1' },
    })
    const lines = read('plain', 'events.jsonl')
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter((l) => l.type === 'step').map((l) => l.step)).toEqual(
      Array.from({ length: 48 }, (_, i) => i),
    )
    expect(lines.map((l) => l.type).filter((t) => t !== 'step')).toEqual([
      'start',
      ...Array(4).fill('epoch'),
      'end',
    ])
  })

  test('resumed from anywhere writes the bytes of a run that was never stopped', async () => {
    await train('whole')
    for (let stop = 1; stop < 20; stop++) {
      const name = `stopped-${stop}`
      await train(name, stop)
      await train(name, 2, resume)
      await train(name, undefined, resume)
      expect(metrics(name)).toBe(metrics('whole'))
      expect(read(name, 'model.safetensors')).toEqual(read('whole', 'model.safetensors'))
      for (const file of ['model.safetensors', 'optimizer.safetensors']) {
        const last = join('checkpoints', checkpoints('whole').at(-1)!, file)
        expect(read(name, last)).toEqual(read('whole', last))
      }
    }
  })

  test('keeps the last checkpoints and the best one', async () => {
    const found = checkpoints('whole')
    const epochs = metrics('whole')
      .split('\n')
      .filter((l) => l.includes('"epoch"'))
      .flatMap((l) => {
        const event = JSON.parse(l.replace(/,}$/, '}'))
        return event.type === 'epoch' ? [event] : []
      })
    const best = epochs.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a))
    expect(found).toContain(`step-${String(best.steps).padStart(8, '0')}`)
    expect(found).toContain('step-00000048')
    expect(found.length).toBeLessThanOrEqual(3)
  })

  test('a finished run that is resumed stays as it is, and may be given more epochs', async () => {
    await train('more', undefined, {}, setup({ epochs: 2 }))
    await train('more', undefined, resume)
    expect(read('more', 'model.safetensors')).toEqual(read('whole', 'model.safetensors'))
  })

  test('refuses a folder with a run, and one without', async () => {
    await expect(train('whole')).rejects.toThrow(
      `${join(root, 'whole')}: wanted a new folder, got one with a run; resume it, or choose another`,
    )
    await expect(train('nowhere', 1, resume)).rejects.toThrow(
      `${join(root, 'nowhere')}: wanted a run to resume, got no such folder`,
    )
  })

  test('killed before it had written anything begins', async () => {
    mkdirSync(join(root, 'empty'))
    await train('empty', undefined, resume)
    expect(metrics('empty')).toBe(metrics('whole'))
  })

  test('refuses a model or a loss that computes something else, by graphs that say nothing of machines', async () => {
    class Net extends ToyNet {
      override forward(x: Tensor, mode: nn.Mode): Tensor {
        return this.fc2.forward(this.bn.forward(ops.tanh(this.fc1.forward(x)), mode))
      }
    }
    const versions = { evenstep: '1.0.0' }
    await train('graph', 8, { notes: { versions } })
    const other = (changes: Partial<ExperimentOptions>, evenstep = '1.0.0') =>
      train('graph', 1, { ...resume, notes: { versions: { evenstep } } }, setup(changes))
    const refusal =
      `${join(root, 'graph')}: wanted the experiment of this run, got a model or a loss that computes something else; ` +
      'change it back, or begin another run'
    await expect(other({ model: () => new Net() })).rejects.toThrow(refusal)
    const crossEntropy = (output: Tensor, y: Tensor): Tensor => ops.mul(ops.crossEntropy(output, y), 2)
    Object.defineProperty(crossEntropy, 'name', { value: ops.crossEntropy.name })
    await expect(other({ loss: crossEntropy })).rejects.toThrow(refusal)
    await other({ loss: crossEntropy }, '1.0.1') // may make other graphs of the same
    await other({})
    const graphOf = (changes: Partial<ExperimentOptions>): unknown => {
      const one = setup(changes)
      return described(one, taskOf(one)).graph
    }
    const graph = graphOf({})
    expect(graph).toBe(JSON.parse(read('graph', 'run.json').toString()).graph)
    expect(graphOf({ seed: 3 })).toBe(graph)
    expect(graphOf({ threads: 2 })).toBe(graph)
    expect(graphOf({ device: 'wasm' })).toBe(graph)
    expect(graphOf({ batchSize: 16 })).not.toBe(graph)
  })

  test('refuses another experiment, other data, and a damaged description', async () => {
    await train('same', 8)
    const other = (changes: Partial<ExperimentOptions>) => train('same', 1, resume, setup(changes))
    await expect(other({ batchSize: 16 })).rejects.toThrow(
      `${join(root, 'same')}: wanted the experiment of this run, got batchSize 16 where it was 8`,
    )
    const { train: examples, validation } = clouds()
    ;(examples.x.data as Float32Array)[0]! += 1
    await expect(other({ data: { train: examples, validation } })).rejects.toThrow(
      'wanted the data that the run began with, got other data; resume with the same files',
    )
    writeFileSync(join(root, 'same', 'run.json'), '{')
    await expect(other({})).rejects.toThrow('run.json: wanted JSON, got something else; the file is damaged')
  })
})

test.each([4, Number.POSITIVE_INFINITY])(
  'a checkpoint that cannot be written is an error of the run, left after %d events',
  async (stop) => {
    const name = `failing-${stop}`
    mkdirSync(join(root, name))
    writeFileSync(join(root, name, 'checkpoints'), 'not a folder')
    await expect(train(name, stop, resume)).rejects.toThrow(/EEXIST|ENOTDIR/)
  },
)

test('a log that is shorter than the checkpoint knows is refused', async () => {
  await train('short', 12)
  const log = join(root, 'short', 'events.jsonl')
  truncateSync(log, 10)
  await expect(train('short', undefined, resume)).rejects.toThrow(
    /events\.jsonl: wanted the \d+ bytes that the last checkpoint covers, got 10; the file is damaged$/,
  )
})

test('what a run left is read from its folder: each step, and where it stands', async () => {
  const setup = toy({ log: { gradientNorm: true }, optimizer: sgd({ lr: 0.1, momentum: 0.9 }), threads: 1 })
  const path = join(root, 'read')
  const folder = new RunFolder(path, setup)
  const losses: number[] = []
  const norms: number[] = []
  for await (const event of folder.events()) {
    if (event.type !== 'steps') continue
    losses.push(...Array.from(event.losses))
    norms.push(...Array.from(event.logs!.gradientNorm!))
  }
  folder.close()
  const steps = readSteps(path)!
  expect([...steps.losses]).toEqual(losses)
  expect([...steps.lrs]).toEqual(losses.map(() => 0.1))
  expect(Object.keys(steps.logs!)).toEqual(['gradientNorm'])
  expect(Array.from(steps.logs!.gradientNorm!)).toEqual(norms)

  const task = taskOf(setup)
  expect(restore(path, setup, task)).toBe(true)
  expect(task.steps).toBe(folder.task.steps)
  const numbers = ({ variables, optimizerState }: typeof task) =>
    [...variables, ...optimizerState].map(([name, { data }]) => [name, data])
  expect(numbers(task)).toEqual(numbers(folder.task))

  expect(readSteps(join(root, 'nowhere'))).toBeUndefined()
  expect(restore(join(root, 'nowhere'), setup, task)).toBe(false)
})
