import { setTimeout as later } from 'node:timers/promises'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { collect, toy } from '../../test/support/toy.ts'
import { ArgumentError } from '../core/errors.ts'
import * as nn from '../nn/index.ts'
import { sgd } from '../optim/index.ts'
import { describedOnnx } from './described-onnx.ts'
import { DivergedError } from './diverged.ts'
import type { TrainEvent } from './event.ts'
import { inWorker, type WorkerRun } from './in-worker.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { type MakeExperiment, serve } from './serve.ts'
import { run, taskOf } from './train.ts'

interface Settings {
  readonly lr: number
  readonly epochs?: number
  /** Step from which the rate is half as high. */
  readonly halfFrom?: number
}

const toyOf = ({ lr, epochs = 2, halfFrom }: Settings): ReturnType<typeof toy> => {
  const halved = (step: number): number => (step < halfFrom! ? lr : lr / 2)
  const optimizer = halfFrom === undefined ? sgd({ lr }) : sgd({ lr: halved, momentum: 0.9 })
  return toy({ optimizer, epochs, batchSize: 25 })
}

let page: MessagePort
let worker: MessagePort
beforeEach(() => {
  const { port1, port2 } = new MessageChannel()
  page = port1
  worker = port2
})
afterEach(() => page.close())

function begin(settings: Settings, experiments: Record<string, MakeExperiment> = { toy: toyOf }): WorkerRun {
  serve(experiments, worker)
  return inWorker(page, settings)
}

/** The epochs and the losses of all steps, without times, which differ, as do the numbers of steps in an event. */
const resultsOf = (events: readonly TrainEvent[]): unknown => ({
  losses: events.flatMap((event) => (event.type === 'steps' ? Array.from(event.losses) : [])),
  epochs: events.flatMap((event) => {
    if (event.type !== 'epoch') return []
    const { time: _, ...rest } = event
    return [rest]
  }),
})

