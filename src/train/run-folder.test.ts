import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { clouds, ToyNet, toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import type * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import * as schedule from '../schedule/index.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { describe as described } from './description.ts'
import { readSteps } from './event-log.ts'
import type { ExperimentOptions } from './experiment.ts'
import { RunFolder, type RunFolderOptions, restore } from './run-folder.ts'
import { taskOf } from './train.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-run-'))
afterAll(() => rmSync(root, { recursive: true }))

const setup = (changes: Partial<ExperimentOptions> = {}) =>
  toy({
    epochs: 4,
    optimizer: sgd({ lr: schedule.constant(0.1), momentum: 0.9 }),
    control: [schedule.reduceOnPlateau({ mode: 'max', patience: 0, factor: 0.5 })],
    checkpoints: { everySteps: 5 },
    ...changes,
  })

/** Run until `stop` events, or to the end, as if killed there: nothing is saved or closed in an orderly way. */
async function train(
  name: string,
  stop = Number.POSITIVE_INFINITY,
  options: RunFolderOptions = {},
  experiment = setup(),
) {
  const folder = new RunFolder(join(root, name), experiment, options)
  let seen = 0
  for await (const _ of folder.events()) if (++seen >= stop) break
  folder.close()
  return folder
}

const read = (name: string, file: string): Buffer => readFileSync(join(root, name, file))
/** The log without times. */
const metrics = (name: string): string =>
  read(name, 'events.jsonl')
    .toString()
    .replace(/"time":\{[^}]*\}/g, '')
const checkpoints = (name: string): string[] => readdirSync(join(root, name, 'checkpoints')).sort()
const resume = { resume: true }

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

describe('a checkpoint that is written while training goes on', () => {
  const path = join(root, 'snapshot')
  const numbers = (value: number): Variable => {
    const variable = new Variable([3])
    variable.data = Float32Array.of(value, value, value)
    return variable
  }

  test('is of the moment it was begun', async () => {
    const [w, m, progress] = [numbers(1), numbers(2), { steps: 3 }]
    const tensors = { model: new Map([['w', w]]), optimizer: new Map([['m', m]]) }
    const writing = writeCheckpoint(path, tensors, { progress, fingerprint: 'x' })
    for (const variable of [w, m]) variable.data = Float32Array.of(0, 0, 0)
    progress.steps = 4
    await writing
    expect(readCheckpoint(path, tensors, 'x')).toEqual({ steps: 3 })
    expect([...w.data, ...m.data]).toEqual([1, 1, 1, 2, 2, 2])
  })

  test('is not there before what it counts on', async () => {
    const tensors = { model: new Map([['w', numbers(1)]]), optimizer: new Map() }
    let flush = (): void => {}
    const log = new Promise<void>((resolve) => {
      flush = resolve
    })
    const late = join(root, 'late')
    const writing = writeCheckpoint(late, tensors, { progress: 0, fingerprint: 'x' }, log)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(late)).toBe(false)
    flush()
    await writing
    expect(existsSync(late)).toBe(true)
  })

  test.each([4, Number.POSITIVE_INFINITY])(
    'and fails is an error of the run, left after %d events',
    async (stop) => {
      const name = `failing-${stop}`
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'checkpoints'), 'not a folder')
      await expect(train(name, stop, resume)).rejects.toThrow(/EEXIST|ENOTDIR/)
    },
  )
})

test('a log that is shorter than the checkpoint knows is refused', async () => {
  await train('short', 12)
  const log = join(root, 'short', 'events.jsonl')
  truncateSync(log, 10)
  await expect(train('short', undefined, resume)).rejects.toThrow(
    /events\.jsonl: wanted the \d+ bytes that the last checkpoint covers, got 10; the file is damaged$/,
  )
})

describe('a damaged checkpoint', () => {
  const last = (name: string, file: string): string =>
    join(root, name, 'checkpoints', checkpoints(name).at(-1)!, file)
  const damaged = async (name: string, file: string, damage: (path: string) => void): Promise<string> => {
    await train(name, 30)
    const before = checkpoints(name)
    damage(last(name, file))
    const error = await train(name, undefined, resume).then(
      () => 'none',
      (e: Error) => e.message,
    )
    // The one before still loads.
    rmSync(join(root, name, 'checkpoints', before.at(-1)!), { recursive: true })
    await train(name, undefined, resume)
    expect(metrics(name)).toBe(metrics('whole'))
    return error.replace(/step-\d+/, 'step-N')
  }
  const damagedAt = join('step-N', 'model.safetensors')

  test.each<[string, string, (path: string) => void, string]>([
    [
      'truncated',
      'model.safetensors',
      (p) => truncateSync(p, 40),
      `${damagedAt}: wanted the bytes that were written, got others; the file is damaged`,
    ],
    [
      'longer',
      'model.safetensors',
      (p) => appendFileSync(p, 'x'),
      `${damagedAt}: wanted the bytes that were written, got others; the file is damaged`,
    ],
    [
      'no JSON',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":1'),
      `${join('step-N', 'checkpoint.json')}: wanted JSON, got something else; the file is damaged`,
    ],
    [
      'without a field',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":1}'),
      `${join('step-N', 'checkpoint.json')}: wanted the JSON that was written, got other JSON; the file is damaged`,
    ],
    [
      'newer',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":2}'),
      `${join('step-N', 'checkpoint.json')}: wanted format 1 or older, got 2; use a newer Evenstep`,
    ],
  ])('that is %s is refused, and the one before still loads', async (name, file, damage, message) => {
    expect(await damaged(`damaged-${name}`, file, damage)).toBe(message)
  })

  test('that lacks a file is refused', async () => {
    const message = await damaged('damaged-missing', 'optimizer.safetensors', (p) => rmSync(p))
    expect(message).toMatch(/: wanted a checkpoint, got no optimizer\.safetensors$/)
  })

  test('half written or half removed is no checkpoint', async () => {
    await train('partial', 5)
    mkdirSync(join(root, 'partial', 'checkpoints', 'step-00000001.old.partial'))
    mkdirSync(join(root, 'partial', 'checkpoints', 'step-99999999.partial'))
    await train('partial', undefined, resume)
    expect(metrics('partial')).toBe(metrics('whole'))
    expect(checkpoints('partial').filter((name) => name.endsWith('.partial'))).toEqual([])
  })
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
