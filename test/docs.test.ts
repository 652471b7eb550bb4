import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJiti } from 'jiti'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as tableEntry from '../src/data/table/encoder.ts'
import * as evenstep from '../src/index.ts'
import { toy } from './support/toy.ts'

// Every TypeScript block of the pages runs, each as a module of its own.

const { data, nn, train } = evenstep
const root = new URL('../', import.meta.url)
// Those of docs/from-file-to-answer.md are steps that follow each other: from-file-to-answer.test.ts takes them.
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).map((page) => `docs/${page}`)].filter(
  (page) => page.endsWith('.md') && page !== 'docs/from-file-to-answer.md',
)
/** Code of each block, with its page and the heading that it stands under. */
const blocks = pages.flatMap((page) => {
  const text = readFileSync(new URL(page, root), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code, index }) => ({
    place: `${page}: ${text
      .slice(0, index)
      .match(/^#+ .*$/gm)!
      .at(-1)!
      .replace(/^#+ /, '')}`,
    code: code!,
  }))
})

const backboneAndHead = () =>
  nn.initialize(
    { backbone: new nn.Linear(2, 2), head: new nn.Linear(2, 3), forward: (x: evenstep.Tensor) => x },
    0,
  )

const digits = data.digits10x10()
const few = (set: evenstep.data.Dataset, n: number) =>
  data.subset(
    set,
    Int32Array.from({ length: n }, (_, i) => i),
  )
/** The library, whose digits are few: what the blocks print does not depend on how many there are. */
const library: typeof evenstep = {
  ...evenstep,
  data: {
    ...data,
    digits10x10: () => ({ train: few(digits.train, 6400), validation: few(digits.validation, 1000) }),
  },
}

/** Values that blocks use without making them: the rest of a program that a page leaves out. */
function context(lines: unknown[][]): Readonly<Record<string, unknown>> {
  const pictures = (n: number): evenstep.data.Dataset =>
    data.dataset({
      x: new Float32Array(3 * 8 * 8 * n),
      y: Int32Array.from({ length: n }, (_, i) => i % 3),
      shape: [3, 8, 8],
    })
  const experiment = toy({ epochs: 1 })
  const rest = toy()
  return {
    split: { train: pictures(96), validation: pictures(32) },
    layer: new nn.Linear(2, 2),
    experiment,
    rest,
    model: backboneAndHead(),
    pixels: new Uint8Array(2 * 28 * 28),
    labels: [0, 1],
    rooms: [3, 5],
    prices: [200, 300],
    epoch: 0,
    step: 0,
    lr: evenstep.schedule.constant(0.1),
    validationLoss: 1,
    console: { log: (...values: unknown[]) => lines.push(values) },
    process: { stdout: { write: () => {} }, once: () => {} },
  }
}

/** CSV text: a header, and for each class a row that ends with its name. */
const table = (header: string, row: string, classes: readonly string[]): string =>
  `${[header, ...classes.map((name) => `${row},${name}`)].join('\n')}\n`
