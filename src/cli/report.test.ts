import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { printedBy } from '../../test/support/printed.ts'
import type { StudyFacts } from '../study/analysis/analyse.ts'
import type { Finished } from '../study/analysis/findings.ts'
import { finish, written } from '../study/run/finish.ts'
import { reportCommand } from './report.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-report-'))
afterAll(() => rmSync(root, { recursive: true }))
const at = (...path: string[]): string => join(root, ...path)
const printed = printedBy(reportCommand)

const facts: StudyFacts = {
  name: 'two rates',
  metric: { name: 'validationLoss', goal: 'min' },
  factors: { lr: [0.1, 1] },
  repeat: { command: 'npx evenstep study x.ts', study: {}, seeds: [0, 1], versions: { evenstep: '0.1.0' } },
}
const trial = (id: number, lr: number, seed: number): Finished => ({
  id,
  settings: { lr },
  seed,
  steps: 20,
  rung: 0,
  result: {
    status: 'done',
    metrics: { trainLoss: lr / 2, validationLoss: lr + seed / 100 },
    steps: 20,
    time: { training: 1, total: 2 },
    curve: {
      steps: [9, 19],
      trainLoss: [2 * lr, lr / 2],
      lr: [lr, lr],
      validation: { steps: [9, 19], loss: [3 * lr, lr + seed / 100] },
    },
  },
})
const trials = [trial(1, 0.1, 0), trial(2, 0.1, 1), trial(3, 1, 0), trial(4, 1, 1)]

test('writes the report as the study did, and its charts as images', async () => {
  await finish(root, facts, trials)
  const before = written.map((name) => readFileSync(at(name), 'utf8'))
  for (const name of written) if (name !== 'results.json') rmSync(at(name))
  const text = await printed(root, '--svg', at('images', 'svg'), '--png', at('images', 'png'))
  expect(written.map((name) => readFileSync(at(name), 'utf8'))).toEqual(before)
  const images = [
    'effects-effect-sizes',
    'learning-curves-all-runs',
    'rate-windows-all-runs',
    'scores-all-runs',
  ]
  expect(text.split('\n')).toEqual([
    ...['report.html', 'report.md', 'findings.json', 'sources.bib'].map((name) => at(name)),
    `${at('images', 'svg')}: 4 SVG images`,
    `${at('images', 'png')}: 4 PNG images`,
    '',
  ])
  expect(readdirSync(at('images', 'svg'))).toEqual(images.map((name) => `${name}.svg`))
  expect(readdirSync(at('images', 'png'))).toEqual(images.map((name) => `${name}.png`))
  const { format, width } = await sharp(
    readFileSync(at('images', 'png', 'effects-effect-sizes.png')),
  ).metadata()
  expect([format, width]).toEqual(['png', 2 * (360 + 24)])
})

test('a study that has not ended, and damaged results, are named', async () => {
  await expect(printed(at('images'))).rejects.toThrow(
    `${at('images')}: wanted the folder of a study that has ended, got no results.json; run evenstep study to its end`,
  )
  const damaged = { ...facts, trials: [{ ...trials[0], seed: 'zero' }] }
  for (const json of ['{', '[]', JSON.stringify({ trials }), JSON.stringify(damaged)]) {
    writeFileSync(at('results.json'), json)
    await expect(printed(root)).rejects.toThrow(
      `${at('results.json')}: wanted the results of a study as JSON, got something else; repeat evenstep study, which writes it again`,
    )
  }
})
