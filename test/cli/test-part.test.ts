import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { wilson } from '../../src/core/confidence.ts'
import { commandIn } from '../support/command.ts'

// What the commands say of a test part: which model was measured, how surely, and on what the choice was made.
const { folder, evenstep, together } = commandIn('evenstep-test-part-')

const file = (parts: string): string => `
import { data, nn, ops, optim, train } from 'evenstep'
const x = Array.from({ length: 90 }, (_, i) => [Math.sin(i * i), Math.cos(i)])
const d = data.dataset({ x, y: x.map(([a, b]) => (a + 0.3 * b > 0 ? 1 : 0)) })
export default train.experiment({
  name: 'small',
  data: data.split(d, { validation: 20${parts} }),
  model: () => new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4), new nn.ReLU(), new nn.Linear(4, 2)),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 0.1 }),
  batchSize: 10,
  epochs: 3,
})
`
const study = (lr: string, seeds: number): string => `
import { study } from 'evenstep'
export default study.define({ experiment: 'small.ts', factors: { lr: [${lr}] }, seeds: ${seeds}, steps: 10 })
`

beforeAll(() => {
  writeFileSync(join(folder, 'small.ts'), file(', test: 30'))
  writeFileSync(join(folder, 'two.ts'), file(''))
  writeFileSync(join(folder, 'study.ts'), study('1e-3, 0.3', 2))
})

describe('a run', () => {
  test('measures what it was asked for, once, and eval measures it again', async () => {
    const [trained, again, best, evaluated, json] = await together(
      ['train', 'small.ts', '--test', '--out', 'run'],
      ['train', 'small.ts', '--test', '--out', 'run', '--resume'],
      ['train', 'small.ts', '--test', '--best', '--out', 'run', '--resume=auto'],
      ['eval', 'run', '--test'],
      ['eval', 'run', '--test', '--best', '--json'],
    )
    const [final, other] = readFileSync(join(folder, 'run/events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"type":"test"'))
      .map((line) => JSON.parse(line))
    const [low, high] = wilson(Math.round(30 * final.accuracy), 30).map(
      (end) => `${(100 * end).toFixed(2)} %`,
    )
    expect(trained!.out).toContain(
      '\ntest, measured once, on 30 examples: model at the end of the run, after 12 steps\n',
    )
    expect(trained!.out).toContain(
      `  accuracy     ${(100 * final.accuracy).toFixed(2)} % (95 % interval ${low} to ${high}; Wilson)\n`,
    )
    expect(trained!.out).toMatch(
      /\n {2}loss {9}[\d.]+ \(95 % interval [\d.]+ to [\d.]+; bootstrap, 2,000 resamples\)\n/,
    )
    expect([again!.code, again!.err]).toEqual([2, expect.stringContaining('one that ended after 12 steps')])
    expect(best!.out).toMatch(
      /\ntest, measured 2 times, on 30 examples: checkpoint after \d+ steps, the best by validation loss, chosen on validation\n/,
    )
    expect(evaluated!.out).toBe(
      'test data, model at the end of the run, after 12 steps\n' +
        `loss         ${final.loss.toFixed(6)} (95 % interval ${final.intervals.loss.low.toFixed(6)} to ${final.intervals.loss.high.toFixed(6)}; bootstrap, 2,000 resamples)\n` +
        `accuracy     ${final.accuracy.toFixed(6)} (95 % interval ${final.intervals.accuracy.low.toFixed(6)} to ${final.intervals.accuracy.high.toFixed(6)}; Wilson)\n`,
    )
    const { loss, accuracy, intervals } = other
    expect(JSON.parse(json!.out)).toEqual({ part: 'test', weights: 'best', loss, accuracy, intervals })
  })

  test('cannot measure a part that is not there, nor two things at once', async () => {
    const outcomes = await together(
      ['train', 'two.ts', '--test', '--out', 'none'],
      ['train', 'small.ts', '--best', '--out', 'none'],
      ['eval', 'run', '--test', '--on', 'x.csv'],
      ['study', 'study.ts', '--set', 'monitor=trainLoss', '--out', 'none', '--test', '--workers', '0'],
    )
    expect(outcomes.slice(0, 3).map(({ code, err }) => [code, err])).toEqual([
      [
        2,
        'train: wanted an experiment whose data have a test part, got none; ' +
          'split them with test, as in data.split(d, { validation: 0.1, test: 0.2 })\n',
      ],
      [2, 'train: wanted --test with --best, got none\n'],
      [2, 'eval: wanted --test or --on, got both\n'],
    ])
  })
})

test('a study measures its winner alone, and tells when another was measured before', async () => {
  const alone = ['study.ts', '--workers', '1', '--out', 'study', '--test']
  const { out, code } = await evenstep('study', ...alone)
  expect(code).toBe(0)
  expect(out).toContain('best validationLoss after 10 steps, mean over seeds, chosen on validation:\n')
  expect(out).toMatch(
    /\nTest, measured once, on 30 examples: lr 0\.3 \(trial 2, seed 0, 10 steps\)\.\n {2}test loss {9}/,
  )
  const [only] = JSON.parse(readFileSync(join(folder, 'study/test.json'), 'utf8'))
  expect(only).toMatchObject({ part: 'test', trial: 2, settings: { lr: 0.3 }, seed: 0, examples: 30 })
  const found = JSON.parse(readFileSync(join(folder, 'study/findings.json'), 'utf8'))
  expect(found).toMatchObject({ tests: [only], chosenOn: 'validation' })
  const report = readFileSync(join(folder, 'study/report.md'), 'utf8')
  expect(report).toMatch(/\| validationLoss, mean of 2 seeds \| yes /)
  expect(report).toMatch(/\| test accuracy +\| no /)

  writeFileSync(join(folder, 'study.ts'), study('1e-3, 0.3, 1', 2))
  const { out: untested } = await evenstep('study', ...alone.slice(0, -1))
  const winner = /\n {2}[\d.]+ \(95 % interval .*\) {2}lr (\S+)\n/.exec(untested)![1]
  expect(winner).toBe('1')
  expect(untested).toContain('\nThe winner is now lr 1, which was not measured.\n')
  const { out: again } = await evenstep('study', ...alone, '--json')
  expect(JSON.parse(again.trimEnd().split('\n').at(-1)!)).toMatchObject({
    type: 'test',
    part: 'test',
    settings: { lr: 1 },
  })
  expect(readFileSync(join(folder, 'study/report.md'), 'utf8')).toContain(
    'Test, measured after 1 other winner, which may have led to this one, on 30 examples: lr 1',
  )
})

test('advice measures what it recommends, and the experiment as it is', async () => {
  const { out, err } = await evenstep(
    'advise',
    'small.ts',
    '--budget',
    '214',
    '--workers',
    '1',
    '--test',
    '--out',
    'advice',
  )
  expect(err).toBe('')
  const { recommendation, unchangedTrial } = JSON.parse(
    readFileSync(join(folder, 'advice/advice.json'), 'utf8'),
  )
  const measured = [...new Set([recommendation.trial, unchangedTrial])]
  expect(JSON.parse(readFileSync(join(folder, 'advice/test.json'), 'utf8'))).toMatchObject(
    measured.map((trial) => ({ trial, examples: 30 })),
  )
  expect(out).toContain(': the experiment as it is (trial')
  expect(out).toMatch(/validation loss {2}[\d.]+( \(95 % interval .*\))?, chosen on validation\n/)
  expect(out).toMatch(
    /\nTest, measured once, on 30 examples: .* \(trial \d+, seed 0, \d+ steps\)\.\n {2}test loss/,
  )
})
