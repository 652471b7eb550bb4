import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as data from '../../src/data/index.ts'
import { drift, examine, overfit } from '../../src/doctor/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { advise } from '../../src/study/index.ts'
import {
  type Experiment,
  findLearningRate,
  type Progress,
  RunFolder,
  recalibrate,
  run,
  type Task,
  taskOf,
  updateBn,
  writeSafetensors,
} from '../../src/train/index.ts'
import { toy } from '../support/toy.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-abort-'))
afterAll(() => rmSync(folder, { recursive: true }))

const reason = new Error('enough')

/** An experiment with a signal that is aborted while the n-th example since `arm(n)` is read for training. */
function stoppable() {
  const controller = new AbortController()
  let left = Number.POSITIVE_INFINITY
  const count = (): void => {
    if (--left === 0) controller.abort(reason)
  }
  const experiment = toy({ transform: [{ name: 'count', apply: count }] })
  const arm = (examples: number): void => {
    left = examples
  }
  return { experiment, task: taskOf(experiment), signal: controller.signal, arm, count }
}

/** Training batches of an experiment, with its transforms. */
const batchesOf = ({ data: { train }, transform }: Experiment): data.Loader =>
  data.loader(train as data.Dataset, { batchSize: 8, transform: transform! })

/** A stream of the examples of a data set that calls `each` before each example. */
const streamOf = ({ x, y, length }: data.Dataset, each: () => void): data.Stream =>
  data.stream(
    function* () {
      for (let i = 0; i < length; i++) {
        each()
        yield { x: x.data.subarray(2 * i, 2 * i + 2), y: Number(y.data[i]) }
      }
    },
    { shape: [2], classes: 3 },
  )

/** Yields bytes, and calls `each` before each one. */
async function* bytesOf(each: () => void): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 100; i++) {
    each()
    yield Uint8Array.of(i)
  }
}

async function drained(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}

type Stoppable = ReturnType<typeof stoppable>

/** Whatever may take long, as a promise; each stops between the examples that it reads. */
const calls: readonly (readonly [string, (given: Stoppable) => Promise<unknown>])[] = [
  ['run', ({ experiment, task, signal }) => drained(run(experiment, { task, signal }))],
  ['findLearningRate', ({ experiment, task, signal }) => findLearningRate(experiment, { task, signal })],
  [
    'evaluate',
    ({ task, signal, count }) =>
      task.evaluate(streamOf(toy().data.validation, count), { signal, batchSize: 2 }),
  ],
  [
    'recalibrate',
    ({ experiment, task, signal }) => recalibrate(task.model, batchesOf(experiment), { signal }),
  ],
  ['updateBn', ({ experiment, task, signal }) => updateBn(task.model, batchesOf(experiment), { signal })],
  ['drift', ({ experiment, task, signal }) => drift(task, batchesOf(experiment), { signal })],
  ['examine', ({ experiment, task, signal }) => drained(examine(experiment, task, { signal }))],
  [
    'overfit',
    ({ experiment, signal, count }) => {
      const { train, validation } = experiment.data as data.Split
      const counted = { train: streamOf(train as data.Dataset, count), validation }
      return overfit({ ...experiment, data: counted }, { examples: 32, signal })
    },
  ],
  [
    'evaluate, with intervals',
    ({ task, signal, count }) =>
      task.evaluate(streamOf(toy().data.validation, count), { signal, intervals: true }),
  ],
  ['loadBytes', ({ signal, count }) => data.loadBytes(bytesOf(count), { signal })],
  ['advise', ({ experiment, signal }) => drained(advise(experiment, { budget: 900, signal }))],
  ['collect', ({ signal, count }) => data.collect(streamOf(toy().data.train, count), { signal })],
]

/** Reads of files, which do not begin if the signal is aborted before. */
const reads: readonly (readonly [string, (given: Stoppable) => Promise<unknown>])[] = [
  ['parquet', ({ signal }) => data.parquet('none.parquet', { label: 0, signal })],
  ['imageFolder', ({ signal }) => data.imageFolder('none', { size: [2, 2], signal })],
]

const weights = (task: Task): Uint8Array => writeSafetensors(task.variables)

