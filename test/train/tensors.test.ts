import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterAll, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import { data } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import * as train from '../../src/train/index.ts'
import { difference } from '../support/golden.ts'
import { TwoInTwoOut } from '../support/two-in-two-out.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-tensors-'))
afterAll(() => rmSync(root, { recursive: true }))

const source = random(0, 'tensors')
const image = Float32Array.from({ length: 60 * 6 }, () => 3 + source.normal())
const code = Int32Array.from({ length: 60 }, (_, i) => i % 4)
const kind = Int32Array.from({ length: 60 }, (_, i) => (image[i * 6]! > 3 ? 2 : i % 2))
const price = Float32Array.from({ length: 60 }, (_, i) => code[i]! + image[i * 6 + 1]!)
const classNames = ['cat', 'dog', 'owl']

const houses = () =>
  data.tensors({
    x: { image: { data: image, shape: [2, 3] }, code: { data: code, shape: [] } },
    y: { kind: { data: kind, classNames }, price },
  })
const split = data.normalize(data.split(houses(), { validation: 0.2, test: 0.1 }), { input: 'image' })

const setup = (options: Partial<train.ExperimentOptions> = {}): train.Experiment =>
  train.experiment({
    data: split,
    model: () => new TwoInTwoOut(),
    loss: { kind: ops.crossEntropy, price: { loss: ops.mseLoss, weight: 0.1 } },
    metrics: { kind: { f1: train.metrics.f1() }, price: { mae: train.metrics.mae() } },
    monitor: 'kind.accuracy',
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 8,
    epochs: 3,
    threads: 1,
    ...options,
  })

async function trained(name: string, experiment: train.Experiment, most = 9): Promise<train.EpochEvent[]> {
  const folder = new train.RunFolder(join(root, name), experiment, {
    resume: name.endsWith('again'),
  } as never)
  const epochs: train.EpochEvent[] = []
  for await (const event of folder.events()) if (event.type === 'epoch' && epochs.push(event) === most) break
  folder.close()
  return epochs
}

const finished = trained('run', setup())

test('events have the loss and the metrics of each output under its name', async () => {
  const [{ validationLoss, metrics, validationAccuracy }] = (await finished) as [train.EpochEvent]
  expect(Object.keys(metrics!)).toEqual(['kind.loss', 'kind.accuracy', 'kind.f1', 'price.loss', 'price.mae'])
  expect(validationAccuracy).toBeUndefined()
  const total = Number(metrics!['kind.loss']) + 0.1 * Number(metrics!['price.loss'])
  expect(validationLoss).toBeCloseTo(total, 6)
})

test('the best checkpoint is that of the monitored output', async () => {
  const epochs = await finished
  const accuracies = epochs.map(({ metrics }) => Number(metrics!['kind.accuracy']))
  const { step } = await train.open(join(root, 'run'), { checkpoint: 'best', experiment: setup() })
  expect(step).toBe(epochs[accuracies.indexOf(Math.max(...accuracies))]!.steps)
})

/** Values of the `row`-th validation example, as rows to predict have them. */
const validation = split.validation as data.Dataset
const rawRow = (row: number) => {
  // The examples of the validation part are those of the data in order; find this one by its target.
  const at = price.indexOf(validation.y.data[row * 2 + 1] as number)
  return { at, values: { image: Array.from(image.subarray(at * 6, at * 6 + 6)), code: code[at]! } }
}

/** The run and its exported model, with the experiment and without. */
const exported = finished.then(() =>
  Promise.all(
    [setup(), undefined].map(async (experiment) => {
      const run = await train.open(join(root, 'run'), experiment && { experiment })
      return { run, session: await ort.InferenceSession.create(run.exportOnnx(), { intraOpNumThreads: 1 }) }
    }),
  ),
)

type Exported = Awaited<typeof exported>[number]

test.each([1, 2, 7])(
  'ONNX has an input and an output by name, which give the run’s own loss at batch %i',
  async (n) => {
    for (const { run, session } of await exported) {
      expect([session.inputNames, session.outputNames]).toEqual([
        ['image', 'code'],
        ['kind', 'price'],
      ])
      const part = data.subset(
        validation,
        Array.from({ length: n }, (_, i) => i),
      )
      const images = Float32Array.from(
        { length: n * 6 },
        (_, i) => part.x.data[Math.floor(i / 6) * 7 + (i % 6)] as number,
      )
      const codes = Int32Array.from({ length: n }, (_, i) => part.x.data[i * 7 + 6] as number)
      const feeds = {
        image: new ort.Tensor('float32', images, [n, 2, 3]),
        code: new ort.Tensor('int32', codes, [n]),
      }
      const outputs = await session.run(feeds)
      expect([outputs.kind!.dims, outputs.price!.dims]).toEqual([[n, 3], [n]])
      const scores = outputs.kind!.data as Float32Array
      const prices = outputs.price!.data as Float32Array
      let [kinds, squares] = [0, 0]
      for (let i = 0; i < n; i++) {
        const own = scores.subarray(3 * i, 3 * i + 3)
        const sum = own.reduce((total, v) => total + Math.exp(v), 0)
        kinds += (Math.log(sum) - own[part.y.data[2 * i] as number]!) / n
        squares += (prices[i]! - (part.y.data[2 * i + 1] as number)) ** 2 / n
      }
      const { loss, metrics } = await run.evaluate(part)
      const measured = [loss, metrics!['kind.loss'], metrics!['price.loss']] as number[]
      expect(difference(measured, [kinds + 0.1 * squares, kinds, squares])).toBeLessThan(1e-5)
    }
  },
)

