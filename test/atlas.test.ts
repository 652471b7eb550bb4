import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { trainedArms } from '../studies/atlas/arms.ts'
import { Book, fileOf, keyOf, type Runs } from '../studies/atlas/book.ts'
import { type Cell, halfDecades, norms } from '../studies/atlas/cell.ts'
import { cells, missing } from '../studies/atlas/cells.ts'
import { angleDecay, type DecayResult, decayArms } from '../studies/atlas/decay.ts'
import { decayLines } from '../studies/atlas/decay-page.ts'
import { effectsOf, isOpen, questions } from '../studies/atlas/effects.ts'
import { findings, together } from '../studies/atlas/findings.ts'
import type { FurtherResult } from '../studies/atlas/further.ts'
import { furtherLines } from '../studies/atlas/further-page.ts'
import { type Plan, pieces } from '../studies/atlas/learner.ts'
import { page } from '../studies/atlas/page.ts'
import { race } from '../studies/atlas/race.ts'
import { fresh, quick } from '../studies/atlas/stages.ts'
import { windowsOf } from '../studies/atlas/windows.ts'
import { files } from '../studies/atlas/write.ts'

const digits = cells.find(({ id }) => id === 'vision-mlp')!

test('there is a cell of each field and kind, whose lengths can be cut into measurements', () => {
  expect(new Set(cells.map(({ field, kind }) => `${field} ${kind}`)).size).toBe(12)
  for (const { id, steps, rates } of cells) {
    expect([id, steps % 150]).toEqual([id, 0])
    for (const norm of norms) expect(rates[norm]).toHaveLength(5)
  }
})

test('half-decades are round numbers', () => {
  expect(halfDecades(-4, -1)).toEqual([0.01, 0.032, 0.1, 0.32])
})

test('data that are not there are named', () => {
  const before = process.env.EVENSTEP_DATA
  process.env.EVENSTEP_DATA = '/nowhere'
  expect(cells.filter((cell) => cell.needs === undefined).every((cell) => missing(cell) === undefined)).toBe(
    true,
  )
  expect(missing(cells.find(({ id }) => id === 'language-cnn')!)).toBe('/nowhere/sms-spam/sms-spam.tsv')
  delete process.env.EVENSTEP_DATA
  expect(missing(cells.find(({ id }) => id === 'language-cnn')!)).toContain('EVENSTEP_DATA')
  if (before !== undefined) process.env.EVENSTEP_DATA = before
})

