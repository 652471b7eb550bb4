import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { TwoInTwoOut } from '../../test/support/two-in-two-out.ts'
import * as data from '../data/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import { readDataFile } from './data-file.ts'
import { type Experiment, experiment } from './experiment.ts'
import { fileInputs } from './input-file.ts'
import { type About, aboutOf } from './run-graph.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-named-'))
afterAll(() => rmSync(folder, { recursive: true }))

const written = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const classNames = ['cat', 'dog', 'owl']
const images = [
  [1, 2, 3, 4, 5, 6],
  [0, 1, 0, 1, 0, 1],
  [9, 8, 7, 6, 5, 4],
]
const [codes, kinds, prices] = [
  [3, 0, 1],
  [2, 0, 1],
  [1.5, 2.5, -1],
]

const houses = data.tensors({
  x: { image: { data: images.flat(), shape: [2, 3] }, code: { data: Int32Array.from(codes), shape: [] } },
  y: { kind: { data: kinds, classNames }, price: Float32Array.from(prices) },
})

const setup = (split: data.Split, loss: unknown): Experiment =>
  experiment({
    data: split,
    model: () => new TwoInTwoOut(),
    loss: loss as ops.Loss,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 2,
    epochs: 1,
  })

const both = { kind: ops.crossEntropy, price: ops.mseLoss }
const about = aboutOf(
  setup(data.normalize({ train: houses, validation: houses }, { input: 'image' }) as data.Split, both),
)
const whole = data.normalize({ train: houses, validation: houses }, { input: 'image' }).train as data.Dataset

const names = images[0]!.map((_, i) => `image[${i}]`)
const files = {
  'rows.jsonl': images
    .map((image, i) =>
      JSON.stringify({ image, code: codes[i], kind: classNames[kinds[i]!], price: prices[i], id: i }),
    )
    .join('\n'),
  'rows.csv': [
    ['price', 'kind', 'code', ...names].join(','),
    ...images.map((image, i) => [prices[i], classNames[kinds[i]!], codes[i], ...image].join(',')),
  ].join('\n'),
}

test.each(Object.entries(files))(
  '%s has the examples of the arrays, normalized as in training',
  async (name, text) => {
    const { data: read } = await readDataFile(written(name, text), about, {})
    expect(read).toEqual(whole)
  },
)

test('an NPZ file has an array of each name, of any shape with as many numbers an example', async () => {
  const path = join(folder, 'rows.npz')
  data.writeNpz(path, {
    image: { data: Float64Array.from(images.flat()), shape: [3, 6] },
    code: { data: BigInt64Array.from(codes, BigInt), shape: [3] },
    kind: { data: Uint8Array.from(kinds), shape: [3, 1] },
    price: { data: Float32Array.from(prices), shape: [3] },
  })
  expect((await readDataFile(path, about, {})).data).toEqual(whole)
  expect(await inputsIn(path, about)).toEqual(Array.from(houses.x.data as Float32Array))
})

/** Returns the numbers of all inputs in a file. */
async function inputsIn(path: string, of: About): Promise<number[]> {
  const found: number[] = []
  for await (const { x } of fileInputs(path, of, () => [] as never)) found.push(...(x as Float32Array))
  return found
}

const refusals: readonly [what: string, file: string, text: string, error: string][] = [
  [
    'an unknown class',
    'a.csv',
    files['rows.csv'].replace('owl', 'emu'),
    'a.csv: wanted one of cat, dog, owl as kind at line 2, got "emu"',
  ],
  [
    'a column that is not there',
    'b.csv',
    files['rows.csv'].replace('code', 'cod'),
    'b.csv: wanted a column code, which the model reads, got price, kind, cod, image[0], image[1], image[2], image[3], image[4], image[5]; did you mean cod?',
  ],
  [
    'a target that is not there',
    'c.jsonl',
    files['rows.jsonl'].replace('"price"', '"prise"'),
    'c.jsonl: wanted a target price at line 1, got none; did you mean price by prise?',
  ],
  [
    'too few numbers',
    'd.jsonl',
    files['rows.jsonl'].replace('[1,', '['),
    'd.jsonl: wanted 6 numbers of image at line 1, got 5',
  ],
  [
    'a file without names',
    'e.npy',
    '',
    `--on: wanted a file of CSV, TSV, Parquet, JSON lines or NPZ for several inputs or targets, got ${join(folder, 'e.npy')}; name it by its format, such as .jsonl`,
  ],
]
test.each(refusals)('%s is refused', async (_, file, text, error) => {
  await expect(readDataFile(written(file, text), about, {})).rejects.toThrow(error)
})

test('labels outside the classes of an array are refused, and the options of a single target', async () => {
  const path = join(folder, 'wrong.npz')
  const array = (values: readonly number[], ...shape: number[]) => ({
    data: Float32Array.from(values),
    shape,
  })
  const all = { image: array(images.flat(), 3, 2, 3), code: array(codes, 3), price: array(prices, 3) }
  data.writeNpz(path, { ...all, kind: array([0, 1, 3], 3) })
  await expect(readDataFile(path, about, {})).rejects.toThrow(
    'wrong.npz: kind: wanted labels from 0 to 2, got 3 at example 2',
  )
  data.writeNpz(path, { ...all, kind: array([0, 1], 2) })
  await expect(readDataFile(path, about, {})).rejects.toThrow(
    'wrong.npz: wanted array kind of shape [3], got [2]',
  )
  await expect(readDataFile(path, about, { target: 'kind' })).rejects.toThrow(
    `--on: wanted no --target for a run of several targets, got kind; ${path} has a column or an array of each name`,
  )
  await expect(readDataFile(path, about, { labels: 'y.npy' })).rejects.toThrow(
    `--on: wanted --labels with NPY or IDX only, got it with ${path}; several inputs or targets are in one file`,
  )
})

test('a mixed table that is one of several inputs takes raw rows', async () => {
  const rows = ['20,Rome,a', '30,Oslo,b', '40,Rome,a', ',Oslo,b']
  const table = await data.table(written('people.csv', ['age,city,kind', ...rows].join('\n')), {
    label: 'kind',
    columns: { age: 'number', city: 'category' },
  })
  const person = data.encodeTable(table, table.encoding())
  const made = data.tensors({ x: { person, extra: [1, 2, 3, 4] }, y: person })
  const own = aboutOf(setup({ train: made, validation: made }, ops.crossEntropy))
  const csv = written(
    'raw.csv',
    ['extra,city,age', '1,Rome,20', '2,Oslo,30', '3,Rome,40', '4,Oslo,'].join('\n'),
  )
  expect(await inputsIn(csv, own)).toEqual(Array.from(made.x.data as Float32Array))
  const objects = [20, 30, 40, null].map((age, i) => ({
    person: { age, city: ['Rome', 'Oslo'][i % 2] },
    extra: i + 1,
    y: 'ab'[i % 2],
  }))
  const jsonl = written('raw.jsonl', objects.map((one) => JSON.stringify(one)).join('\n'))
  expect(await inputsIn(jsonl, own)).toEqual(Array.from(made.x.data as Float32Array))
  expect((await readDataFile(jsonl, own, {})).data).toEqual(made)
  const lacking = written('lacking.jsonl', JSON.stringify({ person: { age: 1 }, extra: 1 }))
  await expect(inputsIn(lacking, own)).rejects.toThrow(
    'lacking.jsonl: wanted a column city at line 1, person, got none',
  )
})
