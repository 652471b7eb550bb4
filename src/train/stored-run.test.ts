import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterAll, describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { readGraph } from '../../test/support/onnx-file.ts'
import { clouds, ToyNet, toy } from '../../test/support/toy.ts'
import { data } from '../index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import type { ExperimentOptions } from './experiment.ts'
import { metrics } from './index.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'
import { StoredRun } from './stored-run.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-stored-'))
afterAll(() => rmSync(root, { recursive: true }))
let runs = 0

/** Trains an experiment in a folder. Returns both, and the values of each epoch. */
async function trained(options: Partial<ExperimentOptions>) {
  const experiment = toy(options)
  const path = join(root, String(runs++))
  const folder = new RunFolder(path, experiment)
  const epochs: number[] = []
  for await (const event of folder.events()) if (event.type === 'epoch') epochs.push(event.validationLoss)
  folder.close()
  return { experiment, path, epochs }
}

const images = data.dataset({
  x: Float32Array.from({ length: 24 * 32 }, (_, i) => Math.sin(i * i)),
  y: Int32Array.from({ length: 24 }, (_, i) => i % 2),
  shape: [2, 4, 4],
  classes: 2,
})
const positions = data.dataset({
  x: Float32Array.from({ length: 20 * 6 }, (_, i) => Math.cos(i * i)),
  y: Int32Array.from({ length: 20 * 3 }, (_, i) => (i % 5 === 0 ? -100 : i % 2)),
  shape: [3, 2],
  targetShape: [3],
  classes: 2,
  ignoreIndex: -100,
})
const numbers = data.dataset({
  x: Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
  y: Float32Array.from({ length: 15 }, (_, i) => Math.sin(2 * i)),
  target: 'numbers',
  shape: [2],
})
const both = (one: data.Dataset) => ({ data: { train: one, validation: one } })

const cases: Readonly<Record<string, Partial<ExperimentOptions>>> = {
  'cross-entropy and metrics': {
    metrics: {
      f1: metrics.f1(),
      auc: metrics.rocAuc(),
      top: metrics.topK({ k: 2 }),
      precision: metrics.averagePrecision(),
      calibration: metrics.calibrationError({ bins: 5 }),
      mcc: metrics.mcc(),
      kappa: metrics.cohenKappa({ weights: 'linear' }),
    },
  },
  'weights of classes and smoothing': {
    loss: (output, y) => ops.crossEntropy(output, y, { weight: [1, 2, 3], labelSmoothing: 0.1 }),
  },
  'a loss of two terms': {
    loss: (output, y) =>
      ops.add(
        ops.crossEntropy(output, y, { weight: [1, 2, 3] }),
        ops.mul(ops.mean(ops.mul(output, output)), 0.1),
      ),
  },
  'a sum': { loss: (output, y) => ops.crossEntropy(output, y, { reduction: 'sum' }) },
  'images in float64': {
    ...both(images),
    dtype: 'float64',
    model: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, 3, { padding: 1 }),
        new nn.BatchNorm2d(3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(12, 2),
      ),
  },
  'labels of positions, some ignored': {
    ...both(positions),
    model: () => new nn.Sequential(new nn.GRU(2, 4), new nn.Linear(4, 2)),
    loss: (output, y) =>
      ops.crossEntropy(ops.reshape(output, [-1, 2]), ops.reshape(y, [-1]), { ignoreIndex: -100 }),
  },
  'numbers to predict': {
    ...both(numbers),
    model: () => new nn.Sequential(new nn.Linear(2, 1), new nn.Flatten(0)),
    loss: ops.mseLoss,
    metrics: { r2: metrics.r2(), rmse: metrics.rmse(), mape: metrics.mape() },
  },
}

describe('a run is evaluated by its own graphs as by its experiment', () => {
  test.each(Object.entries(cases))('%s', async (_, options) => {
    const { experiment, path } = await trained({ batchSize: 7, epochs: 1, ...options })
    const stored = StoredRun.at({ path })!
    expect([stored.refusal, stored.lossRefusal, stored.ownMetrics]).toEqual([undefined, undefined, []])
    const source = experiment.data.validation
    const [own, wanted] = [await stored.evaluate(source), await (await open(path, { experiment })).evaluate()]
    const { loss, accuracy, metrics: measured } = wanted
    expect(own.loss).toBeCloseTo(loss, 5)
    expect(own.accuracy).toBe(accuracy)
    for (const [name, value] of Object.entries(measured ?? {}))
      expect(own.metrics![name]).toBeCloseTo(value as number, 5)
  })
})

