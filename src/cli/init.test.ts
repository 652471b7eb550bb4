import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { golden } from '../../test/support/golden.ts'
import { random } from '../core/random.ts'
import { type Dataset, writeNpz } from '../data/index.ts'
import { lint } from '../doctor/lint/index.ts'
import { describe as describeRun } from '../train/description.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { run, taskOf } from '../train/index.ts'
import { override } from '../train/spec.ts'
import { encodingOf } from '../train/table-encoding.ts'
import { initCommand } from './init.ts'

const before = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'evenstep-init-'))
const source = random('init')
const points = Array.from({ length: 120 }, () => [source.normal(), source.normal()] as const)
const images = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 64 }, (_, at) => (i % 2 ? at * 4 : 255 - at * 4)),
)

/** An IDX file of bytes. */
const idx = (shape: readonly number[], bytes: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...bytes)

beforeAll(() => {
  process.chdir(folder)
  const plans = ['basic', 'plus', "it's"]
  const rows = points.map(([a, b], i) => `${a},${plans[i % 3]},${a + b > 0 ? 'yes' : 'no'},${3 * a - b + 20}`)
  writeFileSync('customers.csv', `age,plan,churned,spent\n${rows.join('\n')}\n`)
  writeFileSync('plain.csv', `${points.map(([a, b]) => `${a},${b},${a - b}`).join('\n')}\n`)
  writeFileSync("it's a\nb.csv", `x,"y's"\n${points.map(([a]) => `${a},${a > 0 ? 1 : 0}`).join('\n')}\n`)
  const few = (name: string, row: (i: number) => string, n = 12, head = 'a,k'): void =>
    writeFileSync(name, `${head}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`)
  few('thou.csv', (i) => `"${100 + i},000",${i % 7}`, 40)
  few('four.csv', (i) => `${i / 8},${i % 2}`, 4)
  few('alike.csv', (i) => `${i / 8},x`)
  few('level.csv', (i) => `${i / 8},5`)
  few('own.csv', (i) => `${i / 8},u${i}`)
  few('gaps.csv', (i) => `${i / 8},${i === 3 ? '' : i % 2}`)
  few('ids.csv', (i) => `${i + 1},${i % 2}`, 60, 'id,k')
  few('costs.csv', (i) => `${i % 5},${1000 + i}`, 40, 'a,cost')
  few('prices.csv', (i) => `${i % 5},${1000 + (i % 45)}`, 90, 'a,price')
  few('many.csv', (i) => `${i % 5},${i % 1001}.5`, 2002)
  few('rest.csv', (i) => `${i === 1100 ? 'unknown' : i / 8},${i % 2}`, 1110, 'my a,k')
  few('single.csv', (i) => `${i}:${i % 2}`, 12, 'a:k')
  few('twice.csv', (i) => `${i},${i},${i % 2}`, 12, 'a,a,k')
  const columnData = [
    { name: 'l', data: [[1], [2]] },
    { name: 'k', data: ['a', 'b'] },
  ] as ColumnSource[]
  const schema = [
    { name: 'root', num_children: 2 },
    { name: 'l', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
    { name: 'k', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  ]
  writeFileSync('lists.parquet', Buffer.from(parquetWriteBuffer({ columnData, schema } as never)))
  writeFileSync('sep.csv', 'sep=\na,k\n1,x\n')
  writeFileSync('latin.csv', Buffer.from('a,k\n1,x\n2,é\n', 'latin1'))
  few('huge.csv', (i) => `${i / 8},${i}e35`)
  mkdirSync('d-idx3')
  few('d-idx3/x.txt', (i) => `${i},1`)
  writeFileSync('train-images-idx3-ubyte', idx([40, 8, 8], images.flat()))
  writeFileSync(
    'train-labels-idx1-ubyte',
    idx(
      [40],
      images.map((_, i) => i % 2),
    ),
  )
  const y = Int32Array.from(images, (_, i) => i % 2)
  writeNpz('rows.npz', {
    inputs: { shape: [120, 2], data: Float32Array.from(points.flat()) },
    sums: { shape: [120, 2], data: Float32Array.from(points.flatMap(([a, b]) => [a + b, a - b])) },
  })
  writeNpz('pictures.npz', {
    x: { shape: [40, 1, 8, 8], data: Float32Array.from(images.flat()) },
    kind: { shape: [40], data: y },
  })
  writeNpz('last.npz', {
    x: { shape: [40, 8, 8, 1], data: Float32Array.from(images.flat()) },
    y: { shape: [40], data: y },
  })
  const { bytes } = golden<Record<string, { bytes: string }>>('pictures')['rgb.png']!
  for (const kind of ['cat', 'dog']) {
    mkdirSync(`pets/${kind}`, { recursive: true })
    for (let i = 0; i < 15; i++) writeFileSync(`pets/${kind}/${i}.png`, Buffer.from(bytes, 'base64'))
  }
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

/** Runs the command, and returns what it prints. */
async function init(...args: string[]): Promise<string> {
  let printed = ''
  const write = (text: string): void => {
    printed += text
  }
  const command = initCommand({ columns: 80, color: false, isTerminal: false, write }).exitOverride()
  await command.parseAsync(args, { from: 'user' })
  return printed
}

/** Trains one epoch of the written file, in which the doctor finds nothing to change, and returns the names of the layers of its model. */
async function trained(file: string, lints: readonly string[] = []): Promise<string[]> {
  const written = await loadExperiment(file)
  expect(lint(written).map(({ rule }) => rule)).toEqual(lints)
  const experiment = override(written, ['epochs=1'])
  for await (const event of run(experiment))
    if (event.type === 'epoch') expect(event.validationLoss).toBeLessThan(1e4)
  return Object.values(taskOf(experiment).model).flatMap((layer) =>
    layer instanceof Object ? [layer.constructor.name] : [],
  )
}

describe('a table', () => {
  test('becomes an experiment that trains at once, with a range test’s rate', async () => {
    const printed = await init('customers.csv', '--label', 'churned')
    const text = readFileSync('customers.ts', 'utf8')
    const [, lr] = /oneCycle ([\d.]+)/.exec(text)!
    expect(printed).toBe(`customers.ts: Predicts churned (2 classes) from 120 examples in customers.csv.
The rate rises to ${lr}, which a range test of 600 steps suggested, then falls to almost 0.

next:
  npx evenstep train customers.ts
  npx evenstep eval runs/customers-1 --test
  npx evenstep predict runs/customers-1 customers.csv --out customers-predictions.csv

features: age, plan, spent
If one is not known when predicting, run init again with --ignore COLUMN.
`)
    expect(
      text,
    ).toBe(`// Predicts churned (2 classes) from 120 examples in customers.csv. Written by: npx evenstep init customers.csv --label churned
import { join } from 'node:path'
import { data, nn, ops, optim, train } from 'evenstep'

// Kinds of columns are guessed; training prints them. Change one by columns: { NAME: KIND }, where the kind is
// 'number', 'boolean', 'category', 'ordinal', 'date', 'text' or 'ignore'.
const examples = await data.table(join(import.meta.dirname, 'customers.csv'), { label: 'churned' })

// Validation guides training. Nothing chooses on the test part: measure it once, when all else is decided.
const split = data.split(examples, { validation: 0.1, test: 0.2, seed: 0 })

// Batch normalization follows each layer of weights but the last, and would cancel its bias: hence bias: false.
function model(): nn.Module {
  const input = new nn.TabularInput(split.train) // categories become learned vectors
  return new nn.Sequential(
    input,
    new nn.Linear(input.features, 256, { bias: false }),
    new nn.BatchNorm1d(256),
    new nn.ReLU(),
    new nn.Linear(256, 256, { bias: false }),
    new nn.BatchNorm1d(256),
    new nn.ReLU(),
    new nn.Dropout(0.8),
    new nn.Linear(256, 2),
  )
}

export default train.experiment({
  data: split,
  model,
  loss: ops.crossEntropy,
  // The rate rises to ${lr}, which a range test of 600 steps suggested, then falls to almost 0.
  optimizer: optim.adam({ lr: 'oneCycle ${lr}' }),
  batchSize: 16,
  epochs: 60,
  seed: 0,
})
`)
    expect(Number(lr)).toBeGreaterThanOrEqual(1e-4)
    const loaded = await loadExperiment('customers.ts')
    const { train, validation, test } = loaded.data
    expect([train, validation, test].map((part) => (part as Dataset).length)).toEqual([84, 12, 24])
    await trained('customers.ts')
  })

  test('becomes the same experiment as JSON, and again with the same seed', async () => {
    await init('customers.csv', '--label', 'churned', '--json')
    await init('customers.csv', '--label', 'churned', '--out', 'again.ts')
    const [json, again, first] = await Promise.all(
      ['customers.json', 'again.ts', 'customers.ts'].map(loadExperiment),
    )
    const of = (experiment: typeof json): object =>
      describeRun({ ...experiment!, name: 'a' }, taskOf(experiment!))
    expect(of(json)).toEqual(of(first))
    expect(of(again)).toEqual(of(first))
    await init('customers.csv', '--label', 'churned', '--out', 'other.json', '--seed', '3')
    expect(JSON.parse(readFileSync('other.json', 'utf8'))).toMatchObject({
      seed: 3,
      data: { split: { seed: 3 } },
    })
  })

  test('with a target predicts numbers in their units', async () => {
    await init('customers.csv', '--target', 'spent', '--out', 'spent.ts')
    expect((await trained('spent.ts')).at(-1)).toBe('Denormalize')
    const { loss, metrics } = await loadExperiment('spent.ts')
    expect([loss.name, Object.keys(metrics)]).toEqual(['mseLoss', ['rmse', 'r2']])
  })

  test('without names has columns by index', async () => {
    await init('plain.csv', '--target', '-1', '--no-header')
    expect(readFileSync('plain.ts', 'utf8')).toContain(
      "join(import.meta.dirname, 'plain.csv'), { target: -1, header: false }",
    )
    expect(await trained('plain.ts')).toContain('BatchNorm1d')
  })

  test('may be called anything', async () => {
    await init("it's a\nb.csv", '--label', "y's", '--out', 'any.ts')
    expect(readFileSync('any.ts', 'utf8')).toContain(
      `join(import.meta.dirname, "it's a\\nb.csv"), { label: "y's" }`,
    )
    await trained('any.ts')
  })
})

describe('a table written otherwise', () => {
  const spec = (file: string): object => JSON.parse(readFileSync(file, 'utf8')).data

  test('is read by what its first lines show', async () => {
    const rows = points.slice(0, 40).map(([a, b]) => `${a.toFixed(2)};${b.toFixed(2)};${a > b ? 'x' : 'y'}`)
    writeFileSync('european.csv', `size;"a; b";kind\n${rows.join('\n').replaceAll('.', ',')}`)
    await init('european.csv', '--label', 'kind', '--json')
    expect(spec('european.json')).toMatchObject({ label: 'kind', delimiter: ';', decimal: ',' })
    const { columns } = encodingOf(await loadExperiment('european.json'))!
    expect(columns.map(({ name, kind }) => `${name}: ${kind}`)).toEqual(['size: number', 'a; b: number'])
  })

  test('is read as told, and both kinds of file keep that', async () => {
    const cells = points.slice(0, 60).map(([a, b], i) => {
      return `${i}:${i % 9 ? `1.${String(100 + i)},5` : 'none'}:${a.toFixed(3)}:${i % 7 ? (a > b ? 'x' : 'y') : '-'}`
    })
    writeFileSync('told.csv', `id:size:a:kind\n${cells.join('\n')}\n`)
    const told = ['--delimiter', ':', '--decimal', ',', '--thousands', '.', '--na', 'none', '--na', '-']
    const args = [
      'told.csv',
      '--label',
      'kind',
      ...told,
      '--missing',
      'drop',
      '--ignore',
      'id',
      '--ignore',
      'a',
    ]
    const printed = await init(...args)
    expect(printed).toContain('\nfeatures: size\nIf one is not known')
    await init(...args, '--json')
    const options = {
      ...{ label: 'kind', delimiter: ':', decimal: ',', thousands: '.', naValues: ['none', '-'] },
      ...{ missing: 'drop', columns: { id: 'ignore', a: 'ignore' } },
    }
    expect(spec('told.json')).toMatchObject(options)
    const text = readFileSync('told.ts', 'utf8')
    expect(text).toContain(`Written by: npx evenstep init ${args.join(' ')}\n`)
    const [one, other] = await Promise.all(['told.ts', 'told.json'].map(loadExperiment))
    expect(one!.data.train.classNames).toEqual(['x', 'y'])
    expect(encodingOf(one!)).toEqual(encodingOf(other!))
    expect(encodingOf(one!)!.columns[1]).toMatchObject({ name: 'size', kind: 'number' })
    await trained('told.ts')
  })

  test('names the first 20 of many features', async () => {
    const names = Array.from({ length: 23 }, (_, i) => `n${i}`)
    const lines = points.slice(0, 30).map(([a]) => names.map((_, i) => (a * (i + 1)).toFixed(3)).join())
    writeFileSync('wide.csv', `${names.join()}\n${lines.join('\n')}\n`)
    expect(await init('wide.csv', '--target', 'n0')).toContain(', n20, 2 more\nIf one')
  })
})

test('small tables have a batch of all their training rows', async () => {
  for (const n of [5, 22]) {
    const rows = points.slice(0, n).map(([a], i) => `${a},${i % 2}`)
    writeFileSync(`small${n}.csv`, `a,k\n${rows.join('\n')}\n`)
    await init(`small${n}.csv`, '--label', 'k')
    const { batchSize, data } = await loadExperiment(`small${n}.ts`)
    expect(batchSize).toBe(Math.min(16, (data.train as Dataset).length))
    expect(await trained(`small${n}.ts`, n < 20 ? ['few-values'] : [])).toContain('BatchNorm1d')
  }
})

test('a rate beyond the usual ones is cut, and the file says so', async () => {
  writeFileSync(
    'line.csv',
    `a,y\n${Array.from({ length: 60 }, (_, i) => `${1.5 * i},${i * 1e9 + 3}`).join('\n')}\n`,
  )
  const printed = await init('line.csv', '--target', 'y', '--seed', '1')
  const said =
    /The rate rises to 0\.03, the highest that init sets, as a range test of 600 steps suggested (\S+), then/
  expect(Number(said.exec(printed)![1])).toBeGreaterThan(0.03)
  expect(readFileSync('line.ts', 'utf8')).toMatch(said)
})

test('images in a folder become a convolutional network', async () => {
  const printed = await init('pets')
  expect(printed).toContain('pets.ts: Predicts the class (2 classes) from 30 examples in pets.\n')
  expect(printed).toContain('\n  npx evenstep predict runs/pets-1 pets --out pets-predictions.csv\n')
  expect(readFileSync('pets.ts', 'utf8')).toContain(
    "await data.imageFolder(join(import.meta.dirname, 'pets'), { size: [",
  )
  expect(await trained('pets.ts')).toContain('Conv2d')
})

test('images in IDX have their labels beside them', async () => {
  const printed = await init('train-images-idx3-ubyte', '--out', 'digits.ts')
  expect(printed).not.toContain('predict')
  expect(await trained('digits.ts')).toContain('BatchNorm2d')
})

test('arrays become a network for rows, or for images', async () => {
  await init('rows.npz', '--target', 'sums')
  expect(await trained('rows.ts')).toContain('BatchNorm1d')
  await init('pictures.npz', '--label', 'kind')
  expect(await trained('pictures.ts')).toContain('Conv2d')
})

// biome-ignore format: one case a line
test.each<[readonly string[], string]>([
  [['no.csv', '--label', 'a'], 'init: wanted a file or folder of data, got no.csv, which does not exist'],
  [['customers.csv', '--out', 'b.ts'], 'init: wanted --label COLUMN, of classes, or --target COLUMN, of numbers, got neither'],
  [['customers.csv', '--label', 'a', '--target', 'b', '--out', 'b.ts'], 'init: wanted --label COLUMN, of classes, or --target COLUMN, of numbers, got both'],
  [['customers.csv', '--label', 'churnd', '--out', 'b.ts'], 'customers.csv: wanted a column that is one of age, plan, churned, spent, got churnd; did you mean churned?'],
  [['plain.csv', '--label', 'a', '--no-header', '--out', 'b.ts'], 'init: wanted the index of a column, such as 0 or -1, as the file has no names, got "a"'],
  [['customers.csv', '--label', 'churned'], 'init: wanted a new file to write, got customers.ts, which exists; name another with --out'],
  [['customers.csv', '--label', 'churned', '--out', 'b.js'], 'init: wanted --out FILE that ends with .ts or .json, got b.js'],
  [['pets', '--label', 'a', '--out', 'b.ts'], 'init: wanted a folder of images alone, whose sub-folders are the classes, got --label, --target or --no-header'],
  [['rows.npz', '--label', 'sum', '--out', 'b.ts'], 'init: wanted an array that is one of inputs, sums, got sum; did you mean sums?'],
  [['rows.npz', '--target', 'sums', '--ignore', 'a', '--out', 'b.ts'], 'init: wanted --ignore with a table, got it with rows.npz'],
  [['pets', '--delimiter', ';', '--out', 'b.ts'], 'init: wanted --delimiter with a table, got it with a folder of images'],
  [['prices.csv', '--label', 'price', '--out', 'b.ts'], 'init: wanted a column of classes, got price, which holds 45 numbers; use --target price'],
  [['costs.csv', '--label', 'cost', '--out', 'b.ts'], 'init: wanted a column of classes, got cost, which holds 40 numbers; use --target cost'],
  [['many.csv', '--label', 'k', '--out', 'b.ts'], 'many.csv: wanted classes in the label column, got 1001 labels; if it holds numbers to predict, use --target k'],
  [['thou.csv', '--target', 'k', '--out', 'b.ts'], `thou.csv: wanted a plain number at line 2, column a, got "100,000"; give --thousands ',' if the comma groups digits, or --decimal ',' if it is the decimal point`],
  [['customers.csv', '--target', 'plan', '--out', 'b.ts'], 'customers.csv: wanted a number at line 2, column plan, got "basic"; to predict classes, use --label plan, or count the text as missing with --na TEXT'],
  [['rest.csv', '--label', 'k', '--out', 'b.ts'], 'rest.csv: wanted a number, as in the rows before, at line 1102, column my a, got "unknown"; leave the column out with --ignore "my a", or count the text as missing with --na TEXT'],
  [['single.csv', '--label', 'k', '--out', 'b.ts'], 'single.csv: wanted two columns or more, got one, "a:k"; check --delimiter'],
  [['customers.csv', '--label', 'churned', '--delimiter', ';', '--out', 'b.ts'], "customers.csv: wanted two columns or more, got one, \"age,plan,churned,spent\"; give --delimiter ','"],
  [['customers.csv', '--label', 'churned', '--delimiter', '', '--out', 'b.ts'], `table: wanted delimiter as one character, no quote or line end, or 'whitespace' for one or more blanks or tabs, got ""`],
  [['customers.csv', '--label', 'churned', '--missing', 'dorp', '--out', 'b.ts'], `table: wanted missing as 'drop', 'mean' or 'median', got "dorp"`],
  [['customers.csv', '--label', 'churned', '--ignore', 'agee', '--out', 'b.ts'], 'customers.csv: columns: wanted one of age, plan, spent, got agee; did you mean age?'],
  [['plain.csv', '--label', 'a', '--out', 'b.ts'], '; if the file has no names of columns, give --no-header'],
  [['twice.csv', '--label', 'k', '--out', 'b.ts'], 'twice.csv: wanted columns of different names at line 1, got "a" twice; rename one'],
  [['sep.csv', '--label', 'k', '--out', 'b.ts'], `sep.csv: wanted a row of a table at line 1, got Excel's "sep="; remove that line`],
  [['lists.parquet', '--label', 'k', '--out', 'b.ts'], 'lists.parquet: wanted single values in column l, got lists; leave the column out with --ignore l'],
  [['lists.parquet', '--label', 'k', '--decimal', ',', '--out', 'b.ts'], 'init: wanted --decimal with CSV, got it with Parquet'],
  [['latin.csv', '--label', 'k', '--out', 'b.ts'], 'latin.csv: wanted text in UTF-8, got other bytes at line 3; save it as UTF-8'],
  [['rows.npz', '--target', 'sums', '--no-header', '--out', 'b.ts'], 'init: wanted --no-header with CSV, got it with rows.npz'],
  [['train-labels-idx1-ubyte', '--out', 'b.ts'], 'init: wanted --label FILE, the file of the labels of train-labels-idx1-ubyte, got none'],
  [['train-images-idx3-ubyte', '--target', 'a', '--out', 'b.ts'], 'init: wanted --label FILE with IDX, got --target'],
  [['four.csv', '--label', 'k', '--out', 'b.ts'], 'init: wanted at least 5 examples, for training, validation and test, got fewer in four.csv'],
  [['alike.csv', '--label', 'k', '--out', 'b.ts'], 'init: wanted two classes or more to predict, got one in all training examples of alike.csv'],
  [['level.csv', '--target', 'k', '--out', 'b.ts'], 'init: wanted numbers that differ to predict, got one in all training examples of level.csv'],
  [['own.csv', '--label', 'k', '--out', 'b.ts'], 'init: wanted classes that several examples share, got another one for each training example of own.csv; --target predicts numbers'],
  [['gaps.csv', '--label', 'k', '--out', 'b.ts'], 'gaps.csv: wanted a value at line 5, column k, got ""; leave such rows out with --missing drop'],
  [['ids.csv', '--label', 'k', '--out', 'b.ts'], "table: wanted a column that is not ignored, apart from what is predicted, got nothing; ignore fewer columns, or add others to the file"],
  [['huge.csv', '--target', 'k', '--out', 'b.ts'], 'init: wanted data on which the loss stays finite at low rates, got others; look for NaN, infinity and large numbers'],
  [['last.npz', '--label', 'y', '--out', 'b.ts'], 'init: wanted images x of [n, channels, height, width], got [40, 8, 8, 1]; transpose x with numpy\'s x.transpose(0, 3, 1, 2)'],
  [['gaps.csv', '--label', 'k', '--out', 'none/b.ts'], 'init: wanted --out FILE in a folder that exists, got none/b.ts'],
  [['d-idx3/x.txt', '--label', 'k', '--out', 'b.ts'], 'init: wanted a CSV, TSV, Parquet, NPZ or IDX file, or a folder of images, got d-idx3/x.txt; name a file by its format, such as .csv'],
  [['customers.ts', '--label', 'a', '--out', 'b.ts'], 'init: wanted a CSV, TSV, Parquet, NPZ or IDX file, or a folder of images, got customers.ts; name a file by its format, such as .csv'],
])('%j is refused', async (args, message) => {
  await expect(init(...args)).rejects.toThrow(message)
})

test('a row with too few values is refused without a word on options', async () => {
  writeFileSync('ragged.csv', 'a,k\n1,x\n2\n')
  const refused = expect(init('ragged.csv', '--label', 'k', '--out', 'b.ts')).rejects
  await refused.toThrow(/^ragged\.csv: wanted 2 values at line 3, got 1; the header has 2 names$/)
})
