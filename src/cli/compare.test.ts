import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printedBy } from '../../test/support/printed.ts'
import { toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/index.ts'
import { readResults } from '../pages/run-results.ts'
import { bootstrap } from '../study/analysis/statistics.ts'
import { type ExperimentOptions, metrics, RunFolder } from '../train/index.ts'
import { compareCommand } from './compare.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-compare-'))
const before = process.cwd()
const train = async (name: string, changes: Partial<ExperimentOptions>): Promise<void> => {
  const folder = new RunFolder(name, toy({ name, ...changes }))
  for await (const _ of folder.events());
  folder.close()
}
beforeAll(async () => {
  process.chdir(root)
  await train('slow-0', { seed: 0 })
  await train('slow-1', { seed: 1 })
  await train('slow-2', { seed: 2 })
  await train('cosine', { optimizer: sgd({ lr: 'cosine 0.1 to 0' }) })
  await train('fast', { seed: 0, optimizer: sgd({ lr: 0.5, momentum: 0.9 }) })
  const auc = { auc: metrics.rocAuc() }
  await train('watched', { metrics: { ...auc, matrix: metrics.confusionMatrix() }, monitor: 'auc' })
})
afterAll(() => {
  process.chdir(before)
  rmSync(root, { recursive: true })
})

const printed = printedBy(compareCommand)

test('runs that differ in seed alone are pooled, and what differs between groups is listed', async () => {
  const text = await printed('slow-0', 'fast', 'slow-1', 'slow-2')
  const lines = text.split('\n')
  expect(lines.slice(0, 14)).toEqual([
    'A  slow-0  2 epochs, 24 steps',
    '   slow-1  2 epochs, 24 steps',
    '   slow-2  2 epochs, 24 steps',
    'B  fast    2 epochs, 24 steps',
    '',
    'setting                value',
    'optimizer.lr        A  0.1',
    '                    B  0.5',
    'optimizer.momentum  A  –',
    '                    B  0.9',
    'seed                A  0, 1, 2',
    '                    B  0',
    '',
    expect.stringMatching(/^result +at the end +at the best validationLoss$/),
  ])
  expect(lines[14]).toMatch(/^trainLoss +A {2}[\d.]+ \([\d.]+ to [\d.]+\) +[\d.]+ \([\d.]+ to [\d.]+\)$/)
  expect(lines[15]).toMatch(/^ +B {2}[\d.]+ +[\d.]+$/)
  expect(lines[18]).toMatch(/^validationAccuracy +A {2}\d+\.\d\d % \(\d+\.\d\d to \d+\.\d\d\)/)
  expect(text).toMatch(/\n\nmeans over seeds, with 95 % bootstrap intervals\n$/)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('JSON has the mean and interval of the last and of the best epoch', async () => {
  const { judge, groups } = JSON.parse(await printed('slow-0', 'slow-1', 'slow-2', 'fast', '--json'))
  expect(judge).toEqual({ name: 'validationLoss', goal: 'min' })
  const runs = ['slow-0', 'slow-1', 'slow-2'].map(readResults)
  const last = runs.map(({ epochs }) => epochs.at(-1)!.validationLoss!)
  const best = runs.map(({ epochs }) => Math.min(...epochs.map(({ validationLoss }) => validationLoss!)))
  expect(groups[0].last.validationLoss).toEqual(bootstrap(last, [0, Number.POSITIVE_INFINITY]))
  expect(groups[0].best.validationLoss).toEqual(bootstrap(best, [0, Number.POSITIVE_INFINITY]))
  expect(groups[1].last.validationLoss).toEqual({ value: readResults('fast').epochs.at(-1)!.validationLoss })
  expect(groups[1].settings).toEqual({ 'optimizer.lr': 0.5, 'optimizer.momentum': 0.9, seed: [0] })
  expect(groups[0].runs[1]).toEqual({ path: 'slow-1', status: 'ended', seed: 1, epochs: 2, steps: 24 })
})

test('the best epoch is that of the monitor; results that are no numbers are left out', async () => {
  const text = await printed('watched', 'watched')
  expect(text).toContain('the runs differ in no setting\n')
  expect(text).toMatch(/at the end +at the best auc\n/)
  expect(text).toMatch(/\nauc +A {2}/)
  expect(text).not.toContain('matrix ')
  expect(text).not.toContain('means over seeds')
})

test('runs that do not all have the judge’s metric are judged by the validation loss', async () => {
  const slow = readResults('slow-0').epochs
  const best = slow.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a))
  const { judge, groups } = JSON.parse(await printed('watched', 'slow-0', '--json'))
  expect(judge).toEqual({ name: 'validationLoss', goal: 'min' })
  const of = groups.find(({ runs }: { runs: { path: string }[] }) => runs[0]!.path === 'slow-0')
  expect(of.best.validationLoss.value).toBe(best.validationLoss)
  expect(best).not.toBe(slow[0])
})

test('schedules are compared as texts', async () => {
  expect(await printed('slow-0', 'cosine')).toContain(
    'optimizer.lr   A  0.1\n               B  cosine 0.1 to 0 over 24\n',
  )
})

test('one run, and folders without a run, are refused', async () => {
  await expect(printed('fast')).rejects.toThrow('compare: wanted two or more runs, got 1 run')
  await expect(printed('fast', 'none')).rejects.toThrow(
    'none: wanted the folder of a run, got a path that does not exist',
  )
  await expect(printed('fast', join('fast', 'checkpoints', 'step-00000024'))).rejects.toThrow(
    /step-00000024: wanted the folder of a run, got a checkpoint; use /,
  )
})