test('averaged weights of the best checkpoint are stored with it, and computed with', async () => {
  const average = { type: 'ema', decay: 0.5 } as const
  const lr = (step: number): number => (step < 12 ? 0.1 : 5)
  const { experiment, path, epochs } = await trained({ optimizer: sgd({ lr, average }), epochs: 4 })
  const run = await open(path, { checkpoint: 'best' })
  expect([run.step, run.epoch]).toEqual([12, 0])
  expect((await run.evaluate(experiment.data.validation)).loss).toBeCloseTo(epochs[0]!, 5)
  expect(() => run.model).toThrow(
    `${join(path, 'run.json')}: wanted origin.file, the experiment's file, got none`,
  )
  await expect(run.evaluate()).rejects.toThrow("wanted origin.file, the experiment's file, got none")
  const finished = await open(path)
  // At that rate, the loss is 2e30.
  expect((await finished.evaluate(experiment.data.validation)).loss / epochs[3]!).toBeCloseTo(1, 5)
  const session = await ort.InferenceSession.create(run.exportOnnx(), { intraOpNumThreads: 1 })
  const [n, m] = [2, 1].map((rows) =>
    session.run({ x: new ort.Tensor('float32', new Float32Array(2 * rows), [rows, 2]) }),
  )
  expect([(await n!).y!.dims, (await m!).y!.dims]).toEqual([
    [2, 3],
    [1, 3],
  ])
})

test('the graph of a run is a complete ONNX model, beside its weights', async () => {
  const { experiment, path } = await trained({ epochs: 1 })
  const x = experiment.data.validation.x.data as Float32Array
  const feeds = { x: new ort.Tensor('float32', x, [x.length / 2, 2]) }
  const outputs = [join(path, 'inference.onnx'), (await open(path)).exportOnnx()].map(async (model) => {
    const session = await ort.InferenceSession.create(model as string, { intraOpNumThreads: 1 })
    return (await session.run(feeds)).y!.data
  })
  const [file, exported] = await Promise.all(outputs)
  expect(file).toEqual(exported)
  expect(readFileSync(join(path, 'inference.onnx')).length).toBeLessThan(2000)
})

test('an export has batch normalization folded, as train.exportOnnx has, and the graph in the folder has not', async () => {
  const { experiment, path } = await trained({ ...cases['images in float64'], dtype: 'float32', epochs: 1 })
  const run = await open(path, { experiment })
  const operators = (bytes: Uint8Array) => readGraph(bytes).node!.map(({ opType }) => opType)
  const exported = StoredRun.at({ path })!.exportOnnx()
  expect(operators(exported)).toEqual(operators(run.exportOnnx()))
  expect(operators(exported)).not.toContain('BatchNormalization')
  const x = new ort.Tensor('float32', images.x.data as Float32Array, [24, 2, 4, 4])
  const [one, other] = [exported, run.exportOnnx()].map(async (bytes) => {
    const { y } = await (await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 })).run({ x })
    return y!.data as Float32Array
  })
  expect(difference(await one!, Array.from(await other!))).toBeLessThan(1e-6)
  expect(operators(readFileSync(join(path, 'inference.onnx')))).toContain('BatchNormalization')
})

test('an export that keeps batch normalization is imported with the names and numbers of the model', async () => {
  const { experiment, path } = await trained({ ...cases['images in float64'], dtype: 'float32', epochs: 1 })
  const run = await open(path, { experiment })
  const options = { keepNormalization: true }
  for (const bytes of [StoredRun.at({ path })!.exportOnnx(options), run.exportOnnx(options)]) {
    const [own, imported] = [run.model, nn.fromOnnxBytes(bytes)].map(nn.variables)
    expect([...imported!.keys()].sort()).toEqual([...own!.keys()].sort())
    const counted = (name: string) => name.endsWith('num_batches_tracked') // a file has no such count
    for (const [name, { data }] of own!)
      if (!counted(name)) expect(imported!.get(name)!.data, name).toEqual(data)
  }
})

