import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clouds, collect, toy } from '../../../test/support/toy.ts'
import { metrics, RunFolder } from '../../train/index.ts'
import { testLines } from '../analysis/tested.ts'
import { runFolder } from './run-trial.ts'
import { testWinner, winnerTests } from './winner-test.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-winner-'))
const one = clouds(60).train
const alike = { ...one, y: { ...one.y, data: new Int32Array(60) } } // one class, of which no AUC can be
const experiment = toy({ data: { ...clouds(), test: alike }, epochs: 1, metrics: { auc: metrics.rocAuc() } })
const trial = { id: 2, settings: { lr: 0.1 }, seed: 0, steps: 12, rung: 0 }

beforeAll(async () => {
  const run = new RunFolder(runFolder(join(folder, 'trials'), trial), experiment)
  await collect(run.events())
  run.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a winner is measured once, and its measurement is the same when it is read', async () => {
  const first = await testWinner(folder, experiment, trial)
  expect(first.test.metrics).toEqual({ auc: Number.NaN })
  expect(await testWinner(folder, experiment, trial)).toEqual(first)
  expect(testLines(winnerTests(folder), []).at(-1)).toBe('  test auc          NaN (no interval)')
})

test.each([{ seed: 1 }, { steps: 13 }, { settings: { lr: 0.3 } }])(
  'a trial of the same number, but with %j, is another one',
  async (changes) => {
    const before = readFileSync(join(folder, 'test.json'))
    const { test, before: others } = await testWinner(folder, experiment, { ...trial, ...changes })
    expect(test).toMatchObject(changes)
    expect(others).toHaveLength(1)
    writeFileSync(join(folder, 'test.json'), before)
  },
)
