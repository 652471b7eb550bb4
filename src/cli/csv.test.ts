import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { evenstepStudy, type Outcome, trialsOf } from '../../test/study/toy-study.ts'
import { commandIn } from '../../test/support/command.ts'
import { csvCommand } from './csv.ts'

const { folder: root } = commandIn('evenstep-csv-')
const at = (...path: string[]): string => join(root, ...path)

const file = at('own.ts')
const text = `
import { data, nn, ops, optim, study, train, type Tensor } from 'evenstep'
const make = (n: number) =>
  data.dataset({
    x: Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i * i)),
    y: Int32Array.from({ length: n }, (_, i) => Number(Math.sin(4 * i * i) > 0)),
    classes: 2,
  })

class Dyt implements nn.Module {
  forward(x: Tensor): Tensor {
    return ops.tanh(x)
  }
}

export default study.define({
  experiment: train.experiment({
    data: { train: make(64), validation: make(16) },
    modelOptions: { norm: 'batch', width: 4 },
    model: ({ norm, width }) =>
      new nn.Sequential(new nn.Linear(2, width), norm === 'dyt' ? new Dyt() : new nn.BatchNorm1d(width), new nn.Linear(width, 2)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 8,
    epochs: 1,
  }),
  schedules: { harmonic: ({ lr }) => (step: number) => lr / (1 + step), half: '{lr} for 50% then 0.01' },
  factors: { 'model.norm': ['batch', 'dyt'], schedule: ['harmonic', 'half'], lr: [0.1] },
  seeds: 2,
  watch: false,
})
`
let first: Outcome
beforeAll(async () => {
  writeFileSync(file, text)
  first = await evenstepStudy([file, '--out', at('own'), '--workers', '1'])
})

async function printed(...args: string[]): Promise<string> {
  const parts: string[] = []
  const write = (part: string): void => void parts.push(part)
  await csvCommand({ write, columns: 80, color: false, isTerminal: false }).parseAsync(args, { from: 'user' })
  return parts.join('')
}

test('options of the model are factors, and own schedules have their names in reports', () => {
  expect([first.code, first.err]).toEqual([0, ''])
  const trials = trialsOf(at('own'))
  expect(trials).toHaveLength(8)
  const runs = trials.map(({ id }) =>
    JSON.parse(readFileSync(at('own/trials', `000${id}`, 'run.json'), 'utf8')),
  )
  expect(runs.map(({ modelOptions }) => modelOptions.norm)).toEqual(
    trials.map(({ settings }) => settings['model.norm']),
  )
  expect(runs.every(({ modelOptions }) => modelOptions.width === 4)).toBe(true)
  const [harmonic] = trials.filter(({ settings }) => settings.schedule === 'harmonic')
  expect(harmonic!.result.curve.lr).toEqual(Array.from({ length: 8 }, (_, step) => 0.1 / (1 + step)))
  const { comparisons } = JSON.parse(readFileSync(at('own/findings.json'), 'utf8'))
  expect(comparisons.map(({ factor, seeds }: { factor: string; seeds: number }) => [factor, seeds])).toEqual([
    ['model.norm', 2],
    ['schedule', 2],
  ])
  const report = readFileSync(at('own/report.md'), 'utf8')
  for (const name of ['harmonic', 'half', 'model.norm', 'dyt']) expect(report).toContain(name)
})

test('a study is a row of CSV for each trial', async () => {
  const lines = (await printed(at('own'))).trimEnd().split('\n')
  expect(lines[0]).toBe(
    'trial,model.norm,schedule,lr,seed,steps,round,status,error,trainLoss,validationLoss,validationAccuracy,trainingSeconds,totalSeconds',
  )
  expect(lines).toHaveLength(9)
  const [, second] = trialsOf(at('own'))
  const { settings, result } = second!
  expect(lines[2]).toBe(
    [
      ...[2, settings['model.norm'], settings.schedule, 0.1, second!.seed, 8, 0, 'done', ''],
      ...[result.metrics.trainLoss, result.metrics.validationLoss, result.metrics.validationAccuracy],
      ...[result.time.training, result.time.total],
    ].join(),
  )
})

test('a study goes on where it was, but not with another schedule of the same name', async () => {
  const { code, out } = await evenstepStudy([file, '--out', at('own'), '--json'])
  expect([code, JSON.parse(out.split('\n')[0]!)]).toEqual([
    0,
    { type: 'start', finished: 8, done: 8, total: 8 },
  ])
  writeFileSync(file, text.replace('lr / (1 + step)', 'lr / (2 + step)'))
  const changed = await evenstepStudy([file, '--out', at('own')])
  expect([changed.code, changed.err]).toEqual([
    2,
    expect.stringContaining('got schedules.harmonic "({ lr }) =>'),
  ])
})

test('a study without a finished trial, and an option without use, are refused', async () => {
  await expect(printed(at('own'), '--every', 'step')).rejects.toThrow(
    `csv: wanted --every with a run, got the study ${at('own')}; leave it out`,
  )
  writeFileSync(at('own/trials/0001/trial.json'), '{')
  await expect(printed(at('own'))).rejects.toThrow(
    'trial.json: wanted the result of a trial as JSON, got something else; the file is damaged',
  )
  rmSync(at('own/trials'), { recursive: true })
  await expect(printed(at('own'))).rejects.toThrow(
    `${at('own')}: wanted a study of which a trial has finished, got none`,
  )
})
