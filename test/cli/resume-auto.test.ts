import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, type Outcome } from '../support/command.ts'

const { folder, together } = commandIn('evenstep-auto-')

const experiment = (lr: string): string => `
  import { data, nn, ops, optim, train } from 'evenstep'
  const rows = data.dataset({ x: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), y: Int32Array.from({ length: 64 }, (_, i) => i % 2), shape: [1], classes: 2 })
  export default train.experiment({
    data: { train: rows, validation: rows },
    model: () => new nn.Sequential(new nn.Linear(1, 4), new nn.ReLU(), new nn.Linear(4, 2)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: ${lr} }),
    batchSize: 8,
    epochs: 2,
  })
`
const auto = (out: string, file: string = 'toy.ts', ...more: string[]): string[] => [
  'train',
  '--resume=auto',
  file,
  '--out',
  out,
  ...more,
]
const log = (out: string): string => readFileSync(join(folder, out, 'events.jsonl'), 'utf8')
const model = (out: string): Buffer => readFileSync(join(folder, out, 'model.safetensors'))

/** Makes a folder with the files of the run `whole` that are named. */
function copyOf(name: string, ...files: readonly string[]): void {
  for (const file of files) cpSync(join(folder, 'whole', file), join(folder, name, file), { recursive: true })
}

let begun: readonly Outcome[] = []
let then: Readonly<Record<keyof typeof commands, Outcome>>

/** Commands run after the first three, in this order. */
const commands = {
  described: auto('described'),
  stopped: auto('stopped', 'toy.ts', '--json'),
  again: auto('whole'),
  json: auto('whole', 'toy.ts', '--json'),
  longer: auto('longer', 'toy.ts', '--set', 'epochs=3'),
  hot: auto('hot', 'hot.ts'),
  repeated: ['train', '--resume', 'hot.ts', '--out', 'hot'],
  first: ['train', '--resume=auto', 'toy.ts'],
  second: ['train', '--resume=auto', 'toy.ts'],
  other: auto('whole', 'toy.ts', '--seed', '1'),
  damaged: auto('damaged', 'toy.ts', '--set', 'epochs=3'),
  value: ['train', '--resume', 'auto', 'toy.ts', '--out', 'whole'],
  always: ['train', '--resume=always', 'toy.ts', '--out', 'whole'],
  file: ['train', '--resume', 'toy.ts', '--out', 'file', '--set', 'epochs=3'],
  broken: ['eval', 'broken'],
  brokenJson: ['eval', 'broken', '--json'],
  exported: ['export', 'broken', 'x.onnx'],
  huge: ['eval', 'huge', '--json'],
}

/** Sets the last number in the weights of a copy of the run `whole`, as if it had been trained to that. */
function withLast(name: string, value: number): void {
  const file = join(folder, name, 'model.safetensors')
  const bytes = readFileSync(file)
  bytes.writeFloatLE(value, bytes.length - 4)
  writeFileSync(file, bytes)
  rmSync(join(folder, name, 'model.json'))
}

beforeAll(async () => {
  writeFileSync(join(folder, 'toy.ts'), experiment('0.1'))
  writeFileSync(join(folder, 'hot.ts'), experiment('(step) => (step < 10 ? 0.1 : 1e30)'))
  mkdirSync(join(folder, 'empty'))
  begun = await together(auto('whole'), auto('empty'), auto('hot', 'hot.ts'))
  const all = readdirSync(join(folder, 'whole'))
  for (const name of ['longer', 'file', 'damaged', 'broken', 'huge']) copyOf(name, ...all)
  copyOf('described', 'run.json')
  copyOf('stopped', 'run.json', 'events.jsonl', 'checkpoints')
  rmSync(join(folder, 'stopped/checkpoints/step-00000016'), { recursive: true })
  truncateSync(join(folder, 'damaged/checkpoints/step-00000016/model.safetensors'), 100)
  withLast('broken', Number.NaN)
  withLast('huge', -3e38)
  const outcomes = await together(...Object.values(commands))
  then = Object.fromEntries(Object.keys(commands).map((name, i) => [name, outcomes[i]!])) as typeof then
})

describe('--resume=auto', () => {
  test('begins a run where nothing is, or an empty folder', () => {
    expect(begun.slice(0, 2).map(({ code, err }) => [code, err])).toEqual(Array(2).fill([0, '']))
    expect(model('empty')).toEqual(model('whole'))
  })

  test('begins a run whose folder has no checkpoint yet, and resumes one that has', () => {
    expect([then.described, then.stopped].map(({ code, err }) => [code, err])).toEqual(Array(2).fill([0, '']))
    expect(/"type":"step","epoch":1,"step":(\d+)/.exec(then.stopped.out)![1]).toBe('8')
    expect(model('described')).toEqual(model('whole'))
    expect(model('stopped')).toEqual(model('whole'))
  })

  test('ends with 0 and one line where nothing is left to do, and lengthens a run as --resume does', () => {
    const line = 'whole: ended after 16 steps; nothing is left to do\n'
    expect(then.again).toEqual({ code: 0, out: line, err: '' })
    expect(then.json).toEqual({ code: 0, out: '', err: line })
    expect(log('whole')).toBe(log('broken'))
    expect(then.longer.out).toContain('\n24 steps in ')
  })

  test('takes no step of a run that diverged, which --resume repeats', () => {
    const [, , { code, err }] = begun as [Outcome, Outcome, Outcome]
    expect(code).toBe(3)
    expect(then.hot).toEqual({
      code: 3,
      out: '',
      err:
        'hot: wanted a run to resume, got one that diverged at step 11, lr 1e+30; ' +
        'change the experiment and begin another run, or repeat the last steps with --resume\n',
    })
    expect([then.repeated.code, then.repeated.err]).toEqual([3, err])
    const last = JSON.parse(log('hot').trimEnd().split('\n').at(-1)!)
    expect(last).toEqual({ type: 'diverged', step: 11, lr: 1e30, message: err.trimEnd() })
  })

  test('takes the last run when none is named, and the first when there is none', () => {
    const line = `${join('runs', 'toy-1')}: ended after 16 steps; nothing is left to do\n`
    expect([then.first.code, then.second.out]).toEqual([0, line])
  })

  test('of another experiment is refused, and so is a damaged checkpoint', () => {
    expect([then.other.code, then.damaged.code]).toEqual([2, 4])
    expect(then.damaged.err).toMatch(/the file is damaged.*\n$/)
  })
})

test('--resume takes no value: the word after it is the file', () => {
  expect([then.value, then.always, then.file].map(({ code }) => code)).toEqual([2, 2, 0])
  expect(then.always.err).toMatch(/^evenstep: unknown option '--resume=always'/)
})

test('a model with a number that is not finite is neither evaluated nor exported', () => {
  const err =
    'broken: wanted a model whose numbers are all finite, got NaN or infinity in 2.bias; ' +
    'take an earlier checkpoint, or train again at a lower rate\n'
  expect([then.broken, then.brokenJson, then.exported]).toEqual(Array(3).fill({ code: 3, out: '', err }))
})

test('a loss that is not finite is an error, and no result', () => {
  expect(then.huge).toEqual({
    code: 3,
    out: '',
    err: 'huge: wanted a finite loss, got Infinity; look for numbers in the data that are not finite, or too large\n',
  })
})
