import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import { data } from '../index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import { compile } from '../runtime/compile.ts'
import type { Experiment, ExperimentOptions } from './experiment.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-predict-'))
afterAll(() => rmSync(root, { recursive: true }))
let runs = 0

/** Trains an experiment in a folder, and returns both. */
async function trained(options: Partial<ExperimentOptions>) {
  const experiment = toy({ epochs: 1, ...options })
  const path = join(root, String(runs++))
  const folder = new RunFolder(path, experiment)
  for await (const _ of folder.events());
  folder.close()
  return { experiment, path }
}

/** Computes with the model of an opened run, in the graph of the experiment's own code. */
async function forward(
  path: string,
  experiment: Experiment,
  link: (y: Tensor) => Tensor,
  checkpoint?: 'best',
): Promise<Float32Array> {
  const { model } = await open(path, { experiment, ...(checkpoint && { checkpoint }) })
  const { x, length } = experiment.data.validation as data.Dataset
  const graph = await compile({ x: { shape: [length, ...x.shape] } }, (fed) => ({
    p: link(model.forward(fed.x, 'eval')),
  }))
  return (await graph({ x: x.data as Float32Array })).p as Float32Array
}

const softmax = (y: Tensor): Tensor => ops.softmax(y)
const named = data.dataset({
  x: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
  y: Int32Array.from({ length: 20 }, (_, i) => i % 3),
  shape: [3],
  classNames: ['10', '9', 'wolf'],
  featureNames: ['a', 'b', 'c'],
})
const linear = (outputs: number) => () =>
  new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, outputs))
const on = (one: data.Dataset): Partial<ExperimentOptions> => ({ data: { train: one, validation: one } })
const withY = (y: Float32Array, targetShape: number[] = []) =>
  data.dataset({ x: named.x.data as Float32Array, shape: [3], y, targetShape, target: 'numbers' })
const yesNo = data.dataset({
  ...{ x: named.x.data as Float32Array, shape: [3], classNames: ['no', 'yes'] },
  y: Int32Array.from({ length: 20 }, (_, i) => i % 2),
})

