import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, main, type Outcome, repository } from '../support/command.ts'

const { folder, evenstep, together } = commandIn('evenstep-cli-')

const toy = `
import { data, nn, ops, optim, train } from 'evenstep'
const make = (n: number) =>
  data.dataset({
    x: Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i * i)),
    y: Int32Array.from({ length: n }, (_, i) => Number(Math.sin(4 * i * i) > 0)),
    classes: 2,
  })
export default train.experiment({
  data: { train: make(64), validation: make(16) },
  model: () => new nn.Sequential(new nn.Linear(2, 4), new nn.ReLU(), new nn.BatchNorm1d(4), new nn.Linear(4, 2)),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: LR }),
  batchSize: 8,
  epochs: EPOCHS,
})
`
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return name
}
const experiment = (name: string, lr: string = '0.1', epochs: string = '2'): string =>
  file(name, toy.replace('LR', lr).replace('EPOCHS', epochs))

const measured = 'metrics: { f1: train.metrics.f1(), auc: train.metrics.rocAuc() },\n})'
const digits = {
  data: 'digits10x10',
  model: [['Linear', 100, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 1000,
  epochs: 1,
}

let [plain, a, json, board, csvEpochs, csvSteps, fromJson, hot, whole, again]: Outcome[] = []
let [finished, more, none, done, doneJson, doneText, exported, missing, unfinished]: Outcome[] = []
let finishedEvents: Buffer
beforeAll(async () => {
  experiment('toy.ts')
  experiment('again.ts')
  experiment('hot.ts', '1e30', '3')
  file(
    'measured.ts',
    toy
      .replace('LR', '0.1')
      .replace('EPOCHS', '2')
      .replace(/\}\)\n$/, measured),
  )
  file('digits.json', JSON.stringify(digits))
  ;[plain, a, json, board, csvEpochs, csvSteps, fromJson, hot, whole, again] = await together(
    ['train', 'toy.ts'],
    ['train', 'toy.ts', '--out', 'a'],
    ['train', 'toy.ts', '--json', '--out', 'json', '--seed', '3', '--set', 'epochs=1'],
    ['train', 'measured.ts', '--out', 'board', '--tensorboard'],
    ['csv', 'board'],
    ['csv', 'board', '--every', 'step'],
    ['train', 'digits.json', '--json', '--out', 'from-json'],
    ['train', 'hot.ts', '--out', 'hot'],
    ['train', 'toy.ts', '--out', 'whole'],
    ['train', 'again.ts'],
  )
  finishedEvents = readFileSync(join(folder, 'whole/events.jsonl'))
  ;[finished, more, none, done, doneJson, doneText, exported, missing, unfinished] = await together(
    ['train', 'toy.ts', '--out', 'whole', '--resume'],
    ['train', 'again.ts', '--set', 'epochs=3', '--resume'],
    ['train', 'hot.ts', '--resume'],
    ['train', 'toy.ts', '--out', 'done', '--json', '--set', 'epochs=3'],
    ['eval', 'done', '--json'],
    ['eval', 'done'],
    ['export', 'done', 'model.onnx'],
    ['eval', 'nowhere'],
    ['export', 'hot', 'model.onnx'],
  )
})

