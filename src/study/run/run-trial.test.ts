import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clouds, toy } from '../../../test/support/toy.ts'
import { dataset } from '../../data/index.ts'
import { Linear } from '../../nn/index.ts'
import { cast, crossEntropy, flatten, type Loss, mseLoss, mul } from '../../ops/index.ts'
import { adam, adamw, noDecayOnNormAndBias, type Optimizer, sgd } from '../../optim/index.ts'
import { keepSessions } from '../../runtime/node-cpu.ts'
import * as schedule from '../../schedule/index.ts'
import { RunFolder } from '../../train/run-folder.ts'
import { type Change, withSettings } from '../../train/spec.ts'
import { taskOf } from '../../train/train.ts'
import type { TrialResult } from '../trial.ts'
import { summarizeDrift } from './drift-summary.ts'
import { type Job, runTrial } from './run-trial.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-trial-'))
// As in a worker of a study, trials use the graphs of those before them.
beforeAll(() => keepSessions(8))
afterAll(() => {
  keepSessions(0)
  rmSync(root, { recursive: true })
})

const base = toy({ optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 0.01 }), threads: 1 })
const job = (name: string, settings: readonly Change[], watch = false): Job => ({
  trial: { id: 1, settings: {}, seed: 0, steps: 60, rung: 0 },
  folder: join(root, name),
  settings: [['epochs', 5], ['steps', 60], ...settings],
  watch,
})
/** Returns regression data: the points of `clouds` as inputs, the sums of their coordinates as targets. */
function withoutClasses() {
  const { train } = clouds()
  const x = train.x.data as Float32Array
  const part = dataset({
    x,
    y: Float32Array.from({ length: 100 }, (_, i) => x[2 * i]! + x[2 * i + 1]!),
    shape: [2],
  })
  return { train: part, validation: part }
}
const timeless = ({ time, ...result }: TrialResult): object => result

describe('a trial', () => {
  test('is over once: its folder says what came of it', async () => {
    const one = job('once', [])
    const result = await runTrial(base, one, {})
    expect(result).toMatchObject({ status: 'done', steps: 60 })
    expect(existsSync(join(one.folder, 'checkpoints')), 'a short trial has no checkpoints').toBe(false)
    expect(await runTrial(base, one, {})).toEqual(result)
    const other = {
      ...one,
      trial: { ...one.trial, seed: 1 },
      settings: [...one.settings, ['seed', 1]] as const,
    }
    expect(timeless(await runTrial(base, other, {}))).not.toEqual(timeless(result))
  })

  test('whose loss ends at 10⁶ times the first diverged, though every number is finite', async () => {
    const model = () => new Linear(2, 1)
    const loss: Loss = (output, y) => mseLoss(flatten(output, 0), cast(y, 'float32'))
    const linear = { ...base, model, loss, data: withoutClasses(), optimizer: sgd({ lr: 0.4 }) }
    const result = await runTrial(
      linear,
      job('exploded', [
        ['optimizer.lr', 0.4],
        ['steps', 12],
      ]),
      {},
    )
    expect(result).toMatchObject({ status: 'diverged', metrics: {}, steps: 12 })
    expect(result.error).toMatch(
      /^trial: wanted a last loss of at most 10⁶ times the first, [\d.]+, got [\d.e+]+; lower/,
    )
    expect(result.curve.trainLoss.at(-1)).toBeGreaterThan(1e6)
  })

  test('of another experiment, or of other data, is run again', async () => {
    const one = job('other', [])
    const result = await runTrial(base, one, {})
    const changed = async (changes: Partial<typeof base>): Promise<object> =>
      timeless(await runTrial({ ...base, ...changes }, one, {}))
    const decayed = await changed({ optimizer: sgd({ lr: 0.1, momentum: 0.5 }) })
    expect(decayed).not.toEqual(timeless(result))
    const other = await changed({ data: clouds(100, 60) })
    expect(other).not.toEqual(timeless(result))
    expect(await changed({ loss: (output, y) => mul(crossEntropy(output, y), 2) })).not.toEqual(
      timeless(result),
    )
    const renamed = await runTrial({ ...base, name: 'renamed' }, one, {})
    expect(await runTrial({ ...base }, one, {}), 'the times as well').toEqual(renamed)
  })

  test('that was stopped goes on from its checkpoint, and gives what one without a stop gives', async () => {
    const whole = job('whole', [['log', { batchNorm: true }]], true)
    const result = await runTrial(base, whole, {})
    const stopped = { ...whole, folder: join(root, 'stopped') }
    const run = new RunFolder(stopped.folder, withSettings(base, stopped.settings), {
      notes: { trial: stopped.trial },
    })
    for await (const event of run.events()) if (event.type === 'epoch' && event.epoch === 2) break
    run.close()
    const steps = (): number => readFileSync(join(stopped.folder, 'events.jsonl'), 'utf8').split('\n').length
    expect(steps()).toBeLessThan(60)
    const description = readFileSync(join(stopped.folder, 'run.json'), 'utf8')
    expect(timeless(await runTrial(base, stopped, {}))).toEqual(timeless(result))
    expect(readFileSync(join(stopped.folder, 'run.json'), 'utf8')).toBe(description)
  })

  test('begins anew where what is left is of no use', async () => {
    const whole = await runTrial(base, job('good', []), {})
    const broken = job('broken', [])
    const run = new RunFolder(broken.folder, withSettings(base, broken.settings), {
      notes: { trial: broken.trial },
    })
    for await (const event of run.events()) if (event.type === 'epoch') break
    run.close()
    writeFileSync(join(broken.folder, 'run.json'), '{')
    writeFileSync(join(broken.folder, 'trial.json'), '{')
    expect(timeless(await runTrial(base, broken, {}))).toEqual(timeless(whole))
  })

  test('that diverges says where, and how it went until then', async () => {
    const result = await runTrial(base, job('diverges', [['optimizer.lr', '0.1 for 50 then 1e38']]), {})
    expect(result).toMatchObject({ status: 'diverged', steps: 51, metrics: {} })
    expect(result.error).toMatch(/^train: wanted a finite loss, got NaN at step 51, lr 1e\+38;/)
    expect(result.curve.steps.at(-1)).toBe(50)
  })

  test('whose settings are wrong has failed, without a folder', async () => {
    const wrong = job('wrong', [['batchSize', 0]])
    expect(await runTrial(base, wrong, {})).toMatchObject({
      status: 'failed',
      error: 'experiment: wanted batchSize as a positive integer, got 0',
      steps: 0,
    })
    expect(existsSync(wrong.folder)).toBe(false)
  })
})

