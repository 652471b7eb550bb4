import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isMachineFault } from '../../src/core/machine.ts'
import { forgetFailed, type Job, runTrial } from '../../src/study/run/run-trial.ts'
import type { Experiment } from '../../src/train/experiment.ts'
import { RunFolder } from '../../src/train/run-folder.ts'
import { withSettings } from '../../src/train/spec.ts'
import { toy } from '../support/toy.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-faulted-'))
afterAll(() => rmSync(root, { recursive: true }))

const base = toy({ threads: 1 })
const job = (name: string): Job => ({
  trial: { id: 1, settings: {}, seed: 0, steps: 24, rung: 0 },
  folder: join(root, 'trials', name),
  settings: [
    ['epochs', 2],
    ['steps', 24],
  ],
  watch: false,
})
/** The experiment with a model that throws an error in a trial, after it was made twice for the identity. */
function throwing(error: unknown): Experiment {
  let calls = 0
  const model = (): ReturnType<typeof base.model> => {
    if (calls++ > 1) throw error
    return base.model({} as never)
  }
  return { ...base, model }
}
const tooMany = Object.assign(new Error('EMFILE: too many open files'), {
  code: 'EMFILE',
  errno: -24,
  syscall: 'open',
})
const stored = ({ folder }: Job): boolean => existsSync(join(folder, 'trial.json'))

/** Trains a trial until its first checkpoint. */
async function begin(one: Job): Promise<void> {
  const run = new RunFolder(one.folder, withSettings(base, one.settings), { notes: { trial: one.trial } })
  for await (const event of run.events()) if (event.type === 'epoch') break
  run.close()
}
const checkpointsOf = ({ folder }: Job): string[] => readdirSync(join(folder, 'checkpoints')).sort()

describe('a fault of the machine', () => {
  test.each([
    Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
    }),
    tooMany,
    new Error('std::bad_alloc'),
    new RangeError('Array buffer allocation failed'),
  ])('is no result of a trial: %s', async (error) => {
    const one = job('fault')
    const thrown = await runTrial(throwing(error), one, {}).catch((error: unknown) => error)
    expect([thrown, isMachineFault(thrown)]).toEqual([error, true])
    expect(stored(one)).toBe(false)
  })

  test('removes no checkpoint: what cannot be opened now may be whole', async () => {
    const one = job('unreadable')
    await begin(one)
    const before = checkpointsOf(one)
    const thrown = await runTrial(throwing(tooMany), one, {}).catch((error: unknown) => error)
    expect(thrown).toBe(tooMany)
    expect([checkpointsOf(one), stored(one)]).toEqual([before, false])
    expect(await runTrial(base, one, {})).toMatchObject({ status: 'done', steps: 24 })
  })
})

describe('a trial that failed by its own doing', () => {
  test('has a result, until it is forgotten', async () => {
    const one = job('0001')
    const failing = throwing(new TypeError('no model'))
    mkdirSync(one.folder, { recursive: true })
    expect(await runTrial(failing, one, {})).toMatchObject({ status: 'failed', error: 'no model' })
    const done = job('0002')
    await runTrial(base, done, {})
    forgetFailed(join(root, 'trials'))
    expect([stored(one), stored(done)]).toEqual([false, true])
    expect(await runTrial(base, one, {})).toMatchObject({ status: 'done' })
  })

  test('is forgotten where there is no trial yet', () =>
    expect(forgetFailed(join(root, 'none'))).toBeUndefined())
})
