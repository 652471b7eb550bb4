import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ByteWriter, parquetWrite } from 'hyparquet-writer'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { predictCommand } from '../../src/cli/predict.ts'
import { data } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { type ExperimentOptions, open, parseExperiment, RunFolder } from '../../src/train/index.ts'
import { commandIn, main } from '../support/command.ts'
import { toy } from '../support/toy.ts'

const { folder } = commandIn('evenstep-predict-cli-')
const at = (name: string): string => join(folder, name)

/** Runs the command in this process, and returns what it printed. */
async function predict(...args: string[]): Promise<string> {
  let printed = ''
  const write = (text: string): void => {
    printed += text
  }
  const command = predictCommand({ columns: 80, color: false, isTerminal: false, write }).exitOverride()
  await command.parseAsync(args, { from: 'user' })
  return printed
}

async function trained(name: string, options: Partial<ExperimentOptions>): Promise<string> {
  const run = new RunFolder(at(name), toy({ epochs: 1, ...options }))
  for await (const _ of run.events());
  run.close()
  return at(name)
}

const both = (one: data.Dataset) => ({ data: { train: one, validation: one } })
const linear = (inputs: number, outputs: number) => () =>
  new nn.Sequential(new nn.Flatten(), new nn.Linear(inputs, outputs))

const kinds = ['old, "wise"', 'young']
const rows = Array.from({ length: 24 }, (_, i) => ({ age: 20 + i, tall: i % 3, kind: kinds[i % 2]! }))
type Column = keyof (typeof rows)[0]
const quoted = (value: unknown): string =>
  typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value)
const csvOf = (columns: readonly Column[], delimiter = ',', end = '\n'): string =>
  [
    columns.join(delimiter),
    ...rows.map((row) => columns.map((name) => quoted(row[name])).join(delimiter)),
  ].join(end)
const float32 = Float32Array.from(rows.flatMap(({ age, tall }) => [age, tall]))

let people: string
/** What predictions of `people` must be, as CSV. */
let wanted: string
beforeAll(async () => {
  writeFileSync(at('people.csv'), csvOf(['age', 'tall', 'kind']))
  const raw = data.csv(at('people.csv'), { label: 'kind', classNames: kinds })
  const normal = data.normalize({ train: raw, validation: raw }, { per: 'feature' })
  people = await trained('people', { data: normal, model: linear(2, 2) })
  const got = await (await open(people)).predict(rows)
  const cell = (value: number): number => Number(value.toPrecision(7))
  const lines = got.map(({ prediction, probabilities: p }) =>
    [
      cell(p![kinds[0]!]!),
      cell(p!.young!),
      /,/.test(String(prediction)) ? quoted(prediction) : prediction,
    ].join(),
  )
  wanted = ['"p:old, ""wise""",p:young,prediction', ...lines, ''].join('\n')
})

describe('evenstep predict writes a line for each row, in order, whatever the format', () => {
  const { age, tall, kind } = {
    age: rows.map((row) => row.age),
    tall: rows.map((row) => row.tall),
    kind: rows.map((row) => row.kind),
  }
  const files: Readonly<Record<string, () => string | Uint8Array>> = {
    'labelled.csv': () => csvOf(['age', 'tall', 'kind']),
    'unlabelled.csv': () => csvOf(['tall', 'age'], ',', '\r\n'),
    'tabs.tsv': () => csvOf(['kind', 'tall', 'age'], '\t'),
    'objects.jsonl': () => rows.map((row) => `${JSON.stringify(row)}\n`).join('\n'),
    'lists.ndjson': () => rows.map((row) => JSON.stringify([row.age, row.tall])).join('\r\n'),
    'table.parquet': () => {
      const writer = new ByteWriter()
      parquetWrite({
        writer,
        columnData: [
          { name: 'kind', data: kind, type: 'STRING' },
          { name: 'tall', data: tall, type: 'INT32' },
          { name: 'age', data: age, type: 'INT32' },
        ],
      })
      return new Uint8Array(writer.getBuffer())
    },
    'arrays.npz': () =>
      data.encodeNpz({
        y: { shape: [24], data: Int32Array.from(tall) },
        x: { shape: [24, 2], data: float32 },
      }),
    'array.npy': () => data.encodeNpy({ shape: [24, 2], data: Float64Array.from(float32) }),
  }
  test.each(Object.entries(files))('%s', async (name, content) => {
    writeFileSync(at(name), content())
    expect(await predict(people, at(name))).toBe(wanted)
  })

  test.each([
    ['CSV', csvOf(['tall', 'age', 'kind'])],
    ['JSON lines', rows.map((row) => JSON.stringify(row)).join('\n')],
  ])('%s on stdin', (_, input) => {
    const { stdout, stderr } = spawnSync(process.execPath, [main, 'predict', people, '-'], {
      input,
      encoding: 'utf8',
    })
    expect([stdout, stderr]).toEqual([wanted, ''])
  })
})