test('pieces of passes have each example once a pass, in another order each time, whatever their size', () => {
  const data = { length: 10 } as never
  const whole = [0, 1].flatMap((epoch) => [...pieces(10).order(data, 3, epoch)])
  const cut = [0, 1, 2, 3, 4].flatMap((epoch) => [...pieces(4).order(data, 3, epoch)])
  expect(cut).toEqual(whole)
  const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b)
  expect(sorted(whole.slice(0, 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(whole.slice(0, 10)).not.toEqual(whole.slice(10))
})

/** Runs whose losses a function gives: no training. */
function invented(lossOf: (plan: Plan) => number | undefined, asked: Plan[] = []): Runs {
  return {
    cell: digits,
    outcome: async (plan) => {
      asked.push(plan)
      const loss = lossOf(plan)
      if (loss === undefined) return { diverged: true }
      return { diverged: false, validationLoss: loss, test: { loss, accuracy: 0.95 } }
    },
  }
}

test('a race takes the best two of the short runs in full, within an arm, and extends a grid at its edge', async () => {
  const asked: Plan[] = []
  // The best rate is 1, above the grid of `none`, which ends at 0.32.
  const runs = invented(({ lr }) => 1 + Math.abs(Math.log10(lr)), asked)
  const { lr, tried } = await race(runs, { norm: 'none', schedule: 'linear' })
  expect(lr).toBe(1)
  expect(tried).toEqual([0.0032, 0.01, 0.032, 0.1, 0.32, 1, 3.2])
  expect(new Set(asked.map(({ steps }) => steps))).toEqual(new Set([300, 900]))
  const full = new Set(asked.filter(({ steps }) => steps === 900).map(({ lr }) => lr))
  expect(full).toEqual(new Set([0.1, 0.32, 1]))
  expect(asked.every(({ seed }) => seed === 1000)).toBe(true)
})

test('a race passes over rates that diverge', async () => {
  const runs = invented(({ lr }) => (lr > 0.05 ? undefined : 1 / lr))
  expect((await race(runs, { norm: 'none', schedule: 'linear' })).lr).toBe(0.032)
})

/** Losses in which BN halves the loss and a decay takes a fifth, without noise but a little by seed. */
const clear = ({ norm, schedule, lr, seed }: Plan): number =>
  (norm === 'batch' ? 0.5 : 1) *
  (schedule === 'constant' ? 1 : schedule === 'linear' ? 0.8 : 0.85) *
  (1 + Math.abs(Math.log10(lr / 0.1))) *
  (1 + 0.01 * (seed % 7) + 0.001 * ((seed * norm.length * schedule.length) % 5))

test('answers are ratios of test losses of arms chosen by validation', async () => {
  const runs = invented(clear)
  const effects = effectsOf(await trainedArms(runs), await windowsOf(runs))
  expect(effects.map(({ question }) => question.id)).toEqual(questions.map(({ id }) => id))
  const of = (id: string) => effects.find(({ question }) => question.id === id)!
  expect(Math.exp(of('batch').judged.value)).toBeCloseTo(0.5, 2)
  expect(Math.exp(of('schedule-none').judged.value)).toBeCloseTo(0.8, 2)
  expect(of('interaction').judged.value).toBeCloseTo(0, 2)
  expect(of('batch').arms!.map(({ schedule }) => schedule)).toEqual(['linear', 'linear'])
  expect(isOpen(of('batch'))).toBe(false)
  expect(isOpen(of('interaction'))).toBe(true)
})

test('a seed with which an arm diverged is left out of a comparison and counted', async () => {
  const runs = invented((plan) =>
    plan.norm === 'none' && plan.seed === 1 && plan.schedule !== 'constant' ? undefined : clear(plan),
  )
  const effects = effectsOf(await trainedArms(runs), undefined)
  const found = effects.find(({ question }) => question.id === 'schedule-none')!
  expect(found.values).toHaveLength(11)
  expect(found.diverged).toEqual([1, 0])
})

test('an arm runs from its data to its results, which are stored and not run twice', async () => {
  const within = mkdtempSync(join(tmpdir(), 'atlas-'))
  const cell: Cell = quick(digits)
  const arms = [
    { norm: 'batch', schedule: 'plateau' },
    { norm: 'none', schedule: 'oneCycle' },
  ] as const
  await fresh(new Book(cell, within), arms)
  const text = readFileSync(fileOf(cell.id, within), 'utf8')
  await fresh(new Book(cell, within), arms)
  expect(readFileSync(fileOf(cell.id, within), 'utf8')).toBe(text)
  const { runs } = new Book(cell, within)
  expect(Object.keys(runs)).toHaveLength(arms.length * 5)
  const last = runs[keyOf({ ...arms[0], lr: 0.1, steps: 150, seed: 2 })]!
  expect(last.test!.accuracy).toBeGreaterThan(0.7)
  const chosen = runs[keyOf({ ...arms[0], lr: 0.1, steps: 150, seed: 1000 })]!
  expect(chosen).not.toHaveProperty('test')
  const [found] = await findings(within, [cell])
  expect(found).toMatchObject({ counts: { runs: 10, diverged: 0, failed: 0 } })
  expect(found).not.toHaveProperty('result')
  rmSync(within, { recursive: true })
}, 60_000)

test('questions are put together over the cells that count', async () => {
  const found = await Promise.all(
    [0, 1, 2].map(async (shift) => {
      const runs = invented((plan) => clear(plan) * (plan.norm === 'batch' ? 1 + 0.1 * shift : 1))
      const arms = await trainedArms(runs)
      const result = {
        arms,
        windows: undefined,
        effects: effectsOf(arms, undefined),
        best: arms[0]!,
        reached: 1,
      }
      const counts = { runs: 0, diverged: 0, failed: 0, cpuSeconds: 0 }
      return { cell: digits, counts, result: { ...result, counts: shift !== 2 } }
    }),
  )
  const batch = together(found).find(({ question }) => question.id === 'batch')!
  expect(batch.effects).toHaveLength(2)
  expect(Math.exp(batch.meta!.mean)).toBeCloseTo(Math.sqrt(0.5 * 0.55), 2)
  const text = page(found, together(found), '').replaceAll('\n', ' ')
  expect(text).toContain('By itself it is shown in 2 of 2.')
  expect(text).toContain('**does not reach** 0.91, that of three nearest neighbours.')
})

test('weight decay turns weights by 0.03 rad a step: √(2ηλ/(1 − μ))', () => {
  expect(Math.sqrt((2 * 0.1 * angleDecay(0.1)) / (1 - 0.9))).toBeCloseTo(0.03, 10)
})

test('decay and length are compared seed by seed, and a diverged seed is counted', () => {
  const result: DecayResult = {
    cell: digits,
    seeds: 4,
    cpuSeconds: 60,
    runs: 4 * decayArms.length,
    lossesOf: ({ norm, schedule, decay, length }) =>
      [0, 1, 2, 3].map((seed) =>
        norm === 'none' && decay === 10 && seed === 0
          ? undefined
          : (schedule === 'linear' ? 0.5 : 1) *
            (decay === 1 ? 0.8 : 1) *
            (1 + 0.001 * ((seed * (length + decay + schedule.length)) % 5)),
      ),
  }
  const text = decayLines([result])
  expect(text).toContain('vision/MLP (4 seeds); 96 runs, 1.0 minutes of CPU time.')
  expect(text).toMatch(
    /vision\/MLP, none, linear +\| 1 × +\| 0\.50\d +\| 0\.40?\d* +\| 0\.50\d \(1 diverged\)/,
  )
  expect(text).toMatch(/BN, constant, 1 ×: decay by the angle to none +\| \*\*0\.(79|80|8)\d* \(/)
  expect(text).toMatch(/BN, no decay, 4 ×: linear to constant +\| \*\*0\.(49|5)\d* \(/)
})

test('further arms are compared with their own references, seed by seed', () => {
  const result: FurtherResult = {
    cell: digits,
    seeds: 6,
    cpuSeconds: 60,
    runs: 90,
    of: ({ norm, schedule }) => ({
      lr: 0.1,
      outcomes: [0, 1, 2, 3, 4, 5].map((seed) => {
        if (norm === 'dyt' && seed === 1) return { diverged: true }
        const loss =
          (schedule === 'rex' ? 0.8 : 1) *
          (norm === 'group' ? 1.5 : 1) *
          (1 + 0.001 * ((seed * (norm.length + schedule.length)) % 5))
        return { diverged: false, validationLoss: loss, test: { loss, accuracy: 0.9 } }
      }),
    }),
  }
  const text = furtherLines([result]).replaceAll('\n', ' ')
  expect(text).toContain('vision/MLP (6 seeds); 90 runs, 1.0 minutes of CPU time.')
  expect(text).toMatch(/none, rex \/ none, linear +\| 0\.80?\d*, \*\*0\.80?\d* \(/)
  expect(text).toMatch(/group, linear \/ batch, linear +\| 1\.5\d*, 1\.5/)
  expect(text).toMatch(/dyt, linear \/ batch, linear +\| 1(\.\d+)?, .*0\.1, 1 diverged/)
  expect(text).toContain('Of the 12 ratios,')
})

test('the pages show what was run', async () => {
  for (const [path, text] of await files()) {
    expect([path, readFileSync(join(import.meta.dirname, '..', path), 'utf8') === text]).toEqual([path, true])
  }
})