test('predictions of raw rows have those of each output by its name, with and without the experiment', async () => {
  const rows = Array.from({ length: 4 }, (_, i) => rawRow(i).values)
  const [{ run }, stored] = (await exported) as [Exported, Exported]
  const found = await run.predict<'kind' | 'price'>(rows)
  const alone = await stored.run.predict<'kind' | 'price'>(rows)
  expect(alone.map(({ kind }) => kind.prediction)).toEqual(found.map(({ kind }) => kind.prediction))
  const part = data.subset(validation, [0, 1, 2, 3])
  const { metrics } = await run.evaluate(part)
  const right = found.filter(({ kind }, i) => kind.prediction === classNames[part.y.data[2 * i] as number])
  expect(right.length / 4).toBe(metrics!['kind.accuracy'])
  const gaps = found.map(({ price }, i) =>
    Math.abs(Number(price.prediction) - (part.y.data[2 * i + 1] as number)),
  )
  expect(gaps.reduce((a, b) => a + b) / 4).toBeCloseTo(Number(metrics!['price.mae']), 5)
  expect(Object.keys(found[0]!.kind.probabilities!)).toEqual(classNames)
  await expect(run.predict([{ image: [1, 2, 3, 4, 5, 6], cod: 1 }])).rejects.toThrow(
    'predict: wanted an input code at row 0, got none; did you mean code by cod?',
  )
  await expect(run.predict([{ image: [1, 2], code: 1 }])).rejects.toThrow(
    'predict: wanted 6 numbers of image at row 0, got 2',
  )
  await expect(run.predict([{ image: [1, 2, 3, 4, 5, 6], code: 0.5 }])).rejects.toThrow(
    'predict: wanted integers of code at row 0, got 0.5',
  )
  await expect(run.predict([{ image: [1, 2, 3, 4, 5, 6], code: 9 }])).rejects.toThrow(
    'predict: wanted indices of code from 0 to 3, got 9; look at number 0 of row 0',
  )
})

test('a run that was interrupted resumes to the bit', async () => {
  const whole = await trained('whole', setup({ epochs: 2 }))
  await trained('part', setup({ epochs: 2 }), 1)
  const folder = new train.RunFolder(join(root, 'part'), setup({ epochs: 2 }), { resume: true })
  const rest: train.EpochEvent[] = []
  for await (const event of folder.events()) if (event.type === 'epoch') rest.push(event)
  folder.close()
  expect(rest.at(-1)!.trainLoss).toBe(whole[1]!.trainLoss)
  expect(rest.at(-1)!.metrics).toEqual(whole[1]!.metrics)
})

test('a run measures its test part by output, with intervals', async () => {
  const events: train.TestEvent[] = []
  for await (const event of train.run(setup({ epochs: 1 }), { test: true }))
    if (event.type === 'test') events.push(event)
  const [{ metrics, intervals }] = events as [train.TestEvent]
  expect(intervals!['kind.accuracy']).toMatchObject({ method: 'wilson' })
  expect(intervals!['price.mae']!.low).toBeLessThanOrEqual(Number(metrics!['price.mae']))
})

test('accumulation gives the steps of whole batches, without batch normalization', async () => {
  class Plain {
    readonly kind = new nn.Linear(7, 3)
    readonly price = new nn.Linear(7, 1)
    forward({ image, code }: nn.TensorRecord): nn.TensorRecord {
      const x = ops.concat(
        [ops.reshape(image!, [-1, 6]), ops.reshape(ops.cast(code!, image!.dtype), [-1, 1])],
        1,
      )
      return { kind: this.kind.forward(x), price: ops.reshape(this.price.forward(x), [-1]) }
    }
  }
  const losses: Partial<train.ExperimentOptions> = {
    model: () => new Plain(),
    loss: { kind: (o, y) => ops.crossEntropy(o, y, { weight: [1, 5, 2] }), price: ops.mseLoss },
    epochs: 1,
    dtype: 'float64',
  }
  const [whole] = await trained('large', setup({ ...losses, batchSize: 8 }))
  const [parts] = await trained('small', setup({ ...losses, batchSize: 2, accumulate: 4 }))
  expect(parts!.trainLoss).toBeCloseTo(whole!.trainLoss, 10)
  expect(parts!.validationLoss).toBeCloseTo(whole!.validationLoss, 10)
})

