import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { someResult as result } from '../../../test/support/finished.ts'
import type { Asked } from '../design/design.ts'
import { Database } from './database.ts'
import { lockAlone, lockShared } from './lock.ts'
import { checkSameStudy } from './same-study.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-database-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
/** Makes an empty folder and returns its path. */
const fresh = (): string => mkdtempSync(join(root, `${folders++}-`))

const asked = (lr: number, seed = 0): Asked => ({
  settings: { lr, schedule: 'cosine' },
  seed,
  steps: 10,
  rung: 0,
})

describe('a database', () => {
  test('gives each trial one number, also after it was closed, and in whatever order settings are named', () => {
    const folder = fresh()
    const first = new Database(folder)
    expect(first.ask([asked(0.1), asked(0.2)]).map(({ id }) => id)).toEqual([1, 2])
    first.close()
    const second = new Database(folder)
    const turned: Asked = { settings: { schedule: 'cosine', lr: 0.2 }, seed: 0, steps: 10, rung: 0 }
    expect(second.ask([turned, asked(0.1), asked(0.1, 1)]).map(({ id }) => id)).toEqual([2, 1, 3])
    second.close()
  })

  test('keeps what came of a trial once', () => {
    const folder = fresh()
    const database = new Database(folder)
    database.ask([asked(0.1), asked(0.2)])
    database.finish(2, result)
    expect(() => database.finish(2, result)).toThrow('study: wanted a trial that is not finished, got 2')
    expect(() => database.finish(3, result)).toThrow('study: wanted a trial that is not finished, got 3')
    database.close()
    const again = new Database(folder)
    expect(again.finished()).toEqual([{ id: 2, ...asked(0.2), result }])
    again.close()
  })

  test('knows what the study is', () => {
    const database = new Database(fresh())
    const study = {
      experiment: {},
      factors: { lr: [1] },
      design: { type: 'grid' },
      seeds: 1,
      metric: 'a',
      watch: false,
    }
    database.describe(study, 'f')
    database.describe({ ...study, seeds: 2 }, 'f')
    expect(() => database.describe(study, 'f')).toThrow('got seeds 1 where it was 2')
    database.close()
  })
})

describe('a study that goes on', () => {
  const before = {
    experiment: { batchSize: 8, model: { w: [1] } },
    factors: { schedule: ['a', 'b'], lr: { from: 0.01, to: 1, count: 3 } },
    design: { type: 'grid' },
    seeds: 2,
    metric: 'validationLoss',
    watch: false,
  }
  const refusal = (changes: object, was: object = before): string | undefined => {
    try {
      checkSameStudy('f', was as never, { ...was, ...changes } as never)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }
  const told = (difference: string): string =>
    `f: wanted the study that was begun here, got ${difference}; change it back, or choose another folder with --out`

  test.each<[object, string]>([
    [{ experiment: { ...before.experiment, batchSize: 9 } }, "the experiment's batchSize 9 where it was 8"],
    [{ experiment: { batchSize: 8 } }, 'the experiment\'s model nothing where it was {"w":[1]}'],
    [{ experiment: { ...before.experiment, graph: 'a' } }, 'a model or a loss that computes something else'],
    [{ factors: { ...before.factors, schedule: ['b', 'c'] } }, 'factors.schedule without "a"'],
    [{ factors: { schedule: ['a', 'b'] } }, 'factors ["schedule"] where it was ["lr","schedule"]'],
    [{ factors: { ...before.factors, lr: [0.01, 1] } }, 'factors.lr without 0.1'],
    [{ seeds: 1 }, 'seeds 1 where it was 2'],
    [{ steps: 5 }, 'steps 5 where it was nothing'],
    [{ metric: 'f1' }, 'metric "f1" where it was "validationLoss"'],
    [{ watch: true }, 'watch true where it was false'],
    [
      { design: { type: 'halton', trials: 6 } },
      'design {"type":"halton","trials":6} where it was {"type":"grid"}',
    ],
  ])('is refused with %j', (changes, difference) => expect(refusal(changes)).toBe(told(difference)))

  test('may have more values and seeds', () => {
    expect(
      refusal({ factors: { lr: [1, 0.01, 0.1, 2], schedule: ['c', 'b', 'a'] }, seeds: 3 }),
    ).toBeUndefined()
  })

  test('may have more trials of a sample, but neither fewer nor other values', () => {
    const sampled = { ...before, design: { type: 'tpe', trials: 6 } }
    expect(refusal({ design: { type: 'tpe', trials: 8 } }, sampled)).toBeUndefined()
    expect(refusal({ design: { type: 'tpe', trials: 4 } }, sampled)).toContain(
      'where it was {"type":"tpe","trials":6}',
    )
    expect(refusal({ factors: { ...before.factors, schedule: ['a', 'b', 'c'] } }, sampled)).toContain(
      'got factors {',
    )
  })
})

describe('a lock', () => {
  test('is had by one alone, or by several together', () => {
    const path = join(fresh(), 'a.lock')
    const alone = lockAlone(path)!
    expect([lockAlone(path), lockShared(path)]).toEqual([undefined, undefined])
    alone.release()
    const shared = [lockShared(path)!, lockShared(path)!]
    expect(lockAlone(path)).toBeUndefined()
    for (const lock of shared) lock.release()
    lockAlone(path)!.release()
  })

  test('is waited for', () => {
    const path = join(fresh(), 'a.lock')
    const shared = lockShared(path)!
    const begun = performance.now()
    expect(lockAlone(path, 100)).toBeUndefined()
    expect(performance.now() - begun).toBeGreaterThan(90)
    shared.release()
  })
})