describe('an abort signal', () => {
  test.each([...calls, ...reads])('that is aborted already stops %s at once', async (_, call) => {
    const given = stoppable()
    given.task.goTo(1, 1)
    given.arm(1)
    given.count()
    const before = weights(given.task)
    await expect(call(given)).rejects.toBe(reason)
    expect(weights(given.task)).toEqual(before)
  })

  test.each(calls)('stops %s in the middle, and the task can be used as before', async (name, call) => {
    const given = stoppable()
    const { task, arm, experiment } = given
    task.goTo(1, 1)
    const before = weights(task)
    arm(25)
    await expect(call(given)).rejects.toBe(reason)
    const [batch] = batchesOf(toy()).batches(0)
    if (name === 'run') return expect(await task.step(batch!)).toBeGreaterThan(0)
    expect([task.steps, weights(task)]).toEqual([1, before])
    expect(await task.step(batch!)).toBe(await taskOf(experiment).step(batch!))
  })

  test('leaves a run at its last event, from which it resumes as if nothing had happened', async () => {
    const whole = taskOf(toy())
    await drained(run(toy(), { task: whole }))
    const { experiment, task, signal, arm } = stoppable()
    let last: Progress | undefined
    arm(77)
    const stopped = async (): Promise<void> => {
      for await (const { progress } of run(experiment, { task, signal })) last = progress
    }
    await expect(stopped()).rejects.toBe(reason)
    expect(task.steps).toBe(last!.steps)
    expect(task.steps).toBeGreaterThan(0)
    await drained(run(experiment, { task, progress: last! }))
    expect(weights(task)).toEqual(weights(whole))
  })

  test('within the evaluation of an epoch leaves a run folder that saves, and resumes to the same model', async () => {
    const controller = new AbortController()
    let evaluations = 0
    const abort = (): void => {
      if (++evaluations === 35) controller.abort(reason)
    }
    const { train, validation } = toy().data
    const experiment = toy({ data: { train, validation: streamOf(validation, abort) } })
    const files = async (name: string, signal?: AbortSignal): Promise<readonly Buffer[]> => {
      const first = new RunFolder(join(folder, name), experiment)
      if (signal) {
        await expect(drained(first.events({ signal }))).rejects.toBe(reason)
        await first.save()
        first.close()
      }
      const last = signal ? new RunFolder(join(folder, name), experiment, { resume: true }) : first
      await drained(last.events())
      last.close()
      return ['model.safetensors', 'checkpoints/step-00000024/optimizer.safetensors'].map((file) =>
        readFileSync(join(folder, name, file)),
      )
    }
    expect(await files('stopped', controller.signal)).toEqual(await files('whole'))
  })

  test('stops the recalibration before an evaluation, and the weights are those of training again', async () => {
    const { train, validation } = toy().data
    const controller = new AbortController()
    const average = { type: 'ema', decay: 0.9, batchNorm: 'recalibrate' } as const
    const optimizer = sgd({ lr: 0.1, average })
    const abort = (): void => controller.abort(reason)
    const task = taskOf(toy({ optimizer, data: { train: streamOf(train, abort), validation } }))
    const [batch] = batchesOf(toy()).batches(0)
    await task.step(batch!)
    const before = weights(task)
    const { signal } = controller
    await expect(task.evaluate(validation, { signal })).rejects.toBe(reason)
    expect(weights(task)).toEqual(before)
    expect((await task.evaluate(validation)).loss).toBeGreaterThan(0)
  })

  test('stops at once what waits for an example, or for a trial, that never comes', async () => {
    const never = new Promise<never>(() => {})
    const hanging = data.stream(
      async function* () {
        yield { x: [0, 0], y: 0 }
        await never
      },
      { shape: [2], classes: 3 },
    )
    const soon = (): AbortSignal => AbortSignal.timeout(20)
    const timeout = { name: 'TimeoutError' }
    const { validation } = toy().data
    const experiment = toy({ data: { train: hanging, validation } })
    await expect(data.collect(hanging, { signal: soon() })).rejects.toMatchObject(timeout)
    await expect(drained(run(experiment, { signal: soon() }))).rejects.toMatchObject(timeout)
    const controller = new AbortController()
    const runner = async function* () {
      setTimeout(() => controller.abort(reason))
      yield* [] as never[]
      await never
    }
    const advice = advise(toy(), { budget: 900, runner, signal: controller.signal })
    await expect(drained(advice)).rejects.toBe(reason)
  })

  test('that never comes changes nothing, and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      remove(...given)
    }
    const source = streamOf(toy().data.train, () => {})
    expect((await data.collect(source, { signal })).x.data).toEqual((await data.collect(source)).x.data)
    expect(listeners).toBe(0)
  })

  test('must be one', async () => {
    const { task } = stoppable()
    const signal = 'SIGTERM' as never
    await expect(task.evaluate(toy().data.validation, { signal })).rejects.toThrow(
      'evaluate: wanted signal as an AbortSignal, got "SIGTERM"',
    )
  })
})

test('a step of many micro-batches is not taken if a signal is aborted between two', async () => {
  const experiment = toy({ batchSize: 4, accumulate: 8 })
  const task = taskOf(experiment)
  const batch = data
    .loader(experiment.data.train as data.Dataset, { batchSize: 32 })
    .batches(0)
    .next().value!
  await task.learn(batch, 32)
  const before = writeSafetensors(task.variables)
  const controller = new AbortController()
  const stopped = task.learn(batch, 32, { most: 4, signal: controller.signal })
  setImmediate(() => controller.abort(reason))
  await expect(stopped).rejects.toBe(reason)
  expect([task.steps, writeSafetensors(task.variables)]).toEqual([1, before])
  await task.learn(batch, 32)
  const whole = taskOf(experiment)
  for (let i = 0; i < 2; i++) await whole.learn(batch, 32)
  expect(writeSafetensors(task.variables)).toEqual(writeSafetensors(whole.variables))
})