test('JSON lines have the prediction and probabilities by class; --out chooses the format by its name', async () => {
  await predict(people, at('people.csv'), '--out', at('out.jsonl'))
  const lines = readFileSync(at('out.jsonl'), 'utf8')
  expect(await predict(people, at('people.csv'), '--format', 'jsonl')).toBe(lines)
  const [first] = await (await open(people)).predict(rows)
  const { prediction, probabilities } = JSON.parse(lines.split('\n')[0]!)
  expect([prediction, Object.keys(probabilities)]).toEqual([first!.prediction, kinds])
  expect(probabilities.young).toBeCloseTo(first!.probabilities!.young!, 6)
  await predict(people, at('people.csv'), '--out', at('out.csv'), '--best')
  expect(readFileSync(at('out.csv'), 'utf8').split('\n')).toHaveLength(26)
})

test('numbers to predict have a column each; columns without names are taken by their order', async () => {
  const lines = Array.from({ length: 16 }, (_, i) => `${Math.sin(i)};${i};${2 * i}`)
  writeFileSync(at('plain.csv'), lines.join('\n'))
  const options = { header: false, delimiter: ';' } as const
  const raw = data.csv(at('plain.csv'), { ...options, target: [1, -1] })
  const two = await trained('two', { ...both(raw), model: linear(1, 2), loss: ops.mseLoss })
  const printed = await predict(two, at('plain.csv'))
  expect(printed).toMatch(/^prediction:1,prediction:-1\n-?[\d.e-]+,-?[\d.e-]+\n/)
  writeFileSync(at('inputs.csv'), lines.map((line) => line.split(';')[0]).join('\n'))
  expect(await predict(two, at('inputs.csv'))).toBe(printed)
  writeFileSync(at('wide.csv'), '1;2\n3;4\n')
  await expect(predict(two, at('wide.csv'))).rejects.toThrow(
    'wide.csv: wanted 1 columns of features, or 3 with what is to be predicted, got 2',
  )
})

test('predictions replace neither their own rows nor a file of a run', async () => {
  const path = at('rows.csv')
  writeFileSync(path, csvOf(['age', 'tall']))
  symlinkSync(path, at('link.csv'))
  for (const out of [path, at('link.csv')])
    await expect(predict(people, path, '--out', out)).rejects.toThrow(
      `--out: wanted another file than the one to read, got ${out}`,
    )
  expect(readFileSync(path, 'utf8')).toBe(csvOf(['age', 'tall']))
  const inRun = ['model.safetensors', 'run.json', 'inference.onnx', 'events.jsonl', 'checkpoints/best.json']
  const { checkpoint } = await open(people, { checkpoint: 'best' })
  for (const name of [...inRun, relative(people, join(checkpoint!, 'model.safetensors'))]) {
    const before = readFileSync(join(people, name))
    await expect(predict(people, path, '--out', join(people, name))).rejects.toThrow(
      `${join(people, name)}: wanted a file to write, got one that belongs to a run; choose another`,
    )
    expect(readFileSync(join(people, name)).equals(before)).toBe(true)
  }
  await predict(people, path, '--out', join(people, 'answers.csv'))
  expect(readFileSync(join(people, 'answers.csv'), 'utf8')).toBe(wanted)
})

