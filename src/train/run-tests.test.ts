import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { clouds, collect, toy } from '../../test/support/toy.ts'
import { readTests } from './event-log.ts'
import { metrics } from './index.ts'
import { RunFolder } from './run-folder.ts'
import { isTested } from './run-tests.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-run-tests-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a measurement counts for the model, the step and the data that it was made with', async () => {
  const path = join(root, 'run')
  const { train, validation } = clouds()
  const data = { train, validation, test: clouds(60).train }
  const short = toy({ data, epochs: 1 })
  const folder = new RunFolder(path, short)
  await collect(folder.events({ test: 'best' }))
  folder.close()
  expect(isTested(path, short, { weights: 'best', steps: 12 })).toBe(true)
  expect(isTested(path, short, { weights: 'final', steps: 12 })).toBe(false)
  const other = toy({ data: { ...data, test: clouds(61).train }, epochs: 1 })
  expect(isTested(path, other, { weights: 'best', steps: 12 })).toBe(false)

  const longer = toy({ data, epochs: 4 })
  const resumed = new RunFolder(path, longer, { resume: true })
  await collect(resumed.events())
  resumed.close()
  expect(readTests(path)).toHaveLength(1)
  expect(isTested(path, longer, { weights: 'best', steps: 48 })).toBe(false) // another checkpoint is the best now
})

test('a metric that is NaN is NaN when the log is read', async () => {
  const path = join(root, 'nan')
  const one = clouds(60).train
  const alike = { ...one, y: { ...one.y, data: new Int32Array(60) } }
  const experiment = toy({
    data: { ...clouds(), test: alike },
    epochs: 1,
    metrics: { auc: metrics.rocAuc() },
  })
  const folder = new RunFolder(path, experiment)
  await collect(folder.events({ test: 'final' }))
  folder.close()
  expect(readTests(path)[0]!.metrics).toEqual({ auc: Number.NaN })
})
