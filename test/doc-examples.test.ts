import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as evenstep from '../src/index.ts'
import { toy } from './support/toy.ts'

// Every @example of a doc comment runs; `code // result` on one line gives that result.

const { data, nn, ops, optim, train } = evenstep
const sources = new URL('../src/', import.meta.url)

/** Examples that need what a test cannot give them. */
const untested: Readonly<Record<string, string>> = {
  'data/thread.ts': 'rows.js is a module of the reader',
}

/** A file's name, and the code of an example in it. */
const examples = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !(name in untested))
  .flatMap((name) => examplesIn(readFileSync(new URL(name, sources), 'utf8')).map((code) => [name, code]))

/** What follows each `@example` in a text, up to the next tag, an empty line or the end of the comment. */
function examplesIn(text: string): string[] {
  const found = text.matchAll(/@example((?:(?!\n *\*(?: @|\/|\n))[\s\S])+)/g)
  return [...found].map(([, code]) => code!.replaceAll(/\n *\* ?/g, '\n').trim())
}

/** What examples speak of besides the namespaces, made for each of them. */
async function fixtures(): Promise<Readonly<Record<string, unknown>>> {
  const random = evenstep.random('examples')
  const set = (n: number): evenstep.data.Dataset =>
    data.dataset({
      x: Float32Array.from({ length: 100 * n }, () => random.normal(0, 1)),
      y: Int32Array.from({ length: n }, (_, i) => i % 10),
    })
  const split = { train: set(128), validation: set(64) }
  class Net implements evenstep.nn.Module {
    readonly fc1: evenstep.nn.Linear = new nn.Linear(100, 20)
    readonly bn: evenstep.nn.BatchNorm1d = new nn.BatchNorm1d(20)
    readonly fc2: evenstep.nn.Linear = new nn.Linear(20, 10)
    forward(x: evenstep.Tensor, mode: evenstep.nn.Mode): evenstep.Tensor {
      return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
    }
  }
  const experiment = toy({ data: split, model: () => new Net(), batchSize: 64, epochs: 1 })
  const task = train.taskOf(experiment)
  for await (const _ of train.run(experiment, { task }));
  return {
    split,
    Net,
    experiment,
    task,
    model: nn.initialize(new Net(), 0),
    optimizer: optim.sgd({ lr: 0.1 }),
    loader: data.loader(split.train, { batchSize: 64 }),
    epoch: 0,
    run: { events: () => train.run(experiment), path: 'board', task: train.taskOf(experiment) },
    metric: train.metrics.f1(),
    batches: [],
    console: { log: () => {} },
    process: { stdout: { write: () => {} } },
  }
}

/** CSV text of customers. */
const customers = (): string =>
  `age,plan,signed,note,churned\n${Array.from({ length: 40 }, (_, i) => `${i % 7 ? 20 + i : ''},${['free', 'pro'][i % 2]},2024-0${1 + (i % 9)}-1${i % 10},message number ${i} from me,${['no', 'yes'][i % 3 && 1]}`).join('\n')}\n`

const folder = mkdtempSync(join(tmpdir(), 'evenstep-examples-'))
const before = process.cwd()
beforeAll(async () => {
  process.chdir(folder)
  const species = ['setosa', 'versicolor', 'virginica']
  writeFileSync('iris.csv', `length,species\n${species.map((name, i) => `${i},${name}`).join('\n')}\n`)
  writeFileSync('customers.csv', customers())
  parquetWriteFile({
    filename: 'iris.parquet',
    columnData: [
      { name: 'length', data: [1, 2, 3], type: 'DOUBLE' },
      { name: 'species', data: species, type: 'STRING' },
    ],
  })
  const arrays = {
    x_train: { shape: [2, 1], data: Float32Array.of(1, 2) },
    y_train: { shape: [2], data: Int32Array.of(0, 1) },
  }
  writeFileSync('mnist.npz', data.encodeNpz(arrays))
  const encoder = nn.variables({ encoder: nn.initialize(new nn.Linear(100, 20), 0) })
  writeFileSync('encoder.safetensors', train.writeSafetensors(encoder))
  const finished = new train.RunFolder(
    'runs/digits-1',
    (await fixtures()).experiment as evenstep.train.Experiment,
  )
  for await (const _ of finished.events());
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor

/** Runs code with names in scope. An expression, or what it exports, is its value. */
function evaluated(code: string, names: Readonly<Record<string, unknown>>): Promise<unknown> {
  const statement = /^(?:const|for) /.test(code)
  const body = statement
    ? `{ ${code.replace(/ …$/, ' {}')} }`
    : `return ${code.replace('export default ', '')}`
  return new AsyncFunction(...Object.keys(names), body)(...Object.values(names))
}

/** Numbers as a list, whatever array holds them. */
const plain = (value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value

test.each(examples)('%s: %s', async (name, example) => {
  if (example.startsWith('{')) return void (await train.parseExperiment(JSON.parse(example)))
  const own: object = await import(new URL(name, sources).href)
  const names = { ...own, ...evenstep, ...(await fixtures()) }
  const [, code, result] = /^(.+?)(?: \/\/ ([^\n]+))?$/s.exec(example)!
  const value = plain(await evaluated(code!, names))
  if (result === undefined) return
  const wanted = await evaluated(result, {})
  if (typeof wanted === 'number') expect(value).toBeCloseTo(wanted, 12)
  else expect(value).toEqual(wanted)
})

test('an example that is not run is still there', () => {
  for (const name of Object.keys(untested))
    expect(examplesIn(readFileSync(new URL(name, sources), 'utf8'))).not.toEqual([])
})
