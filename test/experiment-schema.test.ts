import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { experimentJsonSchema } from '../scripts/experiment-schema.ts'
import type * as data from '../src/data/index.ts'
import { parseExperiment } from '../src/train/spec.ts'

const published = JSON.parse(readFileSync(new URL('../schema/experiment.json', import.meta.url), 'utf8'))
const schema = z.fromJSONSchema(published)
const accepts = (value: unknown): boolean => schema.safeParse(value).success

test('the published schema is up to date: node scripts/schema.mjs && npm run format', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(experimentJsonSchema())))
})

test('every name has a description', () => {
  expect(JSON.stringify(published).match(/"description":""/g)).toBeNull()
})

const plain = {
  data: { breastCancer: true, split: { validation: 0.2, test: 0.1, seed: 3 }, normalize: { per: 'feature' } },
  model: [
    ['Linear', 30, 16, { bias: false }],
    ['BatchNorm1d', 16, { momentum: 'linear 0.5 to 0.1 over 100' }],
    ['ReLU'],
    ['Residual', [['Linear', 16, 16], ['Tanh']], ['Identity']],
    ['Sequential', ['Dropout', 0.1], ['Linear', 16, 2]],
  ],
  loss: { type: 'crossEntropy', weight: 'balanced', labelSmoothing: 0.1 },
  optimizer: {
    type: 'adamw',
    lr: { type: 'oneCycle', maxLr: 0.01, totalSteps: '100%' },
    groups: [{ match: 'bias', weightDecay: 0 }],
    average: { type: 'ema', decay: 0.99 },
  },
  sampler: { type: 'weightedSampler', weights: 'balanced' },
  control: [{ type: 'earlyStopping', patience: 3 }],
  metrics: { auc: 'rocAuc', top: { type: 'topK', k: 1 } },
  monitor: 'auc',
  checkpoints: { keep: 3 },
  log: { gradientNorm: true },
  batchSize: 32,
  epochs: 2,
  $schema: '../node_modules/evenstep/schema/experiment.json',
}

test('the schema takes what the parser takes', async () => {
  expect(schema.safeParse(plain).error).toBeUndefined()
  const { train, validation, test } = (await parseExperiment(plain)).data

  expect([train, validation, test].map((part) => (part as data.Dataset).length)).toEqual([398, 114, 57])
})

// biome-ignore format: one case a line
test.each<[object]>([
  [{ data: 'digits' }], [{ data: { csv: 3, label: 'a', split: { validation: 0.2 } } }],
  [{ data: { breastCancer: true, split: { validation: '0.2' } } }], [{ data: { breastCancer: true, split: {} } }],
  [{ data: { breastCancer: true, label: 'a', split: { validation: 0.2 } } }],
  [{ data: { breastCancer: true, kFold: { folds: 5 } } }], [{ data: { breastCancer: true, kFold: { folds: 1, fold: 0 } } }],
  [{ data: { breastCancer: true, split: { validation: 0.2 }, normalize: { per: 'row' } } }],
  [{ data: { breastCancer: true, split: { validation: 0.2 }, normalise: true } }],
  [{ data: { train: 'breastCancer' } }],
  [{ model: [] }], [{ model: ['Linear', 30, 2] }], [{ model: [['Lineal', 30, 2]] }], [{ model: [['Linear', 30, -2]] }],
  [{ model: [['Linear', 30]] }], [{ model: [['Linear', 30, 2, { bias: 1 }]] }], [{ model: [['ReLU', 3]] }],
  [{ model: [['Residual', [['Linear', 30]]]] }], [{ model: [['BatchNorm1d', 30, { eps: 0 }]] }],
  [{ loss: 'mse' }], [{ loss: { type: 'crossEntropy', weight: 'even' } }], [{ loss: { type: 'huberLoss', delta: 0 } }],
  [{ loss: { type: 'mseLoss', reduction: 'none' } }],
  [{ optimizer: { type: 'adma', lr: 0.1 } }], [{ optimizer: { type: 'sgd' } }], [{ optimizer: { type: 'sgd', lr: -1 } }],
  [{ optimizer: { type: 'sgd', lr: 0.1, betas: [0.9, 0.999] } }], [{ optimizer: { type: 'sgd', lr: { type: 'cosin' } } }],
  [{ sampler: 'weightedSampler' }], [{ transform: [{ type: 'randomCrop' }] }], [{ transform: ['flip'] }],
  [{ control: [{ type: 'earlyStopping', patience: -1 }] }], [{ metrics: { auc: 'auc' } }],
  [{ batchSize: 0 }], [{ epochs: 1.5 }], [{ dtype: 'float16' }], [{ epoch: 3 }],
])('the schema and the parser refuse %j', async (changes) => {
  expect(accepts({ ...plain, ...changes })).toBe(false)
  await expect(parseExperiment({ ...plain, ...changes })).rejects.toThrow(/wanted/)
})

test('the examples in JSON suit the schema', () => {
  const folder = new URL('../examples/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  expect(files).toContain('breast-cancer.json')
  for (const file of files) {
    const json = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    expect(schema.safeParse(json).error).toBeUndefined()
  }
})