const wide = Array.from({ length: 30 }, (_, i) => `x${i}`).join()
const zeros = Array(30).fill(0).join()
const letters = Array.from({ length: 600 }, (_, i) => String(i % 3))
const experiment = {
  data: 'digits10x10',
  model: [['Linear', 100, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 64,
  steps: 4,
}
/** CSV text of customers. */
const customers = (): string =>
  `age,plan,signed,note,churned\n${Array.from({ length: 40 }, (_, i) => `${i % 7 ? 20 + i : ''},${['free', 'pro'][i % 2]},2024-0${1 + (i % 9)}-1${i % 10},message number ${i} from me,${['no', 'yes'][i % 3 && 1]}`).join('\n')}\n`
const clients =
  'id,age,plan,size,signed,note,churned\n7,30,free,small,1.2.2024,hello,no\n8,40,pro,large,3.4.2024,bye,yes\n'
const files = {
  'customers.csv': customers(),
  'held-out-customers.csv': customers(),
  'clients.csv': clients,
  'churn.table.json': JSON.stringify(
    data.parseTable(customers(), 'customers.csv', { label: 'churned' }).encoding(),
  ),
  'digits.json': JSON.stringify(experiment),
  'iris.csv': table('length,species', '1.5', ['setosa', 'versicolor', 'virginica']),
  'houses.csv': 'area,rooms,price\n80,3,200000\n',
  'digits.csv': `${Array(64).fill(0).join()},3\n${Array(64).fill(1).join()},5\n`,
  'big.csv': table(`${wide},kind`, zeros, letters),
  'held-out.csv': table(`${wide},kind`, zeros, ['0', '1', '2']),
  'cells.csv': table('a,b,kind', '1,2', letters),
  'survey.csv': table('age,people,answer', '30,2', ['yes', 'no', 'yes']),
}
const folder = mkdtempSync(join(tmpdir(), 'evenstep-docs-'))
const before = process.cwd()
beforeAll(async () => {
  process.chdir(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text)
  copyFileSync(new URL('test/golden/onnx/resnet.onnx', root), 'resnet18.onnx')
  writeFileSync('model.safetensors', train.writeSafetensors(nn.variables(backboneAndHead())))
  const notes = { origin: { file: 'digits.json', settings: [] } }
  const run = new train.RunFolder('runs/digits-1', await train.parseExperiment(experiment), { notes })
  for await (const _ of run.events());
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

const jiti = createJiti(import.meta.url, { fsCache: false })
const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor

/** Runs a block as a module, with `names` in scope. */
async function run(code: string, names: Readonly<Record<string, unknown>>): Promise<void> {
  const source = jiti.transform({ source: code, filename: 'block.ts', ts: true, async: true })
  const imported = async (name: string): Promise<unknown> => {
    if (name.startsWith('node:')) return import(name)
    if (name === 'evenstep/table') return tableEntry
    return name === 'evenstep' ? library : { __esModule: true, default: names.experiment }
  }
  const scope = { ...library, ...names, jitiImport: imported, exports: {} }
  await new AsyncFunction(...Object.keys(scope), `{${source}\n}`)(...Object.values(scope))
}

/** What the recipes of docs/training.md must print: `[epoch, validation loss]`, `[step, loss]` and so on. */
const last = (lines: readonly unknown[][]): number => Number(lines.at(-1)!.at(-1))
const printed: Readonly<Record<string, (lines: unknown[][]) => void>> = {
  'Early stopping': (lines) => expect(lines.length).toBeLessThan(100),
  'The test part': ([measured]) => {
    expect(measured).toEqual([expect.any(Number), expect.any(Number), expect.any(Object)])
    expect(Object.keys(measured![2] as object)).toEqual(['loss', 'accuracy'])
  },
  'A layer and a loss of your own': (lines) => expect(last(lines)).toBeLessThan(Number(lines[0]!.at(-1))),
  'Weight tying': (lines) => expect(lines[0]).toEqual([['embedding.weight', 'hidden.weight', 'hidden.bias']]),
  'Activations and gradients of each layer': (lines) =>
    expect(Object.keys(lines[0]![0] as object)).toContain('1: gradient'),
  'A training loop of your own': (lines) => expect(last(lines)).toBeLessThan(Number(lines[0]!.at(-1)) / 2),
  'Two models with two optimizers': (lines) => expect(Math.abs(last(lines) - 3)).toBeLessThan(1),
}

test.each(blocks)('$place', async ({ code, place }) => {
  const lines: unknown[][] = []
  await run(code, context(lines))
  printed[place.replace('docs/training.md: ', '')]?.(lines)
})

test('every page is read, and every recipe is there', () => {
  expect(blocks.length).toBeGreaterThan(20)
  const places = blocks.map(({ place }) => place)
  for (const heading of Object.keys(printed)) expect(places).toContain(`docs/training.md: ${heading}`)
})
