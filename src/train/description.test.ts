import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ToyNet, toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import {
  cutout,
  horizontalFlip,
  mixup,
  randomCrop,
  stream,
  type Transform,
  weightedSampler,
} from '../data/index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import type * as schedule from '../schedule/index.ts'
import type { ExperimentOptions } from './experiment.ts'
import { RunFolder } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-same-'))
afterAll(() => rmSync(root, { recursive: true }))
let runs = 0

/** Begins a run with the options `before` and resumes it with those of `now`: what is refused, if anything. */
function refusal(before: Partial<ExperimentOptions>, now: Partial<ExperimentOptions>): string | undefined {
  const path = join(root, String(runs++))
  new RunFolder(path, toy(before)).close()
  try {
    new RunFolder(path, toy(now), { resume: true }).close()
  } catch (error) {
    return (error as Error).message.replace(`${path}: wanted the experiment of this run, got `, '')
  }
  return undefined
}

/** A transform of a user's own, whose strength no text of it shows. */
const noise = (deviation: number): Transform => ({
  name: 'noise',
  apply: ({ x }, { random }) => {
    for (let i = 0; i < x.length; i++) x[i]! += random.normal(0, deviation)
  },
})

const first = weightedSampler(Array.from({ length: 100 }, (_, i) => (i < 8 ? 1 : 0)))
const scaled = (by: number) => (step: number) => by / (1 + step)
const custom = (limit: number): schedule.Controller => ({
  spec: { type: 'mine' },
  initial: 1,
  update: (_, metric) => (metric > limit ? 0.5 : 1),
  factor: Number,
  stop: () => false,
})
class Tempered extends ToyNet {
  readonly #by: number
  constructor(by: number) {
    super()
    this.#by = by
  }
  override forward(x: Tensor, mode: nn.Mode): Tensor {
    const scores = super.forward(x, mode)
    return mode === 'eval' ? ops.mul(scores, this.#by) : scores
  }
}
const dropping = (p: number) => ({
  model: () => new nn.Sequential(new nn.Linear(2, 8), new nn.Dropout(p), new nn.Linear(8, 3)),
})
const tracking = (by: number) => ({
  model: () => new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3, { momentum: scaled(by) })),
})
const transforms =
  'transforms that do something else, or other examples; change it back, or begin another run'

