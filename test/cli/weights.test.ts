import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import { commandIn } from '../support/command.ts'

const { folder, together } = commandIn('evenstep-weights-')
const stream = random(0, 'weights')

/** Rows of two features, a noisy class and a weight; some weigh nothing. */
const rows = Array.from({ length: 120 }, (_, i) => {
  const [a, b] = [stream.normal(), stream.normal()]
  return { a, b, kind: a + stream.normal() > 0 ? 'yes' : 'no', w: i % 5 === 0 ? 0 : (1 + (i % 3)) / 2 }
})
const line = ({ a, b, kind, w }: (typeof rows)[number]): string => [a, b, kind, w].join(',')
const csv = (part: typeof rows): string => ['a,b,kind,w', ...part.map(line)].join('\n')
const [known, later] = [rows.slice(0, 80), rows.slice(80)]
for (const [name, part] of Object.entries({ known, later }))
  writeFileSync(join(folder, `${name}.csv`), csv(part))

const table = { label: 'kind', weight: 'w', columns: { a: 'number', b: 'number' } }
const experiment = {
  data: { train: { table: 'known.csv', ...table }, validation: { table: 'later.csv', ...table } },
  model: [['Linear', 2, 8, { bias: false }], ['BatchNorm1d', 8], ['ReLU'], ['Linear', 8, 2]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  metrics: { ece: 'calibrationError' },
  batchSize: 16,
  epochs: 2,
  threads: 1,
}
writeFileSync(join(folder, 'weighted.json'), JSON.stringify(experiment))

test('a column of weights counts in training, evaluation, diagnosis and the range test, and predict needs none', async () => {
  const bare = ['a,b', ...later.map(({ a, b }) => `${a},${b}`)].join('\n')
  writeFileSync(join(folder, 'bare.csv'), bare)
  const [trained, evaluated, on, predicted, diagnosed, range] = await together(
    ['train', 'weighted.json', '--out', 'run', '--json'],
    ['eval', 'run', '--json'],
    ['eval', 'run', '--on', 'later.csv', '--json'],
    ['predict', 'run', 'bare.csv', '--format', 'jsonl'],
    ['doctor', 'run', '--json'],
    ['find-lr', 'weighted.json', '--json'],
  )
  for (const one of [trained, evaluated, on, predicted, range]) expect(one!.code, one!.err).toBe(0)
  expect(diagnosed!.out).toContain('"type":"diagnosis","id":"D9"')
  const lines = predicted!.out.trimEnd().split('\n')
  const found = lines.map((text) => JSON.parse(text) as Found)
  let [hits, loss, total] = [0, 0, 0]
  for (const [i, { prediction, probabilities }] of found.entries()) {
    const { kind, w } = later[i]!
    total += w
    hits += prediction === kind ? w : 0
    loss -= w * Math.log(probabilities[kind]!)
  }
  const measured = JSON.parse(evaluated!.out)
  expect(measured.accuracy).toBeCloseTo(hits / total, 12)
  expect(measured.loss).toBeCloseTo(loss / total, 5)
  const epoch = JSON.parse(
    trained!.out
      .trim()
      .split('\n')
      .findLast((text) => text.includes('"epoch"'))!,
  )
  expect(JSON.parse(on!.out).accuracy).toBe(measured.accuracy)
  // The file is evaluated by the stored graph, which rounds apart: the experiment's folds normalizations.
  expect(JSON.parse(on!.out).ece).toBeCloseTo(measured.ece, 7)
  expect([epoch.validationLoss, epoch.validationAccuracy]).toEqual([measured.loss, measured.accuracy])
  expect(range!.out).toContain('"suggest')
})

interface Found {
  readonly prediction: string
  readonly probabilities: Readonly<Record<string, number>>
}
