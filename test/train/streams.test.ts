import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import { trace } from '../../src/core/variable.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { batchNorms } from '../../src/nn/norm/freeze.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/rules/sgd.ts'
import * as schedule from '../../src/schedule/index.ts'
import { describe as described } from '../../src/train/description.ts'
import type { StepsEvent, TrainEvent } from '../../src/train/event.ts'
import { type ExperimentOptions, experiment } from '../../src/train/experiment.ts'
import { findLearningRate } from '../../src/train/find-lr.ts'
import { beginning } from '../../src/train/progress.ts'
import { recalibrate } from '../../src/train/recalibrate.ts'
import { RunFolder } from '../../src/train/run-folder.ts'
import type { RunFolderOptions } from '../../src/train/run-folder-options.ts'
import { parseExperiment } from '../../src/train/spec.ts'
import { run, taskOf } from '../../src/train/train.ts'
import makeImages from '../fixtures/thread/images.ts'
import { clouds, toy } from '../support/toy.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-streams-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The examples of a data set as a stream, some at a time. */
const streamed = ({ x, y, length, classes = 3 }: data.Dataset): data.Stream =>
  data.stream(
    async function* () {
      for (let i = 0; i < length; i++)
        yield { x: [0, 1].map((j) => Number(x.data[2 * i + j])), y: Number(y.data[i]) }
    },
    { shape: [2], classes },
  )

/** The examples of a data set as a CSV file. */
function csvFile(name: string, { x, y, length }: data.Dataset): string {
  const path = join(root, name)
  const rows = Array.from({ length }, (_, i) => [x.data[2 * i], x.data[2 * i + 1], y.data[i]].join(','))
  writeFileSync(path, `a,b,kind\n${rows.join('\n')}\n`)
  return path
}

const { train, validation } = clouds()
const setup = (changes: Partial<ExperimentOptions> = {}) =>
  toy({
    data: { train: streamed(train), validation: streamed(validation) },
    shuffleBuffer: 40,
    epochs: 3,
    optimizer: sgd({ lr: schedule.linear(0.1, { totalIters: 30 }), momentum: 0.9 }),
    threads: 1,
    ...changes,
  })

async function events(of: ReturnType<typeof setup>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = []
  for await (const event of run(of)) all.push(event)
  return all
}
const steps = (all: readonly TrainEvent[]): number[][] => {
  const told = all.filter((event): event is StepsEvent => event.type === 'steps')
  return told.flatMap(({ losses, lrs }) => Array.from(losses, (loss, k) => [loss, lrs[k]!]))
}
const epochs = (all: readonly TrainEvent[]): object[] =>
  all.filter((event) => event.type === 'epoch').map(({ time, ...rest }) => rest)

/** The numbers of the examples of an epoch, in the order in which a shuffled stream gives them. */
async function orderOf(epoch: number): Promise<number[]> {
  const counting = data.stream(
    function* () {
      for (let i = 0; i < 100; i++) yield { x: [0], y: i }
    },
    { shape: [1] },
  )
  const order: number[] = []
  const batches = data.loader(counting, { batchSize: 100, seed: 0, shuffleBuffer: 40 }).batches(epoch)
  for await (const { y } of batches) order.push(...Array.from(y, Number))
  return order
}

