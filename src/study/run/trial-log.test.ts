import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { toy } from '../../../test/support/toy.ts'
import { sgd } from '../../optim/index.ts'
import type { TrainEvent } from '../../train/event.ts'
import { logFile, toLines } from '../../train/event-log.ts'
import { RunFolder } from '../../train/run-folder.ts'
import { readLog, TrialLog } from './trial-log.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-trial-log-'))
afterAll(() => rmSync(root, { recursive: true }))

test('what is gathered while a trial trains is what its log says', async () => {
  const log = { batchNorm: true, gradientNorm: true, samplesPerSecond: true }
  const optimizer = sgd({ lr: 0.1, momentum: 0.9, weightDecay: 0.01 })
  const run = new RunFolder(join(root, 'run'), toy({ optimizer, log }))
  const gathered = new TrialLog()
  for await (const event of run.events()) gathered.add(event)
  run.close()
  const read = readLog(run.path, optimizer)
  expect(read.layers).toBeDefined()
  expect(readLog(run.path, optimizer, gathered.log)).toEqual(read)
})

test('numbers that JSON lacks are gathered as they would be read', () => {
  const optimizer = sgd({ lr: 0.1 })
  const steps = {
    type: 'steps',
    epoch: 0,
    step: 0,
    losses: Float32Array.of(0.1, Number.NaN, Number.POSITIVE_INFINITY, -0),
    lrs: Float64Array.of(0.3, Number.NEGATIVE_INFINITY, 1e-300, 0.1),
    logs: { gradientNorm: Float32Array.of(1, Number.NaN, 3e38, 0) },
  }
  const epoch = { type: 'epoch', epoch: 0, steps: 4, trainLoss: Number.NaN, time: { seconds: 1 } }
  const events = [steps, { ...epoch, metrics: { recall: Number.NaN, f1: 0.5 } }] as unknown as TrainEvent[]
  const gathered = new TrialLog()
  for (const event of events) gathered.add(event)
  writeFileSync(logFile(root), events.map(toLines).join(''))
  const read = readLog(root, optimizer)
  expect(read.metrics).toEqual({ f1: 0.5 })
  expect(readLog(root, optimizer, gathered.log)).toEqual(read)
})