describe('a mixed table is encoded as it was for training', () => {
  const header = 'name,plan,since,calls,churned'
  const person = (i: number, churned = true): string =>
    [
      `"user, ${i}"`,
      ['basic', 'gold', ''][i % 3],
      `2024-01-${10 + (i % 15)}`,
      i % 7 === 0 ? '' : i % 11,
    ].join() + (churned ? `,${i % 2 ? 'yes' : 'no'}` : '')
  const lines = Array.from({ length: 80 }, (_, i) => person(i))
  let run: string
  let wanted: string
  beforeAll(async () => {
    writeFileSync(at('customers.csv'), [header, ...lines].join('\n'))
    const split = data.split(await data.table(at('customers.csv'), { label: 'churned' }), {
      validation: 0.25,
    })
    const model = () => {
      const input = new nn.TabularInput(split.train)
      return new nn.Sequential(input, new nn.Linear(input.features, 2))
    }
    run = await trained('customers', { data: split, model })
    const parsed = lines.map((line) => /^"(.*)",(.*),(.*),(.*),.*$/.exec(line)!)
    const rows = parsed.map(([, name, plan, since, calls]) => ({ name, plan, since, calls }))
    const got = await (await open(run)).predict(rows)
    const text = got.map(({ prediction, probabilities: p }) =>
      [p!.no, p!.yes]
        .map((value) => Number(value!.toPrecision(7)))
        .concat(prediction as never)
        .join(),
    )
    wanted = ['p:no,p:yes,prediction', ...text, ''].join('\n')
    const raw = await data.table(at('customers.csv'), { label: 'churned' })
    const { accuracy } = await (await open(run)).evaluate(data.encodeTable(raw, split.train))
    const right = got.filter(({ prediction }, i) => prediction === (i % 2 ? 'yes' : 'no')).length
    expect(right / 80).toBeCloseTo(accuracy!, 10)
  })

  test('CSV with and without the label, JSON lines and Parquet have equal predictions', async () => {
    expect(await predict(run, at('customers.csv'))).toBe(wanted)
    const unlabelled = [header.replace(',churned', ''), ...lines.map((_, i) => person(i, false))]
    writeFileSync(at('new.csv'), unlabelled.join('\n'))
    expect(await predict(run, at('new.csv'))).toBe(wanted)
    const rows = lines.map((line) => /^"(.*)",(.*),(.*),(.*),.*$/.exec(line)!.slice(1))
    const objects = rows.map(([name, plan, since, calls]) => ({ name, plan: plan || null, since, calls }))
    writeFileSync(at('new.jsonl'), objects.map((row) => JSON.stringify(row)).join('\n'))
    expect(await predict(run, at('new.jsonl'))).toBe(wanted)
    const writer = new ByteWriter()
    const columnData = ['calls', 'name', 'plan', 'since'].map((name) => ({
      name,
      data: objects.map((row) => row[name as 'plan'] || undefined),
      type: 'STRING' as const,
    }))
    parquetWrite({ writer, columnData })
    writeFileSync(at('new.parquet'), new Uint8Array(writer.getBuffer()))
    expect(await predict(run, at('new.parquet'))).toBe(wanted)
  })

  test.each([
    [
      'column',
      'name,plan,since,called\nAnn,gold,2024-01-02,3\n',
      'a column calls, which the model reads, got name, plan, since, called; did you mean called?',
    ],
    [
      'date',
      'plan,since,calls\ngold,2024-01-02,3\ngold,soon,3\n',
      'a date as 2024-12-31 at line 3, column since, got "soon"',
    ],
    [
      'number',
      'plan,since,calls\ngold,2024-01-02,few\n',
      'a finite number at line 2, column calls, got "few"',
    ],
  ])('a wrong %s is named', async (name, content, message) => {
    writeFileSync(at(`${name}.csv`), content)
    await expect(predict(run, at(`${name}.csv`))).rejects.toThrow(`${name}.csv: wanted ${message}`)
  })
})

test('images of a folder, at any depth, and a single one are predicted by their names', async () => {
  for (const [i, name] of ['day/a.png', 'day/b.png', 'night/c.png', 'night/d.png'].entries()) {
    mkdirSync(at(join('pictures', name.split('/')[0]!)), { recursive: true })
    const background = { r: 60 * i, g: 60 * i, b: 60 * i }
    const picture = sharp({ create: { width: 4, height: 4, channels: 3, background } })
    await picture.png().toFile(at(join('pictures', name)))
  }
  const made = await data.imageFolder(at('pictures'), { size: [2, 2], channels: 1 })
  const run = await trained('images', { ...both(made), model: linear(4, 2), batchSize: 4 })
  const lines = (await predict(run, at('pictures'))).trim().split('\n')
  expect(lines.map((line) => line.split(',')[0])).toEqual([
    'file',
    'day/a.png',
    'day/b.png',
    'night/c.png',
    'night/d.png',
  ])
  const single = (await predict(run, at('pictures/night/c.png'))).split('\n')
  expect(single[1]!.split(',').slice(1)).toEqual(lines[3]!.split(',').slice(1))
  await expect(predict(people, at('pictures'))).rejects.toThrow(
    `predict: wanted data of the kind that the run read, got images in ${at('pictures')}; train with data.imageFolder first`,
  )
})

test('--experiment computes with the code of an experiment, which gives the same', async () => {
  const spec = {
    data: 'digits10x10',
    model: [['Linear', 100, 10]],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.1 },
    batchSize: 64,
    steps: 2,
  }
  writeFileSync(at('digits.json'), JSON.stringify(spec))
  const notes = { origin: { file: at('digits.json'), settings: [] } }
  const run = new RunFolder(at('digits'), await parseExperiment(spec), { notes })
  for await (const _ of run.events());
  run.close()
  const pixels = Float32Array.from({ length: 300 }, (_, i) => (i % 7) / 7)
  writeFileSync(at('digits.npy'), data.encodeNpy({ shape: [3, 100], data: pixels }))
  const printed = await predict(at('digits'), at('digits.npy'))
  expect(printed.split('\n', 2)[0]).toBe('p:0,p:1,p:2,p:3,p:4,p:5,p:6,p:7,p:8,p:9,prediction')
  expect(await predict(at('digits'), at('digits.npy'), '--experiment', at('digits.json'))).toBe(printed)
})