describe('evenstep train', () => {
  test('prints a line an epoch, and says where the run is and what to try', () => {
    const { code, out, err } = plain!
    expect([code, err]).toEqual([0, ''])
    const lines = out.split('\n')
    expect(lines[0]).toBe('toy · 30 parameters · 2 epochs of 8 steps of 8 · seed 0')
    expect(lines[2]!.trim().split(/ {2,}/)).toEqual([
      'epoch',
      'train loss',
      'val loss',
      'val accuracy',
      'lr',
      'steps/s',
    ])
    expect(lines[3]).toMatch(/^ +1 +\d\.\d{4} +\d\.\d{4} +\d+\.\d\d % +0\.1 +[\d,]+$/)
    expect(lines[4]).toMatch(/^ +2 /)
    expect(out).toContain(`stored in ${join('runs', 'toy-1')}: run.json, events.jsonl, model.safetensors`)
    expect(out).toContain('npx evenstep train toy.ts --seed 1')
    expect(readdirSync(join(folder, 'runs/toy-1')).sort()).toEqual([
      '.place',
      'checkpoints',
      'events.jsonl',
      'inference.json',
      'inference.onnx',
      'loss.onnx',
      'model.json',
      'model.safetensors',
      'run.json',
    ])
  })

  test('writes the same metrics and weights when run again', async () => {
    expect([a!.code, (await evenstep('train', 'toy.ts', '--out', 'b')).code]).toEqual([0, 0])
    const read = (name: string) => readFileSync(join(folder, name))
    expect(read('a/model.safetensors')).toEqual(read('b/model.safetensors'))
    const metrics = (name: string) =>
      read(`${name}/events.jsonl`)
        .toString()
        .replace(/"time":\{[^}]*\}/g, '')
    expect(metrics('a')).toBe(metrics('b'))
    expect(metrics('a')).toContain('"type":"step","epoch":1,"step":15')
  })

  test('with --json prints events and nothing else', () => {
    const { code, out } = json!
    expect(code).toBe(0)
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map((event) => event.type)).toEqual(['start', ...Array(8).fill('step'), 'epoch', 'end'])
    const asked = JSON.parse(readFileSync(join(folder, 'json/run.json'), 'utf8'))
    expect(asked).toMatchObject({ seed: 3, epochs: 1, name: 'toy' })
    expect(Object.keys(asked.versions)).toEqual(['evenstep', 'node'])
  })

  test('gives metrics a column, and tells TensorBoard when asked', () => {
    const { code, out } = board!
    expect(code).toBe(0)
    expect(out.split('\n')[2]!.trim().split(/ {2,}/).slice(-3)).toEqual(['steps/s', 'f1', 'auc'])
    expect(out.split('\n')[3]).toMatch(/^ +1 .* [\d.]+ +[\d.]+$/)
    expect(readdirSync(join(folder, 'board')).find((name) => name.includes('tfevents'))).toMatch(
      /^events\.out\.tfevents\.\d+\.evenstep$/,
    )

    expect([csvEpochs!.code, csvEpochs!.err]).toEqual([0, ''])
    expect(csvEpochs!.out.split('\n')[0]).toMatch(/^epoch,steps,trainLoss,.*,metrics\.f1,metrics\.auc,/)
    expect(csvEpochs!.out.trimEnd().split('\n').length).toBe(3)
    expect(csvSteps!.out.trimEnd().split('\n').length).toBe(17)
  })

  test('takes an experiment in JSON', () => {
    expect(fromJson).toMatchObject({ code: 0, err: '' })
  })

  describe('tells in one line about', () => {
    const wrong: readonly (readonly [what: string, args: readonly string[], message: string])[] = [
      [
        'a missing file',
        ['nothing.ts'],
        'train: wanted an experiment file, got nothing.ts, which does not exist',
      ],
      [
        'an unknown option',
        ['toy.ts', '--rate', '3'],
        "evenstep: unknown option '--rate'; see evenstep --help",
      ],
      [
        'an unknown device',
        ['toy.ts', '--device', 'tpu'],
        "experiment: wanted device as 'cpu', 'wasm', 'webgpu' or 'auto', got \"tpu\"",
      ],
      [
        'a seed that is no number',
        ['toy.ts', '--seed', 'x'],
        "evenstep: option '--seed <n>' argument 'x' is invalid. wanted an integer ≥ 0, got x; see evenstep --help",
      ],
      [
        'a setting out of range',
        ['toy.ts', '--set', 'epochs=0'],
        'experiment: wanted epochs as a positive integer, got 0',
      ],
      ['no file', [], "evenstep: missing required argument 'file'; see evenstep --help"],
    ]
    const files: readonly (readonly [what: string, text: string, message: string | RegExp])[] = [
      [
        'a rate that is NaN',
        toy.replace('LR', 'Number.NaN').replace('EPOCHS', '1'),
        'sgd: wanted lr as a number ≥ 0 or a schedule, got NaN',
      ],
      [
        'a key that is unknown',
        toy.replace('LR', '1').replace('epochs: EPOCHS', 'epochs: 1, epoch: 2'),
        /^experiment: wanted one of .*, got epoch; did you mean epochs\?$/,
      ],
      [
        'a key of the wrong type',
        toy.replace('LR', '1').replace('EPOCHS', '"five"'),
        'experiment: wanted epochs as a positive integer, got "five"',
      ],
      ['a syntax error', 'export default {', /^wrong-3\.ts:1:16: wanted a module that loads, got /],
      [
        'an import that is missing',
        "import './not-there.ts'\nexport default 1",
        /^wrong-4\.ts:1: wanted a module that loads, got Cannot find module/,
      ],
      [
        'no default export',
        'export const a = 1',
        'wrong-5.ts: wanted a default export, got none; write export default train.experiment({ … })',
      ],
    ]
    let outcomes: Outcome[]
    beforeAll(async () => {
      const named = files.map(([, text], i) => [file(`wrong-${i}.ts`, text)])
      outcomes = await together(
        ...[...wrong.map(([, args]) => args), ...named].map((args) => ['train', ...args]),
      )
    })

    test.each(wrong.map((row, i) => [...row, i] as const))('%s', (_, _args, message, i) => {
      expect(outcomes[i]).toEqual({ code: 2, out: '', err: `${message}\n` })
    })

    test.each(files.map((row, i) => [...row, i] as const))('a file with %s', (_, _text, message, i) => {
      const { code, out, err } = outcomes[wrong.length + i]!
      expect([code, out]).toEqual([2, ''])
      expect(err.endsWith('\n') && err.trimEnd().split('\n').length).toBe(1)
      expect(err.trimEnd()).toMatch(message)
    })
  })

  test('tells in one line when the loss is not finite, and keeps the run', () => {
    const { code, err } = hot!
    expect(code).toBe(3)
    expect(err).toMatch(
      /^train: wanted a finite loss, got NaN at step \d+, lr 1e\+30; the first tensor that is not finite is .*; lower the rate or warm up longer\n$/,
    )
    expect(readFileSync(join(folder, 'hot/events.jsonl'), 'utf8')).toMatch(/^\{"type":"start"/)
  })

  test('saves at Ctrl-C, ends with code 130, says how to go on, and goes on', async () => {
    const args = ['train', experiment('long.ts', '0.1', '1000000'), '--out', 'long']
    const child = spawn(process.execPath, [main, ...args], { cwd: folder })
    let err = ''
    child.stderr.on('data', (text) => {
      err += text
    })
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGINT'), 200))
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect(code).toBe(130)
    expect(err).toMatch(
      /^stopped after \d+ steps, saved in long; resume with npx evenstep train long\.ts --out long --resume\n$/,
    )
    const steps = Number(/\d+/.exec(err)![0])
    const epochs = String(Math.ceil(steps / 8) + 2)
    const { out } = await evenstep(...args, '--resume', '--json', '--set', `epochs=${epochs}`)
    const first = out
      .split('\n')
      .map((line) => JSON.parse(line || 'null'))
      .find((event) => event?.type === 'step')
    expect(first.step).toBe(steps)
  })

  test('that is finished is told from one that can go on, and is left as it is', () => {
    expect(whole!.code).toBe(0)
    expect(finished).toEqual({
      code: 2,
      out: '',
      err:
        'whole: wanted a run to resume, got one that ended after 16 steps; lengthen it with npx evenstep train ' +
        'toy.ts --set epochs=4 --out whole --resume, or start another without --resume\n',
    })
    expect(readFileSync(join(folder, 'whole/events.jsonl'))).toEqual(finishedEvents)
  })

  test('resumes the last run when none is named', () => {
    expect([again!.code, more!.code]).toEqual([0, 0])
    expect(readdirSync(join(folder, 'runs')).filter((name) => name.startsWith('again'))).toEqual(['again-1'])
    expect(none).toMatchObject({
      code: 2,
      err: '--resume: wanted a run of hot in runs, got none; name it with --out\n',
    })
  })
})