test('a model without one graph for all numbers of examples trains, and its run says why it has none', async () => {
  const looping = (): nn.Module => {
    const net = new ToyNet()
    return Object.assign(net, {
      forward: (x: Parameters<ToyNet['forward']>[0]) =>
        ops.concat(ops.unbind(net.fc2.forward(net.fc1.forward(x))).map((row) => ops.reshape(row, [1, 3]))),
    })
  }
  const { experiment, path } = await trained({ model: looping, epochs: 1, data: clouds(16, 8) })
  expect(StoredRun.at({ path })!.refusal).toBe(
    'export: wanted the same operators for any number of examples, got others for 23 than for 34; ' +
      'replace a loop over examples by operators',
  )
  expect(existsSync(join(path, 'inference.onnx'))).toBe(false)
  expect((await open(path, { experiment })).step).toBe(2)
  await expect(open(path)).rejects.toThrow("wanted origin.file, the experiment's file, got none")
})

/** Removes the checksums from the description of a run's graphs, which older versions did not write. */
function withoutSums(path: string): void {
  const file = join(path, 'inference.json')
  const { sums: _, crc32: __, ...about } = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify(about, null, 2))
}

test('a graph or a description with other bytes than were written is refused', async () => {
  const { experiment, path } = await trained({ epochs: 1 })
  for (const name of ['inference.onnx', 'loss.onnx', 'inference.json']) {
    const file = join(path, name)
    const kept = readFileSync(file)
    const changed = Uint8Array.from(kept)
    changed[kept.length >> 1]! ^= 1
    writeFileSync(file, changed)
    await expect(async () => StoredRun.at({ path })!.evaluate(experiment.data.validation)).rejects.toThrow(
      `${file}: wanted the bytes that were written, got others; the file is damaged`,
    )
    writeFileSync(file, kept)
  }
})

test('no path in a graph is followed, and what Evenstep does not write is refused', async () => {
  const { path } = await trained({ epochs: 1 })
  withoutSums(path)
  const file = join(path, 'inference.onnx')
  const [kept, exported] = [readFileSync(file), StoredRun.at({ path })!.exportOnnx()]
  const forged = kept.toString('latin1').replaceAll('model.safetensors', '../../etc/passwd1')
  writeFileSync(file, forged, 'latin1')
  expect(StoredRun.at({ path })!.exportOnnx()).toEqual(exported)
  writeFileSync(file, Buffer.concat([kept, Buffer.of(0xca, 0x01, 0x00)])) // field 25, such as functions
  expect(() => StoredRun.at({ path })!.exportOnnx()).toThrow(
    'inference.onnx: wanted an ONNX file that Evenstep wrote, got ModelProto: field 25, wire type 2',
  )
})

test('a metric of your own is left out, since it is code', async () => {
  const mine = { ...metrics.f1(), spec: { type: 'mine' } }
  const { experiment, path } = await trained({ epochs: 1, metrics: { mine, f1: metrics.f1() } })
  const stored = StoredRun.at({ path })!
  expect(stored.ownMetrics).toEqual(['mine'])
  expect(Object.keys((await stored.evaluate(experiment.data.validation)).metrics!)).toEqual(['f1'])
})

test('damaged graphs, weights of another model and other data are refused', async () => {
  const { experiment, path } = await trained({ epochs: 1 })
  withoutSums(path)
  const stored = () => StoredRun.at({ path })!
  const wide = data.dataset({ x: new Float32Array(9), y: [0, 1, 2], shape: [3] })
  await expect(stored().evaluate(wide)).rejects.toThrow(`${path}: wanted x of float32 [2], got float32 [3]`)
  const change = (name: string, edit: (text: Buffer) => Buffer | string, encoding?: 'latin1') => {
    const file = join(path, name)
    writeFileSync(file, edit(readFileSync(file)), encoding)
  }
  const kept = readFileSync(join(path, 'model.safetensors'))
  rmSync(join(path, 'model.json')) // the checksum, which older versions did not write
  change(
    'model.safetensors',
    (bytes) => bytes.toString('latin1').replace('fc1.weight', 'fc1.weighs'),
    'latin1',
  )
  await expect(async () => stored().exportOnnx()).rejects.toThrow(
    'model.safetensors: wanted fc1.weight, which inference.onnx reads, got no such tensor; it is of another model',
  )
  writeFileSync(join(path, 'model.safetensors'), kept)
  change('inference.onnx', (bytes) => bytes.subarray(0, 400))
  await expect(async () => stored().exportOnnx()).rejects.toThrow(
    'inference.onnx: wanted an ONNX file that Evenstep wrote, got ',
  )
  change('inference.json', (text) => String(text).replace('"batchSize": 8', '"batchSize": -8'))
  expect(stored).toThrow(
    `${join(path, 'inference.json')}: wanted batchSize as a positive integer, got -8; the file is damaged`,
  )
  expect(experiment.batchSize).toBe(8)
})