describe('what is wrong is named, and leaves the output as it was', () => {
  const wrong: Readonly<Record<string, readonly [content: string, message: string]>> = {
    'cell.csv': ['age,tall\n1,2\n3,big\n', 'cell.csv: wanted a number at line 3, column tall, got "big"'],
    'gap.csv': [
      'age,tall\n1,2\n,2\n',
      'gap.csv: wanted a value at line 3, column age, got ""; fill it in, or leave the row out',
    ],
    'column.csv': [
      'ages,tall,kind\n1,2,young\n',
      'column.csv: wanted a column age, which the model reads, got ages, tall, kind; did you mean ages?',
    ],
    'empty.csv': ['age,tall\n', 'empty.csv: wanted at least one row of values, got none'],
    'empty.jsonl': ['\n', 'empty.jsonl: wanted at least one row of values, got none'],
    'broken.jsonl': [
      '{"age":1,"tall":2}\n\n{"age":1',
      'broken.jsonl: line 3: wanted JSON, got "{\\"age\\":1"',
    ],
    'number.jsonl': ['7\n', 'number.jsonl: line 1: wanted an object or a list of numbers, got 7'],
    'column.jsonl': [
      '{"age":1,"tall":2}\n\n{"Age":1,"tall":2}\n',
      'column.jsonl: wanted a column age at line 3, got none; did you mean age by Age?',
    ],
    'cell.jsonl': [
      '{"age":1,"tall":2}\n{"age":null,"tall":2}\n',
      'cell.jsonl: wanted a value at line 2, column age, got null; fill it in, or leave the row out',
    ],
    'text.txt': [
      'age,tall\n1,2\n',
      'predict: wanted a file of CSV, TSV, Parquet, JSON lines, NPZ, NPY or IDX, an image or a folder of images, got ' +
        `${at('text.txt')}; name it by its format, such as .csv`,
    ],
  }
  test.each(Object.entries(wrong))('%s', async (name, [content, message]) => {
    writeFileSync(at(name), content)
    writeFileSync(at('kept.csv'), 'kept')
    await expect(predict(people, at(name), '--out', at('kept.csv'))).rejects.toMatchObject({ message })
    expect(readFileSync(at('kept.csv'), 'utf8')).toBe('kept')
    expect(readdirSync(folder).filter((file) => file.includes('partial'))).toEqual([])
  })

  test('arrays of another shape', async () => {
    const x = { shape: [2, 3], data: new Float32Array(6) }
    writeFileSync(at('wide.npy'), data.encodeNpy(x))
    await expect(predict(people, at('wide.npy'))).rejects.toThrow(
      'wide.npy: wanted an array of inputs, [n, 2], got [2, 3]',
    )
    writeFileSync(at('named.npz'), data.encodeNpz({ inputs: x }))
    await expect(predict(people, at('named.npz'))).rejects.toThrow(
      'named.npz: wanted the inputs as array x, not one of inputs, got x',
    )
  })
})

test('a signal leaves the output as it was, and a reader that has seen enough ends the command quietly', async () => {
  writeFileSync(at('kept.csv'), 'kept')
  const child = spawn(process.execPath, [main, 'predict', people, '-', '--out', at('kept.csv')])
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  child.stdin.write(csvOf(['age', 'tall']))
  while (!readdirSync(folder).some((file) => file.includes('partial')))
    await new Promise((go) => setTimeout(go, 20))
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
  expect(said).toBe(`predict: stopped; ${at('kept.csv')} was not written\n`)
  expect(readFileSync(at('kept.csv'), 'utf8')).toBe('kept')
  expect(readdirSync(folder).filter((file) => file.includes('partial'))).toEqual([])
  const [header, first] = csvOf(['age', 'tall']).split('\n')
  writeFileSync(at('long.csv'), `${header}\n${`${first}\n`.repeat(100_000)}`)
  const piped = spawnSync('sh', [
    '-c',
    `"${process.execPath}" "${main}" predict "${people}" "${at('long.csv')}" | head -1`,
  ])
  expect(String(piped.stderr)).toBe('')
  expect(String(piped.stdout)).toBe(`${wanted.split('\n', 1)[0]!}\n`)
})