describe('predictions are those of the forward pass in training', () => {
  test('of classes by name, whatever the order in which an object would keep them', async () => {
    const { experiment, path } = await trained({ ...on(named), model: linear(3) })
    const p = await forward(path, experiment, softmax)
    const run = await open(path)
    const got = await run.predict(named.x.data as Float32Array)
    const names = named.classNames!
    const all = got.flatMap(({ probabilities }) => names.map((name) => probabilities![name]!))
    expect(difference(all, Array.from(p))).toBeLessThan(1e-6)
    for (const [i, { prediction }] of got.entries()) {
      const row = p.subarray(3 * i, 3 * i + 3)
      expect(prediction).toBe(names[row.indexOf(Math.max(...row))])
    }
    expect(new Set(got.map(({ prediction }) => prediction)).size).toBeGreaterThan(1)
    const rows = Array.from({ length: 20 }, (_, i) =>
      Array.from(named.x.data.subarray(3 * i, 3 * i + 3), Number),
    )
    const objects = rows.map(([a, b, c]) => ({ c, unread: 'text', a: String(a), b }))
    expect(await run.predict(rows)).toEqual(got)
    expect(await run.predict(objects)).toEqual(got)
    expect(await (await open(path, { experiment })).predict(objects)).toEqual(got)
  })

  test('of one logit', async () => {
    const { experiment, path } = await trained({
      ...on(yesNo),
      model: linear(1),
      loss: (y, t) => ops.binaryCrossEntropyWithLogits(ops.flatten(y, 0), ops.cast(t, 'float32')),
    })
    const p = await forward(path, experiment, ops.sigmoid)
    const got = await (await open(path)).predict(yesNo.x.data as Float32Array)
    expect(
      difference(
        got.map(({ probabilities }) => probabilities!.yes!),
        Array.from(p),
      ),
    ).toBeLessThan(1e-6)
    expect(
      got.map(({ probabilities: q }) => q!.yes! + q!.no!).every((sum) => Math.abs(sum - 1) < 1e-12),
    ).toBe(true)
    expect(got.map(({ prediction }) => prediction)).toEqual(
      Array.from(p, (one) => (one > 0.5 ? 'yes' : 'no')),
    )
  })

  test('of several labels at once', async () => {
    const labels = withY(
      Float32Array.from({ length: 40 }, (_, i) => ((i * i) % 3) % 2),
      [2],
    )
    const { experiment, path } = await trained({
      ...on(labels),
      model: linear(2),
      loss: ops.binaryCrossEntropyWithLogits,
    })
    const p = await forward(path, experiment, ops.sigmoid)
    const got = await (await open(path)).predict(labels.x.data as Float32Array)
    expect(
      difference(
        got.flatMap(({ probabilities: q }) => [q!['0']!, q!['1']!]),
        Array.from(p),
      ),
    ).toBeLessThan(1e-6)
    expect(got.map(({ prediction }) => prediction)).toEqual(
      got.map((_, i) => [0, 1].filter((label) => p[2 * i + label]! > 0.5)),
    )
  })

  test.each([
    ['one number', 1],
    ['several numbers', 2],
  ])('of %s', async (_, width) => {
    const y = Float32Array.from({ length: 20 * width }, (_, i) => Math.cos(i))
    const numbers = withY(y, width === 1 ? [] : [width])
    const model = () => new nn.Sequential(linear(width)(), ...(width === 1 ? [new nn.Flatten(0)] : []))
    const { experiment, path } = await trained({ ...on(numbers), model, loss: ops.mseLoss })
    const wanted = await forward(path, experiment, (out) => out)
    const got = await (await open(path)).predict(numbers.x.data as Float32Array)
    expect(got[0]!.probabilities).toBeUndefined()
    expect(got[0]!.prediction).toHaveProperty(width === 1 ? 'toFixed' : 'length')
    expect(
      difference(
        got.flatMap(({ prediction }) => prediction as number[]),
        Array.from(wanted),
      ),
    ).toBeLessThan(1e-6)
  })

  test('of each position of an example', async () => {
    const images = data.dataset({
      x: Float32Array.from({ length: 8 * 9 }, (_, i) => Math.sin(i * i)),
      y: Int32Array.from({ length: 8 * 9 }, (_, i) => i % 2),
      shape: [1, 3, 3],
      targetShape: [3, 3],
      classNames: ['sky', 'sea'],
    })
    const model = () => new nn.Sequential(new nn.Conv2d(1, 2, 1), new nn.BatchNorm2d(2))
    const { experiment, path } = await trained({ ...on(images), model })
    const best = await forward(path, experiment, (y) => ops.cast(ops.argMax(y, 1), 'float32'))
    const got = await (await open(path)).predict(images.x.data as Float32Array)
    expect(got.flatMap(({ prediction }) => prediction)).toEqual(Array.from(best, (c) => ['sky', 'sea'][c]))
    expect(got[0]!.probabilities).toBeUndefined()
  })

  test('with the averaged weights of the best checkpoint and of the end', async () => {
    const optimizer = sgd({
      lr: (step) => (step < 12 ? 0.1 : 5),
      average: { type: 'ema', decay: 0.5 },
    })
    const { experiment, path } = await trained({ optimizer, epochs: 4 })
    const x = (experiment.data.validation as data.Dataset).x.data as Float32Array
    const both = await Promise.all(
      (['best', undefined] as const).map(async (checkpoint) => {
        const p = await forward(path, experiment, softmax, checkpoint)
        const run = await open(path, checkpoint ? { checkpoint } : {})
        const got = (await run.predict(x)).flatMap(({ probabilities }) => Object.values(probabilities!))
        expect(difference(got, Array.from(p))).toBeLessThan(1e-6)
        return got
      }),
    )
    expect(difference(both[0]!, both[1]!)).toBeGreaterThan(1e-3)
  })
})

test('raw rows are normalized as the training data were', async () => {
  const file = join(root, 'raw.csv')
  const lines = Array.from({ length: 20 }, (_, i) => `${100 + i},${i % 3},${['cat', 'dog'][i % 2]}`)
  writeFileSync(file, ['weight,legs,kind', ...lines].join('\n'))
  const raw = data.csv(file, { label: 'kind' })
  const normal = data.normalize({ train: raw, validation: raw }, { per: 'feature' })
  const { experiment, path } = await trained({
    data: normal,
    model: () => new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2)),
  })
  const p = await forward(path, experiment, softmax)
  const got = await (await open(path)).predict(
    lines.map((line) => line.split(',')).map(([weight, legs]) => ({ weight, legs })),
  )
  expect(
    difference(
      got.flatMap(({ probabilities: q }) => [q!.cat!, q!.dog!]),
      Array.from(p),
    ),
  ).toBeLessThan(1e-6)
})