describe('training from a stream', () => {
  test('gives the numbers of the same examples in memory, in the same order', async () => {
    const orders = await Promise.all([0, 1, 2].map(orderOf))
    const sampler = {
      count: 100,
      order: (_: unknown, __: unknown, epoch: number) => Int32Array.from(orders[epoch]!),
    }
    const [there, here] = [
      await events(setup()),
      await events(
        toy({ ...setup(), data: { train, validation }, sampler, shuffleBuffer: undefined as never }),
      ),
    ]
    expect(steps(there)).toEqual(steps(here))
    expect(steps(there)).toHaveLength(36)
    expect(epochs(there)).toEqual(epochs(here))
    const progress = beginning(setup())
    expect(there[0]).toEqual({ type: 'start', epochs: 3, parameters: 67, progress })
    expect(here[0]).toMatchObject({ stepsPerEpoch: 12 })
  })

  test('evaluates a stream as the same examples in memory', async () => {
    const task = taskOf(setup())
    expect(await task.evaluate(streamed(validation), { batchSize: 8 })).toEqual(
      await task.evaluate(validation, { batchSize: 8 }),
    )
  })

  test('measures running statistics on 200 batches of a stream, or on as many as told', async () => {
    const { model } = taskOf(setup())
    const endless = data.stream(
      function* () {
        for (;;) yield { x: [1, 2], y: 0 }
      },
      { shape: [2], classes: 3 },
    )
    const tracked = () => [...batchNorms(model).values()].map((norm) => norm.numBatchesTracked!.data[0])
    await recalibrate(model, data.loader(endless, { batchSize: 4 }))
    expect(tracked()).toEqual([200n])
    await recalibrate(model, data.loader(endless, { batchSize: 4 }), { batches: 3 })
    expect(tracked()).toEqual([3n])
    const averaging = setup({ epochs: 1, recalibrateBeforeEvaluation: true })
    expect(epochs(await events(averaging))).toHaveLength(1)
  })

  test('that a thread reads gives the numbers of one that is read here', async () => {
    const there = await data.threaded(new URL('../fixtures/thread/images.ts', import.meta.url), {
      options: { n: 64 },
    })
    const of = (source: data.Stream): ReturnType<typeof setup> =>
      setup({
        data: { train: source, validation: source },
        model: () => new nn.Sequential(new nn.Flatten(), new nn.Linear(75, 10)),
        optimizer: sgd({ lr: 1e-6 }),
        epochs: 2,
      })
    try {
      const here = makeImages({ n: 64 })
      expect(there.fingerprint).toBe(here.fingerprint)
      const [threaded, plain] = [await events(of(there)), await events(of(here))]
      expect(steps(threaded)).toHaveLength(16)
      expect(steps(threaded)).toEqual(steps(plain))
      expect(epochs(threaded)).toEqual(epochs(plain))
    } finally {
      await there.close()
    }
  })

  test('is tested for its learning rate', async () => {
    const { lrs } = await findLearningRate(setup(), { steps: 40, to: 0.5 })
    expect(lrs).toHaveLength(40) // more than the 12 steps of an epoch
  })

  test('refuses what a stream cannot have, and an epoch without a batch', async () => {
    const sampler = data.weightedSampler(new Array(100).fill(1))
    expect(() => setup({ sampler })).toThrow(
      'experiment: wanted a data set in memory for a sampler, got a stream; leave it out, or data.collect the stream',
    )
    expect(() => toy({ shuffleBuffer: 10 })).toThrow(
      'experiment: wanted a stream for shuffleBuffer, got a data set, which is shuffled as a whole; leave it out',
    )
    await expect(events(setup({ batchSize: 101 }))).rejects.toThrow(
      'loader: wanted at least one batch of 101 examples, got 100; use a smaller batchSize or ' +
        "last: 'keep' (in an experiment lastBatch: 'keep')",
    )
    await expect(events(toy({ batchSize: 101 }))).rejects.toThrow(
      "experiment: wanted at least one batch of 101 examples, got 100; use a smaller batchSize or lastBatch: 'keep'",
    )
  })
})

describe('a run of a stream that is kept', () => {
  const csv = (path: string, changes: Partial<ExperimentOptions> = {}) => {
    const { classes, ...rest } = { classes: 3, ...changes }
    const stream = data.csvStream(path, { label: 'kind', classes })
    return setup({
      data: { train: stream, validation },
      checkpoints: { everySteps: 5 },
      lastBatch: 'keep',
      ...rest,
    })
  }
  async function kept(
    name: string,
    of: ReturnType<typeof setup>,
    stop = Number.POSITIVE_INFINITY,
    options: RunFolderOptions = {},
  ) {
    const folder = new RunFolder(join(root, name), of, options)
    let seen = 0
    for await (const _ of folder.events()) if (++seen >= stop) break
    folder.close()
    const read = (file: string): Buffer => readFileSync(join(root, name, file))
    const log = read('events.jsonl')
      .toString()
      .replace(/"time":\{[^}]*\}/g, '')
    return { log, read }
  }

  test('resumes in the middle of an epoch with the bytes of one that was never stopped', async () => {
    const path = csvFile('whole.csv', train)
    const whole = await kept('whole', csv(path))
    for (const stop of [2, 3, 4, 5, 7, 9]) {
      const name = `stopped-${stop}`
      await kept(name, csv(path), stop)
      const { log, read } = await kept(name, csv(path), undefined, { resume: true })
      expect(log).toBe(whole.log)
      expect(read('model.safetensors')).toEqual(whole.read('model.safetensors'))
    }
    expect(JSON.parse(whole.read('run.json').toString())).toMatchObject({
      data: { train: { x: [2], classes: 3 }, validation: { length: 30 } },
      shuffleBuffer: 40,
    })
  })

  test('refuses to go on with another file, or the same read in another way', async () => {
    const path = csvFile('own.csv', train)
    await kept('own', csv(path), 5)
    // A copy is the same file.
    writeFileSync(join(root, 'copy.csv'), readFileSync(path))
    await kept('own', csv(join(root, 'copy.csv')), 2, { resume: true })
    const other = csvFile('other.csv', {
      ...train,
      y: { ...train.y, data: Int32Array.from(train.y.data, Number).fill(2, 51, 52) },
    })
    await expect(kept('own', csv(other), 1, { resume: true })).rejects.toThrow(
      'wanted the data that the run began with, got other data; resume with the same files',
    )
    const stream = data.csvStream(path, { label: 'kind', classes: 3, features: ['b', 'a'] })
    await expect(
      kept('own', csv(path, { data: { train: stream, validation } }), 1, { resume: true }),
    ).rejects.toThrow('wanted the data that the run began with')
  })

  test('refuses a stream that has become shorter', async () => {
    const eight = streamed(data.subset(train, [0, 1, 2, 3, 4, 5, 6, 7]))
    const read = async (first: number): Promise<void> => {
      for await (const _ of data.loader(eight, { batchSize: 4 }).stacks(0, () => 1, first));
    }
    await read(2)
    await expect(read(3)).rejects.toThrow(
      'loader: wanted a stream of at least 3 batches, as before, got 8 examples; read the same one',
    )
  })
})