describe('a finished run', () => {
  test('is measured again by eval, and exported as an ONNX file', () => {
    const last = done!.out
      .split('\n')
      .filter((line) => line.startsWith('{"type":"epoch"'))
      .map((line) => JSON.parse(line))
      .at(-1)
    expect(JSON.parse(doneJson!.out)).toEqual({
      loss: last.validationLoss,
      accuracy: last.validationAccuracy,
    })
    expect(doneText!.out).toMatch(/^loss +\d\.\d{6}\naccuracy +\d\.\d{6}\n$/)
    expect(exported!.out).toMatch(/^model\.onnx: [\d,]+ bytes, x float32 \[N, 2\] to y\n$/)
    expect(readdirSync(folder)).toContain('model.onnx')
  })

  test('is what eval and export want', () => {
    expect(missing).toEqual({
      code: 2,
      out: '',
      err: 'nowhere: wanted the folder of a run, got a path that does not exist\n',
    })
    expect(unfinished!.err).toBe(
      'hot: wanted a finished run, got no model.safetensors; resume it first, or open its best checkpoint\n',
    )
  })
})

test('evenstep --version and --help', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const [printed, help, unknown] = await together(['--version'], ['--help'], ['fly'])
  expect(printed).toEqual({ code: 0, out: `${version}\n`, err: '' })
  expect([help!.code, help!.err]).toEqual([0, ''])
  expect(help!.out).toContain('train')
  expect(unknown!.code).toBe(2)
})