test('an exported ONNX file tells in its metadata what it takes and returns', async () => {
  const { experiment, path } = await trained({ ...on(named), model: linear(3) })
  const runs = [await open(path), await open(path, { experiment })]
  for (const bytes of runs.map((run) => run.exportOnnx())) {
    const file = Buffer.from(bytes).toString('latin1')
    for (const text of [
      'evenstep.features\x12\x0d["a","b","c"]',
      'evenstep.classes\x12\x11["10","9","wolf"]',
      'evenstep.output\x12@{"kind":"class","link":"softmax","classes":3,"stride":1}'.replace('@', '\x38'),
    ])
      expect(file).toContain(text)
    expect(file).not.toContain('evenstep.normalized')
  }
})

test('calls that overlap are computed together, and a wrong one fails alone', async () => {
  const { path } = await trained({ ...on(named), model: linear(3) })
  const run = await open(path)
  const rows = Array.from({ length: 50 }, (_, i) => ({ a: i, b: -i, c: 1 / (i + 1) }))
  const wanted = await run.predict(rows)
  const calls = rows.map((row, i) => run.predict(i === 7 ? [{ ...row, b: 'x' }] : [row]))
  const got = await Promise.allSettled(calls)
  for (const [i, one] of got.entries()) {
    if (i === 7) expect(one.status).toBe('rejected')
    else expect((one as { value: unknown[] }).value[0]).toMatchObject({ prediction: wanted[i]!.prediction })
  }
})

describe('what cannot be predicted is refused', () => {
  test('rows that do not fit, by row and column', async () => {
    const { path } = await trained({ ...on(named), model: linear(3) })
    const { predict } = await open(path)
    const row = { a: 1, b: 2, c: 3 }
    const wrong: [unknown, string][] = [
      [{}, 'predict: wanted rows as a list, got {}'],
      [[], 'predict: wanted at least one row, got 0'],
      [[row, { A: 1, b: 2, c: 3 }], 'predict: wanted a column a at row 1, got none; did you mean a by A?'],
      [[row, [1, 2, 3]], 'predict: wanted an object at row 1, got [1,2,3]'],
      [
        [row, { ...row, b: null }],
        'predict: wanted a value at row 1, column b, got null; fill it in, or leave the row out',
      ],
      [[{ ...row, b: 'tall' }], 'predict: wanted a number at row 0, column b, got "tall"'],
      [[[1, 2]], 'predict: wanted 3 numbers for each row, got 2'],
      [Float32Array.of(1, 2), 'predict: wanted 3 numbers for each row, got 2'],
      [
        Float32Array.of(1, 2, 3, 1, Number.NaN, 1),
        'predict: wanted finite numbers, got NaN; look at number 1 of row 1',
      ],
    ]
    for (const [rows, message] of wrong)
      await expect(predict(rows as never)).rejects.toMatchObject({ message })
    const plain = await trained({})
    await expect((await open(plain.path)).predict([row])).rejects.toThrow(
      "predict: wanted lists of 2 numbers, as the model's features have no names, got objects",
    )
  })

  test('a loss of other scores, a run of an older version, and outputs that overflow', async () => {
    const negative = await trained({ loss: (y, t) => ops.crossEntropy(ops.neg(y), t) })
    await expect((await open(negative.path)).predict([[1, 2]])).rejects.toThrow(
      'predict: wanted a loss of the scores that the model returns, got one that computes others on the way; ' +
        'let the model compute them',
    )
    const model = (): nn.Module => {
      const layer = new nn.Linear(2, 3)
      return Object.assign(new nn.Sequential(layer), { forward: (x: Tensor) => ops.exp(layer.forward(x)) })
    }
    const { path } = await trained({ model })
    const far = [
      [1e6, 1e6],
      [-1e6, -1e6],
    ]
    await expect((await open(path)).predict(far)).rejects.toThrow(
      'predict: wanted finite outputs of the model, got NaN or infinity',
    )
    const file = join(path, 'inference.json')
    const { answer: _, crc32: __, ...about } = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify(about))
    await expect((await open(path)).predict([[1, 2]])).rejects.toThrow(
      'predict: wanted a run that says what its output means, got one of an older version of Evenstep; ' +
        "name the experiment's file with --experiment FILE",
    )
  })

  test('probabilities of a loss that knows none', async () => {
    const { path } = await trained({ loss: ops.multiMarginLoss })
    expect(await (await open(path)).predict([[0, 0]])).toEqual([{ prediction: expect.any(Number) }])
  })
})