describe('a run is resumed only with what makes its numbers:', () => {
  test.each<[string, Partial<ExperimentOptions>, Partial<ExperimentOptions>, string | RegExp]>([
    ['a sampler added', {}, { sampler: first }, /^sampler \{"count":100,.*\} where it was nothing$/],
    ['a sampler removed', { sampler: first }, {}, /^sampler nothing where it was \{"count":100,/],
    [
      'a sampler that differs from the second epoch on',
      { sampler: { count: 8, order: () => Int32Array.from({ length: 8 }, (_, i) => i) } },
      { sampler: { count: 8, order: (_, __, epoch) => Int32Array.from({ length: 8 }, (_, i) => i + epoch) } },
      /^sampler .*"nextOrder"/,
    ],
    ["a transform's closure", { transform: [noise(0.1)] }, { transform: [noise(5)] }, transforms],
    [
      'a transform removed',
      { transform: [noise(0.1)] },
      {},
      /^transform \[\] where it was \[\{"name":"noise"/,
    ],
    [
      'stated options of a transform',
      { transform: [{ ...noise(1), options: { rare: 0.1 } }] },
      { transform: [{ ...noise(1), options: { rare: 0.2 } }] },
      'transform [{"name":"noise","options":{"rare":0.2}}] where it was [{"name":"noise","options":{"rare":0.1}}]',
    ],
    ['a dropout rate', dropping(0.1), dropping(0.2), /^a model or a loss that computes something else/],
    ["a layer's own schedule", tracking(0.1), tracking(0.2), /^a layer whose schedule has other values/],
    [
      'a model that differs in evaluation',
      { model: () => new Tempered(1) },
      { model: () => new Tempered(2) },
      /^a model that computes something else in evaluation/,
    ],
    [
      "an own schedule's closure",
      { optimizer: sgd({ lr: scaled(0.1) }) },
      { optimizer: sgd({ lr: scaled(0.2) }) },
      /^optimizer .*"values":.* where it was /,
    ],
    [
      "an own controller's closure",
      { control: [custom(1)] },
      { control: [custom(2)] },
      /^a controller or a metric that does something else/,
    ],
    ['a batch option removed', { lastBatch: 'keep' }, {}, 'lastBatch "drop" where it was "keep"'],
    [
      'a normalization removed',
      {
        normalization: 'batch',
        model: () => new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 3)),
      },
      { model: () => new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 3)) },
      'normalization nothing where it was "batch"',
    ],
  ])('%s', (_, before, now, wanted) => {
    const got = refusal(before, now)
    if (typeof wanted === 'string') expect(got).toBe(wanted)
    else expect(got).toMatch(wanted)
    expect(refusal(before, before)).toBeUndefined()
    expect(refusal(now, now)).toBeUndefined()
  })

  test('options of each transform of the library', () => {
    expect(randomCrop({ padding: 3 }).options).toEqual({ padding: 3, fill: 0 })
    expect(cutout({ size: 2 }).options).toEqual({ size: 2, fill: 0 })
    expect(horizontalFlip().options).toEqual({ probability: 0.5 })
    expect(mixup().options).toEqual({ alpha: 0.2 })
  })

  test('the transforms of a stream as well', () => {
    const data = () => {
      const source = stream(
        function* () {
          for (let i = 0; i < 16; i++) yield { x: [i, -i], y: i % 3 }
        },
        { shape: [2], classes: 3, fingerprint: 'counted' },
      )
      return { train: source, validation: source }
    }
    const [weak, strong] = [0.1, 5].map((deviation) => ({ data: data(), transform: [noise(deviation)] }))
    expect(refusal(weak!, strong!)).toBe(transforms)
    expect(refusal(weak!, weak!)).toBeUndefined()
  })
})

describe('what does not make the numbers of steps already taken may differ:', () => {
  test.each<[string, Partial<ExperimentOptions>, Partial<ExperimentOptions>]>([
    ['more epochs', {}, { epochs: 9 }],
    ['steps instead of epochs', {}, { epochs: undefined, steps: 30 } as object],
    ['the name', { name: 'a' }, { name: 'b' }],
    ['checkpoints', {}, { checkpoints: { everySteps: 3, keep: 1 } }],
    ['a transform that is random by itself', { transform: [chance()] }, { transform: [chance()] }],
  ])('%s', (_, before, now) => expect(refusal(before, now)).toBeUndefined())

  test('a run.json of an older version is resumed, which knew transforms by name and fewer hashes', () => {
    const path = join(root, 'old')
    const before = toy({ transform: [noise(1)], optimizer: sgd({ lr: scaled(0.1) }), sampler: first })
    new RunFolder(path, before).close()
    const file = join(path, 'run.json')
    const { evaluation, transformed, own, scheduled, ...old } = JSON.parse(readFileSync(file, 'utf8'))
    expect([evaluation, transformed]).toEqual([expect.any(String), expect.any(String)])
    const { nextOrder, ...sampler } = old.sampler
    old.transform = ['noise']
    old.optimizer.lr = old.optimizer.lr.source
    writeFileSync(file, JSON.stringify({ ...old, sampler }))
    new RunFolder(path, before, { resume: true }).close()
    expect(() => new RunFolder(path, toy({ ...before, transform: [] }), { resume: true })).toThrow(
      'transform [] where it was ["noise"]',
    )
  })
})

/** A transform that breaks the rule that results depend on the given random numbers alone. */
function chance(): Transform {
  return {
    name: 'chance',
    apply: ({ x }) => {
      x[0] = Math.random()
    },
  }
}

test("another value of a model's option is refused, and named", () => {
  const model = ({ power }: { readonly power: number }) => new Tempered(power)
  const of = (power: number): Partial<ExperimentOptions> => ({ model, modelOptions: { power } })
  expect(refusal(of(1), of(1))).toBeUndefined()
  expect(refusal(of(1), of(2))).toBe('modelOptions {"power":2} where it was {"power":1}')
})
