import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { crc32c } from '../../src/log/crc32c.ts'
import { hparamsEnd, hparamsStart, startEvent, summaryEvent, versionEvent } from '../../src/log/event.ts'
import { histogram } from '../../src/log/histogram.ts'
import { record } from '../../src/log/record.ts'
import { tensorBoard } from '../../src/log/tensorboard.ts'
import { describe as describeRun } from '../../src/train/description.ts'
import type { TrainEvent } from '../../src/train/event.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { run, taskOf } from '../../src/train/train.ts'
import { golden } from '../support/golden.ts'
import { toy } from '../support/toy.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-log-'))
afterAll(() => rmSync(root, { recursive: true }))

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
})

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

describe('a histogram', () => {
  test('counts every finite number once, between min and max', () => {
    const number = fc.oneof(fc.double(), fc.float({ min: -1, max: 1 }), fc.constantFrom(0, 1, -1))
    fc.assert(
      fc.property(fc.array(number), fc.integer({ min: 1, max: 40 }), (values, buckets) => {
        const finite = values.filter(Number.isFinite)
        const found = histogram(values, buckets)
        expect(found === undefined).toBe(finite.length === 0)
        if (found === undefined) return
        expect(found.min === Math.min(...finite) && found.max === Math.max(...finite)).toBe(true)
        expect(found.counts.reduce((a, b) => a + b)).toBe(finite.length)
        expect(found.limits.at(-1)).toBe(found.max)
        expect(found.limits.toSorted((a, b) => a - b)).toEqual(found.limits)
        expect(found.counts.every((n) => Number.isInteger(n) && n >= 0)).toBe(true)
      }),
    )
  })

  test('puts a number on an edge to its right, and the greatest in the last bucket', () => {
    expect(histogram([0, 1, 2, 3, 4], 4)).toEqual({
      min: 0,
      max: 4,
      count: 5,
      sum: 10,
      sumOfSquares: 30,
      limits: [1, 2, 3, 4],
      counts: [1, 1, 1, 2],
    })
    expect(histogram([7, 7, Number.NaN])).toMatchObject({ limits: [7], counts: [2] })
  })
})

/** The payloads of a TFRecord file. */
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
