import { data, nn, ops, optim, random, schedule, train } from 'evenstep'
import { trainPoints } from './docs-page.ts'

/** Three clouds of points in the plane. */
function points(): { readonly x: Float32Array; readonly y: Int32Array } {
  const source = random('clouds')
  const n = 176
  const y = Int32Array.from({ length: n }, (_, i) => i % 3)
  const x = Float32Array.from({ length: 2 * n }, (_, i) =>
    source.normal([0, 3, -3][y[i >> 1]!]! * (i % 2 ? 1 : -1)),
  )
  return { x, y }
}

export interface CloudSettings {
  readonly device: 'cpu' | 'wasm' | 'webgpu'
  readonly epochs?: number
  readonly width?: number
}

/**
 * An experiment of an MLP with batch normalization on three clouds of points: 11 steps an epoch.
 *
 * @param width number of hidden units
 */
export function clouds(
  device: CloudSettings['device'],
  { epochs = 2, width = 16 }: Omit<CloudSettings, 'device'> = {},
): train.Experiment {
  const { x, y } = points()
  const all = data.dataset({ x, y, classes: 3 })
  return train.experiment({
    model: () =>
      new nn.Sequential(
        new nn.Linear(2, width),
        new nn.ReLU(),
        new nn.BatchNorm1d(width),
        new nn.Linear(width, 3),
      ),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: schedule.oneCycle(0.3, { totalSteps: 11 * epochs }), momentum: 0.9 }),
    data: { train: all, validation: all },
    batchSize: 16,
    epochs,
    device,
  })
}

/** Trains on a device; returns the loss of each step and, after each epoch, of the validation data. */
export async function losses(device: 'cpu' | 'wasm' | 'webgpu'): Promise<number[]> {
  const all: number[] = []
  for await (const event of train.run(clouds(device))) {
    if (event.type === 'steps') all.push(...Array.from(event.losses))
    if (event.type === 'epoch') all.push(event.validationLoss)
  }
  return all
}

function newWorker(url: string): train.WorkerLike {
  const scope = globalThis as unknown as { Worker: new (url: string, options: object) => train.WorkerLike }
  return new scope.Worker(url, { type: 'module' })
}

let worker: train.WorkerLike | undefined

/** Returns the page's worker. */
const ownWorker = (): train.WorkerLike => (worker ??= newWorker('/worker.js'))

/** Returns what a run that was opened tells without its experiment, as plain values. */
export async function toldBy(run: train.OpenedRun) {
  const { step, epoch, metrics } = run
  const { loss, accuracy } = await run.evaluate(clouds('wasm').data.validation)
  const [first] = await run.predict([[0, 3]])
  let refused = ''
  try {
    refused = String(run.model)
  } catch (error) {
    refused = String(error)
  }
  return { step, epoch, metrics, loss, accuracy, first, bytes: run.exportOnnx().length, refused }
}

/** Trains in a worker; returns the losses as `losses` does, outputs of the model, and sizes of its files. */
export async function inWorker(): Promise<{
  losses: number[]
  scores: number
  files: number[]
  message: string
}> {
  const worker = ownWorker()
  const run = train.inWorker(worker, { device: 'wasm' })
  const all: number[] = []
  for await (const event of run) {
    if (event.type === 'steps') all.push(...Array.from(event.losses))
    if (event.type === 'epoch') all.push(event.validationLoss)
  }
  const [scores] = await run.predict([[0, 3]])
  const files = [await run.weights(), await run.onnx()].map(({ length }) => length)
  const wrong = train.inWorker(worker, { device: 'gpu' })
  const message = await wrong.weights().then(String, (error: Error) => `${error.name}: ${error.message}`)
  return { losses: all, scores: scores!.length, files, message }
}

/** Trains by the page and the worker that docs/browser.md shows; returns the sizes of the results. */
export async function documented(): Promise<readonly number[]> {
  const { x, y } = points()
  const worker = newWorker('/docs-worker.js')
  const { scores, weights, model } = await trainPoints(worker, x, y)
  return [scores!.length, weights.length, model.length]
}

/** Trains a task of its own `times` times; the task is kept from call to call. */
export async function repeat(times: number): Promise<void> {
  repeated ??= train.taskOf(tiny)
  for (let i = 0; i < times; i++) for await (const _ of train.run(tiny, { task: repeated }));
}

const tiny = clouds('wasm', { epochs: 1 })
let repeated: train.Task | undefined

/** Trains in a worker; returns how often the page's timers ran between its events, and the number of events. */
export async function ticksDuring(): Promise<readonly [ticks: number, events: number]> {
  let [ticks, events] = [0, 0]
  const timer = setInterval(() => ticks++, 1)
  for await (const _ of train.inWorker(ownWorker(), { device: 'wasm', epochs: 3, width: 4000 })) events++
  clearInterval(timer)
  return [ticks, events]
}

/** An experiment whose evaluations use averaged weights. */
const averaging = (): train.Experiment =>
  train.experiment({
    ...clouds('wasm'),
    optimizer: optim.sgd({ lr: 0.1, average: { type: 'ema', decay: 0.9 } }),
  })

/** Evaluates a task while it trains, at moments that a timer chooses; returns the losses of both. */
export async function overlapping(overlaps: boolean): Promise<readonly (readonly number[])[]> {
  const experiment = averaging()
  const task = train.taskOf(experiment)
  const [losses, evaluated, running]: [number[], number[], Promise<void>[]] = [[], [], []]
  const evaluate = async (): Promise<void> => {
    const { loss } = await task.evaluate(experiment.data.validation, { batchSize: 16 })
    evaluated.push(loss)
  }
  for await (const batch of data.loader(experiment.data.train, { batchSize: 16, seed: 0 }).batches(0)) {
    if (overlaps) running.push(new Promise((resolve) => setTimeout(() => resolve(evaluate()), 1)))
    losses.push(await task.step(batch))
    if (overlaps) await new Promise((resolve) => setTimeout(resolve))
  }
  await Promise.all(running)
  return [losses, evaluated]
}

/**
 * Trains and evaluates with graphs that are not compiled yet and with data that have to be awaited; returns the losses.
 *
 * @param overlaps whether each call is made while the one before waits, rather than after it
 */
export async function whileWaiting(overlaps: boolean): Promise<number[]> {
  const experiment = averaging()
  const all = experiment.data.train as data.Dataset
  const task = train.taskOf(experiment)
  const { x, y } = points()
  const slow = data.stream(
    async function* () {
      for (let i = 0; i < 24; i++) {
        if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        yield { x: x.slice(2 * i, 2 * i + 2), y: y[i]! }
      }
    },
    { shape: [2], classes: 3 },
  )
  const learn = async (batchSize: number): Promise<number> => {
    const [stack] = [...data.loader(all, { batchSize, seed: 0 }).stacks(0, () => 3)]
    return (await task.learn(stack!, batchSize)).losses.at(-1)!
  }
  const evaluate = async (source: data.Source, batchSize: number): Promise<number> =>
    (await task.evaluate(source, { batchSize })).loss
  const rounds = [
    [() => learn(16), () => evaluate(all, 16), () => evaluate(slow, 8)],
    [() => evaluate(slow, 4), () => learn(8), () => evaluate(all, 8)],
  ]
  const losses: number[] = []
  for (const calls of rounds) {
    const made: Promise<number>[] = []
    for (const call of calls) {
      made.push(call())
      await (overlaps ? new Promise((resolve) => setTimeout(resolve)) : made.at(-1))
    }
    losses.push(...(await Promise.all(made)))
  }
  return losses
}
