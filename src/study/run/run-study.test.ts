import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { toy } from '../../../test/support/toy.ts'
import { define } from '../study.ts'
import { prepare } from './prepared.ts'
import { type RunStudyOptions, runStudy } from './run-study.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-run-study-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A worker that never finishes a trial. */
const start: RunStudyOptions['start'] = () =>
  spawn(process.execPath, ['-e', 'process.on("message", () => {})'], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })

test('an abort signal ends a study with its reason, and frees the folder', async () => {
  const experiment = toy()
  const study = define({ experiment, factors: { 'optimizer.lr': [0.1, 0.2] }, seeds: 1, steps: 2 })
  const prepared = prepare(study, experiment, 'aborted')
  const controller = new AbortController()
  const reason = new Error('enough')
  const options = { folder, workers: 1, start, signal: controller.signal }
  const seen: string[] = []
  const whole = async (): Promise<void> => {
    for await (const { type } of runStudy(prepared, options)) {
      seen.push(type)
      if (type === 'begin') setTimeout(() => controller.abort(reason))
    }
  }
  await expect(whole()).rejects.toBe(reason)
  expect(seen).toEqual(['start', 'begin'])
  await expect(whole()).rejects.toBe(reason) // at once
  expect(seen).toHaveLength(2)
  for await (const { type } of runStudy(prepared, { folder, workers: 1, start })) {
    expect(type).toBe('start') // no other holds the folder
    break
  }
})