describe('a sampler in an experiment', () => {
  test('chooses the examples of each epoch, and is told apart in run.json', async () => {
    const few = data.subset(train, [0, 1, 2, 3, 4, 5, 6, 9, 12])
    const sampler = data.weightedSampler(data.exampleWeights(few), { count: 64 })
    const of = toy({ data: { train: few, validation }, sampler, epochs: 1 })
    const all = await events(of)
    expect(all[0]).toMatchObject({ stepsPerEpoch: 8 })
    expect(all.at(-1)).toMatchObject({ steps: 8 })
    const other = toy({ ...of, sampler: data.weightedSampler([1, 1, 1, 1, 1, 1, 1, 1, 5], { count: 64 }) })
    const orders = [of, of, other].map(
      (one) => described(one, taskOf(one)).sampler as { count: number; order: string },
    )
    expect(orders[0]).toEqual({ count: 64, order: expect.any(String), nextOrder: expect.any(String) })
    expect(orders[1]).toEqual(orders[0])
    expect(orders[2]!.order).not.toBe(orders[0]!.order)
  })

  test('must be one', () => {
    expect(() => experiment({ ...toy(), sampler: {} as never })).toThrow(
      'experiment: wanted sampler as a sampler, such as data.weightedSampler(data.exampleWeights(split.train)), got {}',
    )
  })
})

test('an experiment in JSON may weigh classes', async () => {
  const json = (loss: unknown) => ({
    ...{
      data: 'digits10x10',
      model: [['Linear', 100, 10]],
      optimizer: { type: 'sgd', lr: 0.1 },
      batchSize: 64,
      epochs: 1,
    },
    loss,
  })
  const balanced = await parseExperiment(
    json({ type: 'crossEntropy', weight: 'balanced', labelSmoothing: 0.1 }),
  )
  expect(balanced.loss.name).toBe('crossEntropy {"weight":"balanced","labelSmoothing":0.1}')
  const logits = constant([1, ...new Array(9).fill(0)], [1, 10])
  const { data: own } = balanced
  const weight = data.classWeights(own.train as data.Dataset)
  const found = trace(() => balanced.loss(logits, constant([0], [1], 'int32'))).result
  const wanted = trace(() =>
    ops.crossEntropy(logits, constant([0], [1], 'int32'), { weight, labelSmoothing: 0.1 }),
  ).result
  const shape = ({ op, attributes, inputs }: Tensor): unknown => [op, attributes, inputs.map(shape)]
  expect(shape(found)).toEqual(shape(wanted))
  await expect(parseExperiment(json({ type: 'crossEntropy', weight: 'even' }))).rejects.toThrow(
    'experiment: loss: wanted weight as \'balanced\' or a list of numbers ≥ 0, got "even"',
  )
})

test('class weights of a data set make a loss in which each class counts alike', async () => {
  const few = data.subset(train, [0, 1, 2, 3, 6, 9, 12, 15])
  const weight = data.classWeights(few)
  const loss = (x: Parameters<ops.Loss>[0], y: Parameters<ops.Loss>[1]) => ops.crossEntropy(x, y, { weight })
  for (const dtype of ['float32', 'float64'] as const) {
    const task = taskOf(toy({ data: { train: few, validation: few }, loss, dtype }))
    const each = taskOf(toy({ data: { train: few, validation: few }, dtype }))
    let sum = 0
    for (const c of [0, 1, 2]) {
      const own = [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => Number(few.y.data[i]) === c)
      sum += (await each.evaluate(data.subset(few, own))).loss
    }
    const { loss: found } = await task.evaluate(few)
    expect(found).toBeCloseTo(sum / 3, dtype === 'float64' ? 12 : 5)
  }
})