test('wrong names are refused with the nearest one', () => {
  const refused = (options: object) => () => setup(options)
  const { kind: _, ...some } = { kind: ops.crossEntropy, price: ops.mseLoss }
  expect(refused({ loss: ops.crossEntropy })).toThrow(
    'experiment: wanted a loss for each output, { kind: …, price: … }, got a function; let the model return a cost of several outputs as an output of its own, with targets of 0',
  )
  expect(refused({ loss: some })).toThrow('experiment: wanted a loss for each output, got none for kind')
  expect(refused({ loss: { kinds: ops.crossEntropy, price: ops.mseLoss } })).toThrow(
    'experiment: wanted losses of outputs, each one of kind, price, got kinds; did you mean kind?',
  )
  expect(refused({ loss: { kind: { loss: ops.crossEntropy, wieght: 2 }, price: ops.mseLoss } })).toThrow(
    'experiment: loss: kind: wanted one of loss, weight, got wieght; did you mean weight?',
  )
  expect(refused({ metrics: { f1: train.metrics.f1() } })).toThrow(
    'experiment: wanted metrics by output, such as { kind: { f1: … } }, got f1',
  )
  expect(refused({ metrics: { knd: { f1: train.metrics.f1() } } })).toThrow(
    'experiment: wanted metrics of an output, one of kind, price, got knd; did you mean kind?',
  )
  expect(refused({ metrics: { kind: { loss: train.metrics.f1() } } })).toThrow(
    'experiment: wanted names of metrics that no other result has, got "kind.loss"; rename the metric',
  )
  expect(refused({ monitor: 'kind.acuracy' })).toThrow('did you mean kind.accuracy?')
  expect(() =>
    train.experiment({
      ...setup(),
      data: data.split(data.breastCancer(), { validation: 0.2 }),
      loss: some,
    } as never),
  ).toThrow(
    'experiment: wanted loss as one function for data with one target, got losses of price; name the targets with data.tensors',
  )
})

test('a model that returns other outputs is refused', async () => {
  class Other extends TwoInTwoOut {
    readonly names: readonly string[]
    constructor(...names: string[]) {
      super()
      this.names = names
    }
    override forward(x: nn.TensorRecord, mode: nn.Mode): nn.TensorRecord {
      const { kind, price } = super.forward(x, mode)
      return Object.fromEntries(this.names.map((name, i) => [name, [kind!, price!][i]!]))
    }
  }
  const firstStep = async (model: () => nn.Model) => {
    for await (const _ of train.run(setup({ model })));
  }
  const wanted = 'Other: wanted forward to return the tensors kind, price by name, got'
  await expect(firstStep(() => new Other('kind', 'prices'))).rejects.toThrow(
    `${wanted} prices; did you mean price?`,
  )
  await expect(firstStep(() => new Other('kind'))).rejects.toThrow(`${wanted} kind; return price, too`)
  await expect(firstStep(() => new nn.Sequential(new nn.Flatten()) as nn.Model)).rejects.toThrow()
  await expect(
    firstStep(() => ({ forward: ({ image }: nn.TensorRecord) => image! }) as never),
  ).rejects.toThrow('Object: wanted forward to return the tensors kind, price by name, got one tensor')
})

test('one input with two outputs, and two inputs with one output, train and export', async () => {
  const of = (made: data.Dataset): data.Split => data.split(made, { validation: 0.2 })
  class Heads {
    readonly kind = new nn.Linear(6, 3)
    readonly price = new nn.Linear(6, 1)
    forward(x: import('../../src/core/tensor.ts').Tensor): nn.TensorRecord {
      return { kind: this.kind.forward(x), price: ops.reshape(this.price.forward(x), [-1]) }
    }
  }
  class Joined {
    readonly fc = new nn.Linear(7, 3)
    forward({ image, age }: nn.TensorRecord) {
      return this.fc.forward(ops.concat([ops.reshape(image!, [-1, 6]), age!], 1))
    }
  }
  const plain = data.dataset({ x: image, y: kind, classNames })
  const heads = setup({
    data: of(data.tensors({ x: plain, y: { kind: plain, price } })),
    model: () => new Heads(),
    epochs: 1,
  })
  const joined = train.experiment({
    data: of(data.tensors({ x: { image: plain, age: price }, y: plain })),
    model: () => new Joined(),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 8,
    epochs: 1,
    threads: 1,
    control: [],
  })
  const [first] = await trained('heads', heads)
  expect(Object.keys(first!.metrics!)).toContain('kind.accuracy')
  const [second] = await trained('joined', joined)
  expect(second).toMatchObject({ validationAccuracy: expect.any(Number) })
  const names = async (name: string) => {
    const bytes = (await train.open(join(root, name))).exportOnnx()
    const { inputNames, outputNames } = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 })
    return [inputNames, outputNames]
  }
  expect(await names('heads')).toEqual([['x'], ['kind', 'price']])
  expect(await names('joined')).toEqual([['image', 'age'], ['y']])
  const predicted = await (await train.open(join(root, 'joined'))).predict([
    { image: Array(6).fill(1), age: 2 },
  ])
  expect(classNames).toContain(predicted[0]!.prediction)
})
