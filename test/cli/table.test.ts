import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { beforeAll, expect, test } from 'vitest'
import { encoder } from '../../src/data/index.ts'
import { commandIn, type Outcome } from '../support/command.ts'

const { folder, together } = commandIn('evenstep-table-')
const at = (name: string): string => join(folder, name)

const line = (i: number): string =>
  `${1000 + 3 * i},${i % 9 ? 20 + (i % 50) : ''},${['free', 'pro', 'team'][i % 3]},${i % 3 ? 'no' : 'yes'}`
const csv = (rows: number): string =>
  `${['id,age,plan,churned', ...Array.from({ length: rows }, (_, i) => line(i))].join('\n')}\n`
const experiment = `
import { data, nn, ops, optim, train } from 'evenstep'
const options = { label: 'churned', columns: { id: 'ignore' } } as const
const split = data.split(await data.table('customers.csv', options), { validation: 0.2 })
export default train.experiment({
  data: split,
  model: () => {
    const input = new nn.TabularInput(split.train)
    return new nn.Sequential(input, new nn.Linear(input.features, 8), new nn.BatchNorm1d(8), new nn.Linear(8, 2))
  },
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 0.1 }),
  batchSize: 32,
  epochs: 10,
})
`

let [trained, evaluated, exported, elsewhere]: Outcome[] = []
beforeAll(async () => {
  writeFileSync(at('customers.csv'), csv(300))
  writeFileSync(at('new.csv'), csv(30))
  writeFileSync(at('table.ts'), experiment)
  ;[trained, evaluated, exported, elsewhere] = await together(
    ['train', 'table.ts', '--out', 'run'],
    ['eval', 'run', '--on', 'new.csv'],
    ['export', 'run', 'model.onnx'],
    ['export', 'run', 'model.bin'],
  )
})

test('train says on stderr how the columns are encoded', () => {
  expect(trained!.err).toBe(
    [
      'table: 3 columns of features',
      '  id    ignore',
      '  age   number    missing values filled in, with an indicator',
      '  plan  category  3 values, and rare',
      '',
    ].join('\n'),
  )
  expect(trained!.code).toBe(0)
})

test('eval encodes a raw file as training did', () => {
  expect(evaluated).toMatchObject({ code: 0, err: '' })
  expect(evaluated!.out).toMatch(/accuracy +1\.000000/)
})

test('export writes the encoding into the ONNX file, and beside it', async () => {
  expect(exported!.out).toMatch(
    /^model\.onnx: [\d,]+ bytes, x float32 \[N, 3\] to y\nmodel\.table\.json: how evenstep\/table encodes a row as x\n$/,
  )
  const json = readFileSync(at('model.table.json'), 'utf8').trim()
  const bytes = readFileSync(at('model.onnx'))
  expect(bytes.includes(`evenstep.table`) && bytes.includes(json)).toBe(true)
  const rows = [
    { age: 30, plan: 'free' },
    { age: null, plan: 'pro' },
    { age: '55', plan: 'team' },
  ]
  const x = encoder(JSON.parse(json)).encode(rows)
  const session = await ort.InferenceSession.create(bytes)
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [3, 3]) })
  const logits = y!.data as Float32Array
  expect(rows.map((_, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 'yes' : 'no'))).toEqual([
    'yes',
    'no',
    'no',
  ])
  expect(elsewhere!.out).not.toContain('table.json')
  expect(existsSync(at('model.bin.table.json'))).toBe(false)
})
