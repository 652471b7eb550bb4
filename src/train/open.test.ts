import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clouds, toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { compile } from '../runtime/compile.ts'
import type { EpochEvent } from './event.ts'
import type { ExperimentOptions } from './experiment.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-open-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Trains until `epochs` epochs have ended. Returns the events at their ends. */
async function train(name: string, options: Partial<ExperimentOptions>, most = 99): Promise<EpochEvent[]> {
  const folder = new RunFolder(join(root, name), toy(options))
  const epochs: EpochEvent[] = []
  for await (const event of folder.events()) {
    if (event.type === 'epoch' && epochs.push(event) === most) break
  }
  folder.close()
  return epochs
}

/** A rate that trains for 12 steps and then ruins the model. */
const ruinous = { optimizer: sgd({ lr: (step: number) => (step < 12 ? 0.1 : 5) }), epochs: 4 }

describe.each<[string, Partial<ExperimentOptions>]>([
  ['by validation loss', ruinous],
  ['by accuracy', { ...ruinous, monitor: 'validationAccuracy' }],
  [
    'with averaged weights',
    {
      ...ruinous,
      optimizer: sgd({
        lr: ruinous.optimizer.spec.lr as never,
        average: { type: 'ema', decay: 0.5 } as never,
      }),
    },
  ],
])('the best checkpoint %s', (name, options) => {
  let epochs: EpochEvent[]
  const experiment = toy(options)
  const path = join(root, name)
  beforeAll(async () => {
    epochs = await train(name, options)
  })

  test('is opened to evaluate it, with what was logged of it', async () => {
    const run = await open(path, { checkpoint: 'best', experiment })
    const { validationLoss, validationAccuracy, trainLoss } = epochs[0]!
    expect(epochs[3]!.validationLoss).toBeGreaterThan(validationLoss)
    expect(run).toMatchObject({
      path,
      step: 12,
      epoch: 0,
      metrics: { trainLoss, validationLoss, validationAccuracy },
    })
    expect(basename(run.checkpoint!)).toBe('step-00000012')
    expect((await run.evaluate()).loss).toBeCloseTo(validationLoss, 6)
    const direct = await open(run.checkpoint!, { experiment })
    expect(direct).toMatchObject({ path, step: 12 })
    expect((await direct.evaluate()).loss).toBeCloseTo(validationLoss, 6)
    expect(direct.exportOnnx()).toEqual(run.exportOnnx())
    const { train: other } = clouds(40)
    expect((await run.evaluate(other)).loss).not.toBeCloseTo(validationLoss, 3)
  })

  test('is marked on disk', () => {
    const mark = JSON.parse(readFileSync(join(path, 'checkpoints', 'best.json'), 'utf8'))
    const { monitor } = experiment
    expect(mark).toEqual({
      checkpoint: 'step-00000012',
      monitor,
      value: epochs[0]![monitor as 'validationLoss'],
    })
  })

  test('is marked by the next to open a run that was killed before it was', () => {
    const file = join(path, 'checkpoints', 'best.json')
    const mark = readFileSync(file)
    writeFileSync(file, '{}')
    new RunFolder(path, experiment, { resume: true }).close()
    expect(readFileSync(file)).toEqual(mark)
  })

  test('is another than the last and the finished model, which are opened as well', async () => {
    for (const checkpoint of ['last', 'step-00000048', undefined]) {
      const run = await open(path, { experiment, ...(checkpoint && { checkpoint }) })
      expect(run).toMatchObject({
        step: 48,
        epoch: 3,
        metrics: { validationLoss: epochs[3]!.validationLoss },
      })
      expect((await run.evaluate()).loss / epochs[3]!.validationLoss).toBeCloseTo(1, 5)
      expect('checkpoint' in run).toBe(checkpoint !== undefined)
    }
  })

  test('has a model to compute with', async () => {
    const { model } = await open(path, { checkpoint: 'best', experiment })
    const outputs = await compile({ x: { shape: [1, 2] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
    expect((await outputs({ x: Float32Array.of(1, 2) })).y.every(Number.isFinite)).toBe(true)
  })
})

test('a model in float64 is exported with the input of its data, cast inside as in evaluation', async () => {
  await train('double', { dtype: 'float64' })
  const experiment = toy({ dtype: 'float64' })
  const run = await open(join(root, 'double'), { experiment })
  const session = await ort.InferenceSession.create(run.exportOnnx(), { intraOpNumThreads: 1 })
  const x = Float32Array.of(0.1, -1, 2, 0.3)
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [2, 2]) })
  const own = await compile({ x: { shape: [2, 2], dtype: 'float64' } }, (given) => ({
    y: run.model.forward(given.x, 'eval'),
  }))
  const wanted = (await own({ x: Float64Array.from(x) })).y
  expect(y!.type).toBe('float64')
  for (const [i, value] of (y!.data as Float64Array).entries())
    expect(value).toBeCloseTo(Number(wanted[i]), 12)
})

describe('what cannot be opened is said', () => {
  test('a folder without a run, a checkpoint that is not there, an option unknown', async () => {
    const experiment = toy(ruinous)
    const path = join(root, 'refused')
    await train('refused', ruinous, 1)
    mkdirSync(join(root, 'empty'))
    const refusal = (folder: string, options: object) => expect(open(folder, options as never)).rejects
    await refusal(join(root, 'empty'), {}).toThrow(
      `${join(root, 'empty')}: wanted the folder of a run, got no run.json in it`,
    )
    await refusal(path, { experiment }).toThrow(
      `${path}: wanted a finished run, got no model.safetensors; resume it first, or open its best checkpoint`,
    )
    await refusal(path, { experiment, checkpoint: 'step-7' }).toThrow(
      `${path}: wanted the checkpoint step-7, got step-00000012`,
    )
    const absent = join(path, 'checkpoints', 'step-7')
    await refusal(absent, {}).toThrow(
      `${absent}: wanted the folder of a checkpoint, got a path that does not exist; ` +
        'the run has the checkpoints step-00000012',
    )
    await refusal(join(root, 'nowhere'), {}).toThrow(
      `${join(root, 'nowhere')}: wanted the folder of a run, got a path that does not exist`,
    )
    const mark = join(path, 'checkpoints', 'best.json')
    await refusal(mark, {}).toThrow(
      `${mark}: wanted the folder of a run or a checkpoint, got a file; ` +
        'for the best checkpoint, give the folder of the run and --best',
    )
    await refusal(join(path, 'checkpoints'), {}).toThrow(
      `${join(path, 'checkpoints')}: wanted the folder of a run, got no run.json in it`,
    )
    const checkpoint = join(path, 'checkpoints', 'step-00000012')
    await refusal(checkpoint, { checkpoint: 'best' }).toThrow(
      `${checkpoint}: wanted the folder of a run to find the best checkpoint of, got a checkpoint; use ${path}`,
    )
    await refusal(path, { chekpoint: 'best' }).toThrow(
      'open: wanted one of checkpoint, experiment, got chekpoint; did you mean checkpoint?',
    )
    rmSync(join(path, 'inference.json')) // without which nothing but the experiment can compute
    await refusal(path, { checkpoint: 'best' }).toThrow(
      `${join(path, 'run.json')}: wanted origin.file, the experiment's file, got none`,
    )
    rmSync(join(path, 'checkpoints'), { recursive: true })
    await refusal(path, { experiment, checkpoint: 'best' }).toThrow(
      `${path}: wanted a checkpoint at the end of an epoch, got none`,
    )
  })
})