describe('a run in a worker', () => {
  test('has the events of train.run, and afterwards its weights, model and outputs', async () => {
    const experiment = toyOf({ lr: 0.1 })
    const task = taskOf(experiment)
    const here = await collect(run(experiment, { task }))
    const far = begin({ lr: 0.1 })
    const there = await collect(far)
    expect(resultsOf(there)).toEqual(resultsOf(here))
    expect(there.at(-1)).toMatchObject({ type: 'end', reason: 'epochs', steps: 8 })
    expect(await far.weights()).toEqual(writeSafetensors(task.variables))
    expect(await far.onnx()).toEqual(describedOnnx(experiment, task))
    const rows = await far.predict([
      [0, 3],
      [-3, 3],
    ])
    expect(rows.map(({ length }) => length)).toEqual([3, 3])
    const [again] = await far.predict(Float32Array.of(-3, 3))
    expect(difference(again as Float32Array, rows[1] as Float32Array)).toBeLessThan(1e-6)
  })

  test('never runs ahead of the loop: weights between two events are those of the first', async () => {
    const experiment = toyOf({ lr: 0.1 })
    const task = taskOf(experiment)
    const weights: Uint8Array[] = []
    for await (const { type } of run(experiment, { task }))
      if (type === 'epoch') weights.push(writeSafetensors(task.variables))
    const far = begin({ lr: 0.1 })
    const there: Uint8Array[] = []
    for await (const { type } of far) if (type === 'epoch') there.push(await far.weights())
    expect(there).toEqual(weights)
  })

  test('stop ends the loop without an error, during an event or between two', async () => {
    const far = begin({ lr: 0.1, epochs: 1e6 })
    let seen = 0
    for await (const event of far) if (event.type === 'epoch' && ++seen === 2) await far.stop()
    expect(seen).toBe(2)
    const next = inWorker(page, { lr: 0.1, epochs: 1e6 })
    const stopped = later(20).then(() => next.stop())
    const events = await collect(next)
    await stopped
    expect(events.at(-1)?.type).not.toBe('end')
    expect(readSafetensors(await next.weights(), 'weights').size).toBeGreaterThan(4)
  })

  test('continues with other settings: as if they had been planned for that step', async () => {
    const halved = toyOf({ lr: 0.1, halfFrom: 4 })
    const planned = taskOf(halved)
    const here = await collect(run(halved, { task: planned }))
    const far = begin({ lr: 0.1, halfFrom: 1e6 })
    const there: TrainEvent[] = []
    for await (const event of far) {
      there.push(event)
      if (event.type === 'epoch' && event.epoch === 0) await far.change({ lr: 0.1, halfFrom: 4 })
    }
    expect(resultsOf(there)).toEqual(resultsOf(here))
    expect(there.map(({ type }) => type).filter((type) => type === 'start')).toHaveLength(2)
    expect(await far.weights()).toEqual(writeSafetensors(planned.variables))
    const unchanged = await collect(run(toyOf({ lr: 0.1, halfFrom: 1e6 })))
    expect(resultsOf(there)).not.toEqual(resultsOf(unchanged))
  })

  test('a change before the first event, of the length, or of what the model has', async () => {
    const wide = (settings: Settings & { readonly width?: number }) => ({
      ...toyOf(settings),
      model: () => new nn.Sequential(new nn.Linear(2, settings.width ?? 3)),
    })
    serve({ toy: toyOf, wide }, worker)
    const far = inWorker(page, { lr: 0.1 }, { experiment: 'toy' })
    await far.change({ lr: 0.1, epochs: 1 })
    const events = await collect(far)
    expect(events.at(-1)).toMatchObject({ type: 'end', steps: 4 })
    await expect(far.change({ lr: 0.2 })).rejects.toThrow(
      'change: wanted a run that trains, got one that has ended; start another',
    )
    const other = inWorker(page, { lr: 0.1 }, { experiment: 'wide' })
    const wider = { lr: 0.1, width: 4 }
    for await (const { type } of other)
      if (type === 'start')
        await expect(other.change(wider)).rejects.toThrow(
          'change: wanted 0.weight float32 [3, 2] in the model, as in the run, got 0.weight float32 [4, 2]; ' +
            'change what leaves the model as it is, or start another run',
        )
    expect(readSafetensors(await other.weights(), 'weights').get('0.weight')!.shape).toEqual([3, 2])
  })

  test('leaving the loop stops it, and a signal stops it with its reason', async () => {
    const far = begin({ lr: 0.1, epochs: 1e6 })
    for await (const { type } of far) if (type === 'epoch') break
    expect(await collect(far)).toEqual([])
    const controller = new AbortController()
    const next = inWorker(page, { lr: 0.1, epochs: 1e6 }, { signal: controller.signal })
    later(20).then(() => controller.abort(new Error('enough')))
    await expect(collect(next)).rejects.toThrow('enough')
    expect(readSafetensors(await next.weights(), 'weights').size).toBeGreaterThan(4)
  })

  test('an experiment that is still being made learns of the stop, and the loop ends at once', async () => {
    const stopped: unknown[] = []
    const making = (
      _: Settings,
      signal: { readonly reason: unknown; addEventListener: AbortSignal['addEventListener'] },
    ) => new Promise<never>(() => signal.addEventListener('abort', () => stopped.push(signal.reason)))
    const far = begin({ lr: 0.1 }, { toy: making })
    later(5).then(() => far.stop())
    expect(await collect(far)).toEqual([])
    const next = inWorker(page, { lr: 0.1 }, { signal: AbortSignal.timeout(5) })
    await expect(collect(next)).rejects.toThrow('timeout')
    expect(stopped).toHaveLength(2)
    await expect(next.weights()).rejects.toThrow('This operation was aborted')
  })

  test('errors arrive with their text and class', async () => {
    const diverged = await collect(begin({ lr: 1e38 })).catch((error: unknown) => error)
    expect(diverged).toBeInstanceOf(DivergedError)
    expect(diverged).toMatchObject({ message: expect.stringMatching(/^train: wanted a finite loss, got/) })
    expect((diverged as DivergedError).lr).toBe(1e38)
    const refused = inWorker(page, { lr: -1 })
    await expect(collect(refused)).rejects.toThrow(ArgumentError)
    await expect(refused.weights()).rejects.toThrow('sgd: wanted lr as')
  })

  test('of one of several experiments names it', async () => {
    const far = begin({ lr: 0.1 }, { toy: toyOf, other: toyOf })
    await expect(collect(far)).rejects.toThrow(
      'inWorker: wanted the option experiment, one of toy, other, got undefined',
    )
    const other = inWorker(page, { lr: 0.1, epochs: 1 }, { experiment: 'other' })
    expect((await collect(other)).at(-1)?.type).toBe('end')
    const unknown = inWorker(page, { lr: 0.1 }, { experiment: 'othr' })
    await expect(collect(unknown)).rejects.toThrow(
      'inWorker: wanted experiment as one of toy, other, got othr; did you mean other?',
    )
  })

  test('wants a worker, experiments and settings that can be copied', () => {
    expect(() => inWorker({} as never)).toThrow('inWorker: wanted a worker, got {}')
    expect(() => serve({}, worker)).toThrow('serve: wanted functions that make experiments, by name, got {}')
    expect(() => serve({ toy: toyOf })).toThrow(
      'serve: wanted the scope of a worker, got none; in Node.js, pass parentPort of node:worker_threads',
    )
    expect(() => inWorker(page, () => 1)).toThrow('inWorker: wanted settings that can be copied, got () => 1')
  })
})

test('in a thread of Node.js, an error that nothing catches ends the run', async () => {
  const thread = new Worker("setTimeout(() => { throw new Error('broken') })", { eval: true })
  const far = inWorker(thread)
  await expect(collect(far)).rejects.toThrow('inWorker: wanted a worker that runs, got broken')
  await expect(far.weights()).rejects.toThrow('got broken')
})
