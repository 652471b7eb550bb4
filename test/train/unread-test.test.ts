import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Dataset, Stream } from '../../src/data/index.ts'
import { examine } from '../../src/doctor/examine.ts'
import { lint } from '../../src/doctor/lint/index.ts'
import { earlyStopping, reduceOnPlateau } from '../../src/schedule/index.ts'
import { advise } from '../../src/study/advise/advise.ts'
import { prepare } from '../../src/study/run/prepared.ts'
import { runTrial } from '../../src/study/run/run-trial.ts'
import { define } from '../../src/study/study.ts'
import { findLearningRate } from '../../src/train/find-lr.ts'
import { open } from '../../src/train/open.ts'
import { RunFolder } from '../../src/train/run-folder.ts'
import { run, taskOf } from '../../src/train/train.ts'
import { clouds, collect, toy } from '../support/toy.ts'

// Nothing that chooses reads the test data: here, whoever reads them fails.

const root = mkdtempSync(join(tmpdir(), 'evenstep-unread-'))
afterAll(() => rmSync(root, { recursive: true }))

const { train, validation } = clouds()
const fails = (): never => {
  throw new Error('somebody read the test data')
}
const sealed = (field: Dataset['x']): Dataset['x'] =>
  Object.defineProperty({ ...field }, 'data', { get: fails, enumerable: true })
const memory: Dataset = { ...validation, x: sealed(validation.x), y: sealed(validation.y) }
const { x, y } = validation
const stream: Stream = {
  x: { shape: x.shape, dtype: x.dtype },
  y: { shape: y.shape, dtype: y.dtype },
  classes: 3,
  read: fails,
}

const experimentOn = (unread: Dataset | Stream) =>
  toy({
    data: { train, validation, test: unread },
    control: [reduceOnPlateau({ patience: 1 }), earlyStopping({ patience: 4 })],
    monitor: 'validationAccuracy',
    epochs: 3,
  })

test.each([
  ['in memory', memory],
  ['in a stream', stream],
])('test data %s are read when they are measured, and never before', async (name, unread) => {
  const experiment = experimentOn(unread)
  const path = join(root, name)
  const task = taskOf(experiment)
  for (const resume of [false, true]) {
    const folder = new RunFolder(path, experiment, { resume, task })
    for await (const event of folder.events())
      if (event.type === 'epoch' && event.epoch === 1 && !resume) break
    folder.close()
  }
  const opened = await open(path, { checkpoint: 'best', experiment })
  expect((await opened.evaluate()).accuracy).toBeGreaterThan(0.5)
  expect(opened.exportOnnx().length).toBeGreaterThan(100)
  expect((await findLearningRate(experiment, { steps: 20 })).lrs.length).toBeGreaterThan(0)
  expect(lint(experiment)).toEqual(expect.any(Array))
  const findings: unknown[] = []
  for await (const finding of examine(experiment, task)) findings.push(finding)
  expect(findings.length).toBeGreaterThan(3)

  const broken = 'somebody read the test data'
  await expect(collect(run(experiment, { test: true }))).rejects.toThrow(broken)
  await expect(opened.evaluate('test')).rejects.toThrow(broken)
})

test('studies and advice choose without reading the test data', async () => {
  const experiment = experimentOn(memory)
  const study = define({ experiment, factors: { lr: [0.01, 0.1] }, seeds: 1, steps: 12 })
  const prepared = prepare(study, experiment, 'unread')
  expect(prepared.describe()).toMatchObject({ experiment: { data: { test: { length: 30 } } } })
  const trial = { id: 1, settings: { lr: 0.1 }, seed: 0, steps: 12, rung: 0 }
  const job = { trial, folder: join(root, '0001'), settings: prepared.settingsOf(trial), watch: true }
  expect(await runTrial(prepared.experiment, job, {})).toMatchObject({ status: 'done' })
  let advice: unknown
  for await (const event of advise(experiment, { budget: 400 }))
    if (event.type === 'advice') advice = event.advice
  expect(advice).toMatchObject({ recommendation: { trial: expect.any(Number) } })
})
