import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { data, nn, ops, optim, train } from '../../src/index.ts'
import { repository } from '../support/command.ts'
import { collect } from '../support/toy.ts'

interface Settings {
  readonly x: Float32Array
  readonly y: Int32Array
  readonly lr: number
  readonly epochs: number
}

/** Makes an experiment with a library. The thread runs this function's text on the built one. */
function points(library: object, { x, y, lr, epochs }: Settings): train.Experiment {
  const { data, nn, ops, optim, train } = library as Library
  const all = data.dataset({ x, y, shape: [2], classes: 3, featureNames: ['a', 'b'] })
  return train.experiment({
    data: { train: all, validation: all },
    model: () =>
      new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.BatchNorm1d(8), new nn.Linear(8, 3)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr, momentum: 0.9 }),
    batchSize: 16,
    epochs,
    threads: 1,
  })
}

type Library = Pick<typeof import('../../src/index.ts'), 'data' | 'nn' | 'ops' | 'optim' | 'train'>

const y = Int32Array.from({ length: 48 }, (_, i) => i % 3)
const x = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i) + y[i >> 1]!)
const settings = { x, y, lr: 0.1, epochs: 3 }

const thread = (): Worker =>
  new Worker(
    `const { parentPort } = require('node:worker_threads')
    import('${pathToFileURL(join(repository, 'dist/index.js'))}').then((library) =>
      library.train.serve({ points: (settings) => (${points})(library, settings) }, parentPort))`,
    { eval: true },
  )

describe('a thread of Node.js that serves experiments', () => {
  const worker = thread()
  afterAll(() => worker.terminate())

  test('trains to the bit as here, predicts, and sends the files of the model', async () => {
    const experiment = points({ data, nn, ops, optim, train }, settings)
    const task = train.taskOf(experiment)
    const lossesOf = (events: readonly train.TrainEvent[]): readonly number[] =>
      events.flatMap((event) => (event.type === 'steps' ? Array.from(event.losses) : []))
    const here = await collect(train.run(experiment, { task }))
    const far = train.inWorker(worker, settings)
    expect(lossesOf(await collect(far))).toEqual(lossesOf(here))
    expect((await far.predict([[0, 3]])).map(({ length }) => length)).toEqual([3])
    expect(await far.weights()).toEqual(train.writeSafetensors(task.variables))
    const plain = train.exportOnnx(task.model, experiment.data.train.x)
    const described = Buffer.from(await far.onnx())
    expect(described.subarray(0, plain.length).equals(plain)).toBe(true)
    expect(described.subarray(plain.length).toString()).toContain('evenstep.features')
  })

  test('stops when it is asked to, when the loop is left, and with the reason of a signal', async () => {
    const endless = { ...settings, epochs: 1e6 }
    const left = train.inWorker(worker, endless)
    for await (const { type } of left) if (type === 'epoch') break
    expect(await collect(left)).toEqual([])
    const stopped = train.inWorker(worker, endless)
    for await (const { type } of stopped) if (type === 'epoch') await stopped.stop()
    const stop = new AbortController()
    const aborted = train.inWorker(worker, endless, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 20)
    await expect(collect(aborted)).rejects.toThrow('enough')
    expect((await aborted.weights()).length).toBeGreaterThan(500)
  })

  test('sends errors with their text and class', async () => {
    const wrong = train.inWorker(worker, { ...settings, lr: -1 })
    await expect(collect(wrong)).rejects.toThrow('sgd: wanted lr as a number ≥ 0')
    const broken = collect(train.inWorker(worker, { ...settings, lr: 1e38 }))
    await expect(broken).rejects.toBeInstanceOf(train.DivergedError)
  })

  test('that is terminated ends its runs with an error', async () => {
    const other = thread()
    const far = train.inWorker(other, { ...settings, epochs: 1e6 })
    const following = async (): Promise<void> => {
      for await (const { type } of far) if (type === 'epoch') other.terminate()
    }
    await expect(following()).rejects.toThrow('inWorker: wanted a worker that runs, got one that ended')
  })
})
