import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { toy } from '../../test/support/toy.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { data } from '../index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { meaningOfOutput } from './answer.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-answer-'))
afterAll(() => rmSync(root, { recursive: true }))

const lines = Array.from(
  { length: 24 },
  (_, i) => `${1000 + (i % 8)},${i % 5},${['ash', 'elm', 'oak'][i % 3]}`,
)
const file = join(root, 'trees.csv')
writeFileSync(file, ['height,age,kind', ...lines].join('\n'))
const raw = data.csv(file, { label: 'kind' })
const { train: labels } = data.normalize({ train: raw, validation: raw }, { per: 'feature' })
const bce = ops.binaryCrossEntropyWithLogits

describe('binary cross-entropy of a score for each class predicts the class of the highest score', () => {
  test.each([
    ['of one-hot targets', data.oneHot(labels), bce],
    ['of labels that the loss encodes', labels, (y: Tensor, t: Tensor) => bce(y, ops.oneHot(t, 3))],
  ])('%s', async (name, set, loss) => {
    const options = { model: () => new nn.Sequential(new nn.Linear(2, 3)), loss, epochs: 1 }
    const folder = new RunFolder(join(root, name), toy({ data: { train: set, validation: set }, ...options }))
    for await (const _ of folder.events());
    folder.close()
    const { model } = await open(join(root, name), {
      experiment: toy({ ...options, data: { train: set, validation: set } }),
    })
    const graph = await compile({ x: { shape: [24, 2] } }, ({ x }) => ({
      p: ops.sigmoid(model.forward(x, 'eval')),
    }))
    const p = (await graph({ x: set.x.data as Float32Array })).p as Float32Array
    const rows = lines.map((line) => line.split(',')).map(([height, age]) => ({ height, age }))
    const got = await (await open(join(root, name))).predict(rows)
    const all = got.flatMap(({ probabilities: q }) => [q!.ash!, q!.elm!, q!.oak!])
    expect(difference(all, Array.from(p))).toBeLessThan(1e-6)
    for (const [i, { prediction }] of got.entries()) {
      const row = p.subarray(3 * i, 3 * i + 3)
      expect(prediction).toBe(['ash', 'elm', 'oak'][row.indexOf(Math.max(...row))])
    }
    expect(new Set(got.map(({ prediction }) => prediction)).size).toBeGreaterThan(1)
  })
})

test.each([
  [
    'scores of classes',
    'float32',
    [4, 3],
    [4, 3],
    3,
    { kind: 'class', link: 'sigmoid', classes: 3, stride: 1 },
  ],
  [
    'of each pixel',
    'float32',
    [4, 3, 5],
    [4, 3, 5],
    3,
    { kind: 'class', link: 'sigmoid', classes: 3, stride: 5 },
  ],
  ['two questions of yes or no', 'int32', [4, 2], [4, 2], 2, { kind: 'logit', link: 'sigmoid' }],
  ['three labels', 'float32', [4, 3], [4, 3], undefined, { kind: 'labels', link: 'sigmoid' }],
  ['one logit', 'int32', [4, 1], [4], 2, { kind: 'logit', link: 'sigmoid' }],
] as const)('binary cross-entropy of %s', (_, dtype, scores, targets, classes, wanted) => {
  const output = input(scores)
  const truth = ops.cast(input(targets, dtype), 'float32')
  const loss = bce(output, ops.reshape(truth, [...scores]))
  const about = { ...(classes && { classes }), y: { shape: targets.slice(1), dtype } }
  expect(meaningOfOutput({ loss, output, shapes: { output: scores, target: targets } }, about)).toEqual(
    wanted,
  )
})
