import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { clouds, collect, toy } from '../../test/support/toy.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { dataset, type Split, subset } from '../data/index.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { describe as describeRun } from './description.ts'
import type { TestEvent } from './event.ts'
import { readTests } from './event-log.ts'
import { type ExperimentOptions, experiment } from './experiment.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'
import { run, taskOf } from './train.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-test-part-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Three parts, of which the last is the end of what is otherwise validation. */
function threeParts(): Required<Split> {
  const { train, validation } = clouds(100, 50)
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
  return { train, validation: subset(validation, range(0, 30)), test: subset(validation, range(30, 50)) }
}
const tested = (changes: Partial<ExperimentOptions> = {}) => toy({ data: threeParts(), ...changes })
/** A rate that trains for 12 steps and then ruins the model. */
const ruinous = { optimizer: sgd({ lr: (step: number) => (step < 12 ? 0.1 : 5) }), epochs: 3 }

/** The log of a run, without times. */
const logOf = (path: string): string =>
  readFileSync(join(path, 'events.jsonl'), 'utf8').replace(/"time":\{[^}]*\}/g, '')

describe('a run that is asked for it', () => {
  test('measures the final model on the test data just before its end', async () => {
    const experiment = tested()
    const task = taskOf(experiment)
    const events = await collect(run(experiment, { task, test: true }))
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['epoch', 'test', 'end'])
    const { progress, ...measured } = events.at(-2) as TestEvent
    const again = await task.evaluate(experiment.data.test!, { intervals: true, batchSize: 8 })
    expect(measured).toEqual({
      type: 'test',
      weights: 'final',
      step: 24,
      examples: 20,
      ...again,
      data: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(progress).toEqual(events.at(-1)!.progress)
    expect((await collect(run(tested()))).map(({ type }) => type)).not.toContain('test')
  })

  test('must have test data', async () => {
    const message =
      'wanted an experiment whose data have a test part, got none; ' +
      'split them with test, as in data.split(d, { validation: 0.1, test: 0.2 })'
    await expect(run(toy(), { test: true }).next()).rejects.toThrow(`run: ${message}`)
    const folder = new RunFolder(join(root, 'none'), toy())
    await expect(folder.events({ test: 'best' }).next()).rejects.toThrow(`events: ${message}`)
    folder.close()
  })

  test('logs the final model or the best checkpoint, and keeps both measurements', async () => {
    const path = join(root, 'both')
    const experiment = tested(ruinous)
    const first = new RunFolder(path, experiment)
    await collect(first.events({ test: 'final' }))
    first.close()
    const second = new RunFolder(path, experiment, { resume: true })
    expect(second.finished).toBe(true)
    await collect(second.events({ test: 'best' }))
    second.close()
    const [final, best, ...others] = readTests(path)
    expect(others).toEqual([])
    expect([final, best]).toMatchObject([
      { weights: 'final', step: 36 },
      { weights: 'best', step: 12, before: 1 },
    ])
    expect(best!.loss).toBeLessThan(final!.loss)
    const opened = await open(path, { experiment })
    expect(opened.step).toBe(36)
    const onTest = await opened.evaluate('test', { intervals: true })
    expect(final).toMatchObject(onTest)
    expect(await opened.evaluate(experiment.data.test)).toMatchObject({ loss: final!.loss })
    expect(await (await open(path, { checkpoint: 'best', experiment })).evaluate('test')).toMatchObject({
      loss: best!.loss,
      accuracy: best!.accuracy,
    })
    await expect(open(path, { experiment: tested({ ...ruinous, seed: 1 }) })).rejects.toThrow('seed')
  })

  test('measures after an interruption, and writes the log of an uninterrupted run', async () => {
    const [plain, cut] = [join(root, 'plain'), join(root, 'cut')]
    const whole = new RunFolder(plain, tested())
    await collect(whole.events({ test: 'final' }))
    whole.close()
    const controller = new AbortController()
    const stopped = new RunFolder(cut, tested())
    const reading = (async () => {
      for await (const event of stopped.events({ test: 'final', signal: controller.signal }))
        if (event.type === 'epoch' && event.epoch === 1) controller.abort(new Error('stop'))
    })()
    await expect(reading).rejects.toThrow('stop')
    stopped.close()
    expect(readTests(cut)).toEqual([])
    const resumed = new RunFolder(cut, tested(), { resume: true })
    expect(resumed.finished).toBe(false)
    const events = await collect(resumed.events({ test: 'final' }))
    resumed.close()
    expect(events.map(({ type }) => type)).toEqual(['start', 'test', 'end'])
    expect(logOf(cut)).toBe(logOf(plain))
  })

  test('that is lengthened keeps what was measured, and says that there was a measurement before', async () => {
    const path = join(root, 'longer')
    for (const epochs of [1, 2]) {
      const folder = new RunFolder(path, tested({ epochs }), { resume: epochs > 1 })
      await collect(folder.events({ test: 'final' }))
      folder.close()
    }
    expect(readTests(path)).toMatchObject([{ step: 12 }, { step: 24, before: 1 }])
    const again = new RunFolder(path, tested(), { resume: true })
    await collect(again.events({ test: 'final' }))
    again.close()
    expect(readTests(path).length).toBe(2)
  })
})

describe('test data', () => {
  test('are described, and leave the identity of a run without them as it was', () => {
    const [{ data: parts }, plain] = [
      tested(),
      toy({ data: { train: threeParts().train, validation: threeParts().validation } }),
    ]
    const [withTest, without] = [tested(), plain].map((one) => describeRun(one, taskOf(one)))
    expect(withTest!.data).toEqual({ ...(without!.data as object), test: { length: 20, x: [2], classes: 3 } })
    expect({ ...withTest, data: null }).toEqual({ ...without, data: null })
    expect(Object.keys(without!.data as object)).toEqual(['train', 'validation'])
    expect(fingerprint(parts)).toBe(fingerprint(plain.data))
  })

  test('must look like the validation data', () => {
    const { train, validation } = clouds()
    const wide = dataset({ x: [[1, 2, 3]], y: [0], classes: 3 })
    const given = { ...toy(), data: { train, validation, test: wide } }
    expect(() => experiment(given as unknown as ExperimentOptions)).toThrow(
      'experiment: wanted test data like the validation data, x float32 [2] and y int32 [] of 3 classes, ' +
        'got x float32 [3] and y int32 [] of 3 classes',
    )
    const misspelt = { ...toy(), data: { train, validation, tests: wide } }
    expect(() => experiment(misspelt as unknown as ExperimentOptions)).toThrow(
      'experiment: data: wanted one of train, validation, test, got tests; did you mean test?',
    )
    expect(() => toy({ data: { train, validation, test: 3 } as never })).toThrow(
      'experiment: wanted data as a split with train and validation, such as data.digits10x10()',
    )
  })
})
