import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import { type ExperimentOptions, RunFolder, type RunFolderOptions } from '../../src/train/index.ts'
import { toy } from './toy.ts'

/** Runs in a temporary folder of the test file's own, which is removed after its tests. */
export function killedRuns() {
  const root = mkdtempSync(join(tmpdir(), 'evenstep-run-'))
  afterAll(() => rmSync(root, { recursive: true }))

  const setup = (changes: Partial<ExperimentOptions> = {}) =>
    toy({
      epochs: 4,
      optimizer: sgd({ lr: schedule.constant(0.1), momentum: 0.9 }),
      control: [schedule.reduceOnPlateau({ threshold: 10, thresholdMode: 'abs', patience: 0, factor: 0.5 })],
      checkpoints: { everySteps: 5 },
      ...changes,
    })

  /** Runs until `stop` events, or to the end, as if killed there: nothing is saved or closed in an orderly way. */
  async function train(
    name: string,
    stop: number = Number.POSITIVE_INFINITY,
    options: RunFolderOptions = {},
    experiment: ReturnType<typeof setup> = setup(),
  ): Promise<RunFolder> {
    const folder = new RunFolder(join(root, name), experiment, options)
    let seen = 0
    for await (const _ of folder.events()) if (++seen >= stop) break
    folder.close()
    return folder
  }

  const read = (name: string, file: string): Buffer => readFileSync(join(root, name, file))
  /** The log without times. */
  const metrics = (name: string): string =>
    read(name, 'events.jsonl')
      .toString()
      .replace(/"time":\{[^}]*\}/g, '')
  const checkpoints = (name: string): string[] => readdirSync(join(root, name, 'checkpoints')).sort()
  return { root, setup, train, read, metrics, checkpoints, resume: { resume: true } }
}
