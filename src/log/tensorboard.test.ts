import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { golden } from '../../test/support/golden.ts'
import { toy } from '../../test/support/toy.ts'
import { describe as describeRun } from '../train/description.ts'
import type { TrainEvent } from '../train/event.ts'
import * as metrics from '../train/metrics/index.ts'
import { run, taskOf } from '../train/train.ts'
import { hparamsEnd, hparamsStart, startEvent, summaryEvent, versionEvent } from './event.ts'
import { record } from './record.ts'
import { tensorBoard } from './tensorboard.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-log-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('the bytes that TensorBoard writes', () => {
  const wanted = golden<Readonly<Record<string, string>>>('tensorboard')
  const spread = {
    min: 1,
    max: 3,
    count: 4,
    sum: 8.5,
    sumOfSquares: 20.25,
    limits: [2, 3],
    counts: [1, 3],
  }
  const scalars = [
    { tag: 'loss', scalar: 0.25 },
    { tag: 'µ', scalar: Number.NaN },
  ]
  test.each(
    Object.entries({
      empty: new Uint8Array(0),
      bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
      version: versionEvent(1.5),
      start: startEvent(1.5, 300),
      scalars: summaryEvent(1.5, 7, scalars),
      zero: summaryEvent(1.5, 0, [{ tag: 'loss', scalar: 0 }]),
      histogram: summaryEvent(1.5, 2 ** 40, [{ tag: 'w', histogram: spread }]),
      hparams: summaryEvent(1.5, 0, [hparamsStart({ batchSize: 64 }, 1.5)]),
      hparamsEnd: summaryEvent(1.5, 9, [hparamsEnd(1.5)]),
    }),
  )('are those of %s', (name, bytes) => {
    expect(Buffer.from(record(bytes)).toString('hex')).toBe(wanted[name])
  })
})

/** Returns the payloads of the records in a TFRecord file. */
function payloads(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    const payload = bytes.subarray(at + 12, at + 12 + length)
    expect(bytes.subarray(at, at + length + 16).equals(record(payload))).toBe(true)
    found.push(payload)
    at += length + 16
  }
  return found
}

const drain = async (events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> => {
  const all: TrainEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

describe('a run told to TensorBoard', () => {
  const some = {
    f1: metrics.f1({ average: 'none' }),
    auc: metrics.rocAuc(),
    confusion: metrics.confusionMatrix(),
  }

  test('is a record a step and one an epoch, and yields the same events', async () => {
    const setup = toy({ metrics: some })
    const task = taskOf(setup)
    const folder = join(root, 'whole')
    const settings = describeRun(setup, task)
    const events = await drain(tensorBoard(run(setup, { task }), folder, { task, settings }))
    expect(events.map(({ type }) => type).filter((type) => type !== 'steps')).toEqual([
      'start',
      'epoch',
      'epoch',
      'end',
    ])
    const [name] = readdirSync(folder)
    expect(name).toMatch(/^events\.out\.tfevents\.\d{13}\.evenstep$/)
    const records = payloads(readFileSync(join(folder, name!))).map((bytes) => bytes.toString('latin1'))
    const having = (tag: string): number => records.filter((text) => text.includes(tag)).length
    expect(records.length).toBe(3 + 24 + 2 + 1)
    expect(['train/loss', 'train/lr'].map(having)).toEqual([24, 24])
    expect(
      ['validation/loss', 'validation/f1/2', 'validation/auc', 'weights/bn.running_var'].map(having),
    ).toEqual([2, 2, 2, 2])
    expect([having('validation/confusion'), having('weights/bn.num_batches')]).toEqual([0, 0])
    expect(records[2]).toContain('optimizer.lr')
  })

  test('twice in a folder has two files, in order', async () => {
    const folder = join(root, 'twice')
    for (let i = 0; i < 3; i++) await drain(tensorBoard(run(toy({ epochs: 1 })), folder))
    expect(readdirSync(folder).length).toBe(3)
  })

  test('that its reader leaves has what happened until then', async () => {
    const folder = join(root, 'left')
    for await (const event of tensorBoard(run(toy()), folder)) if (event.type === 'epoch') break
    expect(payloads(readFileSync(join(folder, readdirSync(folder)[0]!))).length).toBe(2 + 12 + 1)
  })
})