describe('what a trial watches', () => {
  test('is thinned to a hundred points: means of losses, the last of steps and rates', async () => {
    const long = {
      ...job('long', []),
      settings: [
        ['epochs', 30],
        ['steps', 350],
        ['optimizer.lr', 'linear 0.1 to 0 over 350'],
      ] as const,
    }
    const { curve } = await runTrial(base, long, {})
    expect(curve.steps).toHaveLength(88)
    expect(curve.steps.slice(0, 3)).toEqual([3, 7, 11])
    expect(curve.steps.at(-1)).toBe(349)
    expect(curve.lr[0]).toBeCloseTo(0.1 * (1 - 3 / 350), 12)
    const losses = readFileSync(join(long.folder, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"type":"step"'))
      .map((line) => JSON.parse(line).loss)
    expect(curve.trainLoss[1]).toBeCloseTo((losses[4] + losses[5] + losses[6] + losses[7]) / 4, 12)
  })

  test('has the validation loss after each epoch, at the index of its last step', async () => {
    const short = job('validated', [])
    const { curve } = await runTrial(base, short, {})
    const epochs = readFileSync(join(short.folder, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"type":"epoch"'))
      .map((line) => JSON.parse(line))
    expect(epochs.length).toBeGreaterThan(2)
    expect(curve.validation).toEqual({
      steps: epochs.map(({ steps }) => steps - 1),
      loss: epochs.map(({ validationLoss }) => validationLoss),
    })
  })

  test('of batch normalization are effective rates and the angle of equilibrium', async () => {
    const { layers, drift } = await runTrial(base, job('watched', [['log', { batchNorm: true }]], true), {})
    expect(Object.keys(layers!)).toEqual(['bn'])
    const { steps, effectiveRate, angle, equilibrium } = layers!.bn!
    expect(steps).toHaveLength(60)
    expect(effectiveRate.every((rate) => rate > 0 && rate < 1)).toBe(true)
    expect(angle).toHaveLength(60)
    expect(angle.every((one) => one > 0 && one < Math.PI)).toBe(true)
    for (const one of equilibrium!) expect(one).toBeCloseTo(Math.sqrt((2 * 0.1 * 0.01) / 1.9), 12)
    expect(drift!.kl).toBeGreaterThan(0)
    expect(drift!.recalibratedLoss).not.toBe(drift!.validationLoss)
  })

  const logged: Change[] = [['log', { batchNorm: true }]]
  const ramp = 'linear 0.1 to 0 over 60'
  const eta = (step: number): number => 0.1 * (1 - step / 60)
  const decayed = { lr: schedule.parse(ramp), momentum: 0.9, weightDecay: 0.01 }
  const equilibria: Readonly<Record<string, readonly [Optimizer, ((step: number) => number) | undefined]>> = {
    'sgd at a falling rate': [sgd(decayed), (step) => Math.sqrt((2 * eta(step) * 0.01) / 1.9)],
    'sgd whose decay follows the rate': [
      sgd({ ...decayed, peakLr: 0.1 }),
      (step) => Math.sqrt((2 * eta(step) * 0.01 * (eta(step) / 0.1)) / 1.9),
    ],
    'sgd with a lrScale and dampening': [
      sgd({ ...decayed, lrScale: 0.5, dampening: 0.2 }),
      (step) => Math.sqrt((2 * 0.5 * 0.8 * eta(step) * 0.01) / 1.9),
    ],
    adamw: [
      adamw({ lr: schedule.parse(ramp), weightDecay: 0.1 }),
      (step) => Math.sqrt((2 * eta(step) * 0.1 * 0.1) / 1.9),
    ],
    'a group without decay of vectors': [
      sgd({ ...decayed, groups: noDecayOnNormAndBias() }),
      (step) => Math.sqrt((2 * eta(step) * 0.01) / 1.9),
    ],
    'a group of all weights with another decay': [
      sgd({ ...decayed, groups: [{ match: 'weight', weightDecay: 0.04 }] }),
      (step) => Math.sqrt((2 * eta(step) * 0.04) / 1.9),
    ],
    'a group of some weights': [
      sgd({ ...decayed, groups: [{ match: '^fc2', weightDecay: 0.04 }] }),
      undefined,
    ],
    'no decay of matrices': [sgd({ ...decayed, groups: [{ match: '.', weightDecay: 0 }] }), undefined],
    adam: [adam({ lr: 0.01, weightDecay: 0.1 }), undefined],
  }

  test.each(Object.entries(equilibria))('of %s is its equilibrium', async (name, [optimizer, angle]) => {
    const { layers } = await runTrial({ ...base, optimizer }, job(name.replaceAll(' ', '-'), logged), {})
    const { steps, equilibrium } = layers!.bn!
    if (angle === undefined) expect(equilibrium).toBeUndefined()
    else for (const [i, step] of steps.entries()) expect(equilibrium![i]).toBeCloseTo(angle(step), 12)
  })

  test('is nothing without batch normalization', async () => {
    const result = await runTrial(
      base,
      job(
        'none',
        [
          ['normalization', 'none'],
          ['log', { batchNorm: true }],
        ],
        true,
      ),
      {},
    )
    expect(result).toMatchObject({ status: 'done' })
    expect([result.layers, result.drift]).toEqual([undefined, undefined])
  })
})

describe('drift', () => {
  test('is the divergence of what is true from what runs, and leaves the model as it is', async () => {
    const experiment = withSettings(base, [['epochs', 40]])
    const task = taskOf(experiment)
    const bn = task.variables
    const set = (name: string, value: number): void => {
      const variable = bn.get(name)!
      variable.data = (variable.data as Float32Array).slice().fill(value)
    }
    const truth = (await summarizeDrift(task, experiment))!
    expect(truth.kl).toBeGreaterThan(0)
    set('bn.running_mean', 3)
    set('bn.running_var', 4)
    const before = [...bn].map(([name, { data }]) => [name, data.slice()])
    const off = (await summarizeDrift(task, experiment))!
    expect(off.recalibratedLoss).toBeCloseTo(truth.recalibratedLoss, 6)
    expect([...bn].map(([name, { data }]) => [name, data])).toEqual(before)
    // Computed by hand from the statistics of the layer's inputs.
    const { recalibrate } = await import('../../train/recalibrate.ts')
    const { loader } = await import('../../data/loader.ts')
    await recalibrate(task.model, loader(experiment.data.train, { batchSize: 8, seed: 0, last: 'drop' }))
    const [mean, variance] = ['bn.running_mean', 'bn.running_var'].map(
      (name) => bn.get(name)!.data as Float32Array,
    )
    const kl = Array.from(mean!, (m, c) => {
      const v = variance![c]! + 1e-5
      return (Math.log(4.00001 / v) + (v + (m - 3) ** 2) / 4.00001 - 1) / 2
    })
    expect(off.kl).toBeCloseTo(kl.reduce((a, b) => a + b) / kl.length, 5)
  })
})
