import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadStudy } from '../../src/cli/load.ts'
import { random } from '../../src/core/random.ts'
import { loadExperiment } from '../../src/train/experiment-file.ts'
import { open, RunFolder } from '../../src/train/index.ts'
import { override } from '../../src/train/spec.ts'

// Experiments in JSON with data of one's own, from the file to a run that is resumed.

const folder = mkdtempSync(join(tmpdir(), 'evenstep-json-'))
const page = readFileSync(new URL('../../docs/training.md', import.meta.url), 'utf8')
const [, shown] = /^```json\n(\{[\s\S]*?)^```/m.exec(page)!
const path = join(folder, 'experiments/churn.json')

function writeCustomers(seed: number): void {
  const source = random(seed, 'customers')
  const rows = Array.from({ length: 300 }, (_, i) => {
    const age = source.uniform(18, 80)
    return `${age.toFixed(1)},${['basic', 'plus'][i % 2]},${age + 20 * (i % 2) > 60 ? 'yes' : 'no'}`
  })
  writeFileSync(join(folder, 'experiments/customers.csv'), `age,plan,churned\n${rows.join('\n')}\n`)
}

beforeAll(() => {
  mkdirSync(join(folder, 'experiments'))
  writeCustomers(0)
  writeFileSync(path, shown!)
})
afterAll(() => rmSync(folder, { recursive: true }))

const loaded = async (...settings: string[]) =>
  override(await loadExperiment(path), ['batchSize=32', ...settings])

async function trained(run: RunFolder): Promise<number> {
  for await (const _ of run.events());
  run.close()
  return run.steps
}

test('the experiment of the page trains, is resumed, and is opened again', async () => {
  const out = join(folder, 'run')
  expect(await trained(new RunFolder(out, await loaded('epochs=1', 'scheduleSteps=12')))).toBe(6)
  const again = new RunFolder(out, await loaded('epochs=2', 'scheduleSteps=12'), { resume: true })
  expect(await trained(again)).toBe(12)
  const whole = join(folder, 'whole')
  await trained(new RunFolder(whole, await loaded('epochs=2', 'scheduleSteps=12')))
  const weights = (run: string): Buffer => readFileSync(join(run, 'model.safetensors'))
  expect(weights(out).equals(weights(whole))).toBe(true)
  const opened = await open(out, { experiment: await loaded('epochs=2', 'scheduleSteps=12') })
  expect(Object.keys((await opened.evaluate()).metrics ?? {})).toEqual(['auc', 'f1'])
})

test('a run is not resumed with other data in the file', async () => {
  const out = join(folder, 'changed')
  await trained(new RunFolder(out, await loaded('epochs=1', 'scheduleSteps=12')))
  writeCustomers(1)
  const experiment = await loaded('epochs=2', 'scheduleSteps=12')
  expect(() => new RunFolder(out, experiment, { resume: true })).toThrow(
    'wanted the data that the run began with, got other data; resume with the same files',
  )
  writeCustomers(0)
})

test('a study in JSON names the file, or holds the experiment, with paths relative to its own', async () => {
  const experiment = JSON.parse(shown!)
  const factors = { lr: [0.01, 0.001] }
  const named = join(folder, 'named.json')
  writeFileSync(named, JSON.stringify({ experiment: 'experiments/churn.json', factors }))
  const held = join(folder, 'held.json')
  const data = { ...experiment.data, table: 'experiments/customers.csv' }
  writeFileSync(held, JSON.stringify({ experiment: { ...experiment, data }, factors }))
  const [one, other] = [await loadStudy(named), await loadStudy(held)]
  expect(one.experiment.data).toEqual(other.experiment.data)
  expect([one.inStudy, other.inStudy]).toEqual([false, true])
})
