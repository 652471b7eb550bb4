import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, main } from '../support/command.ts'

// A run that trains for one epoch and is ruined in the next: its best checkpoint is not its last.
const { folder, evenstep, together } = commandIn('evenstep-runs-')

const ruined = `
import Papa from 'papaparse'
import { data, nn, ops, optim, train } from 'evenstep'
const { STEPS, NOISE, SAMPLER } = process.env
const rows = Papa.parse(Array.from({ length: 64 }, (_, i) => Math.sin(i * i)).join('\\n')).data as string[][]
const d = data.dataset({ x: Float32Array.from(rows, ([v]) => Number(v)), y: Int32Array.from(rows, ([v]) => (Number(v) > 0 ? 1 : 0)), shape: [1], classes: 2 })
export default train.experiment({
  data: { train: d, validation: d },
  model: () => new nn.Sequential(new nn.Linear(1, 2)),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: (step) => (step < 8 ? 1 : 900) }),
  batchSize: 8,
  ...(STEPS ? { steps: Number(STEPS) } : { epochs: 2 }),
  ...(SAMPLER ? { sampler: data.weightedSampler(Array.from({ length: 64 }, (_, i) => (i < 8 ? 1 : 0))) } : {}),
  ...(NOISE ? { transform: [{ name: 'noise', apply: ({ x }, { random }) => x.forEach((v, i) => { x[i] = v + random.normal(0, Number(NOISE)) }) }] } : {}),
})
`
const lossOf = (out: string): number => JSON.parse(out).loss
let trained = ''

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules', 'papaparse'), { recursive: true })
  writeFileSync(
    join(folder, 'node_modules', 'papaparse', 'index.js'),
    "module.exports = { parse: (text) => ({ data: text.split('\\n').map((line) => line.split(',')) }) }",
  )
  writeFileSync(join(folder, 'ruined.ts'), ruined)
  const { code, out, err } = await evenstep('train', 'ruined.ts', '--out', 'run')
  expect([code, err]).toEqual([0, ''])
  trained = out
})

describe('the best checkpoint', () => {
  test('is evaluated, exported and examined with --best, or by its folder', async () => {
    const checkpoint = join('run', 'checkpoints', 'step-00000008')
    const [last, best, named, exported, examined, nothing] = await together(
      ['eval', 'run', '--json'],
      ['eval', 'run', '--best', '--json'],
      ['eval', checkpoint, '--json'],
      ['export', 'run', 'best.onnx', '--best'],
      ['doctor', checkpoint, '--only', 'D19'],
      ['eval', 'nowhere', '--best'],
    )
    expect(lossOf(best!.out)).toBeLessThan(0.5 * lossOf(last!.out))
    expect(named!.out).toBe(best!.out)
    expect(exported!.out).toMatch(/^best\.onnx: [\d,]+ bytes, x float32 \[N, 1\] to y\n$/)
    expect(examined!.out).toContain('run · 8 steps\n')
    expect(nothing!.err).toBe('nowhere: wanted the folder of a run, got a path that does not exist\n')
  })

  test('is opened in a program, with the experiment of its file', async () => {
    const script = `
      import { train } from ${JSON.stringify(join(main, '../../index.js'))}
      const run = await train.open('run', { checkpoint: 'best' })
      console.log(JSON.stringify({ step: run.step, epoch: run.epoch, ...run.metrics, ...(await run.evaluate()) }))
    `
    writeFileSync(join(folder, 'open.mjs'), script)
    const { execFileSync } = await import('node:child_process')
    const out = execFileSync(process.execPath, ['open.mjs'], { cwd: folder, encoding: 'utf8' })
    const run = JSON.parse(out)
    expect(run).toMatchObject({ step: 8, epoch: 0 })
    expect(run.loss).toBeCloseTo(run.validationLoss, 6)
  })

  test('is named at the end of the run, under the name of what is monitored', async () => {
    expect(trained).toMatch(/, best validation loss [\d.]+ after epoch 1\n/)
    expect(trained).toContain('\n  npx evenstep eval run --best\n')
  })
})

test('what is tried next is nothing that was just done, and the best is that of the monitor', async () => {
  const curve = /--set 'optimizer\.lr=(.*)'/.exec(trained)![1]!
  const train = ['train', 'ruined.ts', '--out']
  const [other, same] = await together(
    [...train, 'other', '--set', 'monitor=validationAccuracy'],
    [...train, 'curve', '--set', `optimizer.lr=${curve}`],
  )
  expect(other!.out).toMatch(/, best validation accuracy [\d.]+ % after epoch 1\n/)
  expect(same!.out).toContain('try next:')
  expect(same!.out).not.toMatch(/optimizer\.lr=.* --set 'optimizer|npx evenstep schedule/)
})

test('a run that ended by its steps is lengthened by the command that the refusal prints', async () => {
  const set = ['--set', 'steps=12', '--set', 'optimizer.lr=0.1']
  const [, refused] = await together(
    ['train', 'ruined.ts', ...set, '--out', 'steps'],
    ['train', 'ruined.ts', ...set, '--out', 'steps', '--resume'],
  )
  expect(refused).toEqual({
    code: 2,
    out: '',
    err:
      'steps: wanted a run to resume, got one that ended after 12 steps; lengthen it with npx evenstep train ' +
      'ruined.ts --set optimizer.lr=0.1 --set epochs=4 --out steps --resume, ' +
      'or start another without --resume\n',
  })
  const [again] = /(?<=npx evenstep ).*--resume(?=,)/.exec(refused!.err)!
  const [resumed] = await together(again.split(' '))
  expect([resumed!.code, resumed!.err]).toEqual([0, ''])
  expect(resumed!.out).toContain('\n32 steps in ')
})

test('an experiment that does not load says where: at the first line of the user', async () => {
  const files = [
    ['here.ts', '\nconst [a] = [] as Record<string, Function>[]\nexport default a.parse(1)'],
    ['through.ts', "import { rows } from './rows.ts'\nexport default rows()"],
    ['missing.ts', "import a from 'nothing'\nexport default a"],
  ] as const
  writeFileSync(join(folder, 'rows.ts'), "\nexport const rows = (): number => { throw new Error('no rows') }")
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  const outcomes = await together(...files.map(([name]) => ['train', name]))
  const failed = 'wanted a module that loads, got'
  expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2])
  expect(outcomes[0]!.err).toBe(
    `here.ts:3: ${failed} Cannot read properties of undefined (reading 'parse')\n`,
  )
  expect(outcomes[1]!.err).toBe(`through.ts: ${failed} no rows at rows.ts:2\n`)
  expect(outcomes[2]!.err).toMatch(
    /^missing\.ts:1: wanted a module that loads, got Cannot find module 'nothing'/,
  )
})
