import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { keep, progressOf, results } from '../studies/results.ts'
import { runClaim } from '../studies/run-claim.ts'
import { deepNet } from '../studies/support/deep-net.ts'
import { Descent } from '../studies/support/descent.ts'
import { examples, mislabelled } from '../studies/support/digits.ts'
import { checkMean, differences, interval, shown } from '../studies/support/interval.ts'
import { Learner } from '../studies/support/learner.ts'
import { part, resume } from '../studies/support/progress.ts'
import { best } from '../studies/support/sweep.ts'

test('an interval of a seed is its number, and one of several is Student’s with a margin for skew', () => {
  expect(interval([5])).toEqual({ mean: 5, low: 5, high: 5 })
  // mean 2, standard error 1/√3; scipy.stats.t.ppf(0.98, 2) is 4.848732214
  const { mean, low, high } = interval([3, 1, 2])
  expect(mean).toBe(2)
  expect(low).toBeCloseTo(2 - 4.848732214 / Math.sqrt(3), 7)
  expect(high).toBeCloseTo(2 + 4.848732214 / Math.sqrt(3), 7)
  expect(shown({ mean, low: 43.8, high: 55.25 }, 1)).toBe('2.0 [43.8, 55.3]')
})

test('a check on seeds has three verdicts in full, and asks for the mean in the quick form', () => {
  const values = [0.31, 0.28, 0.35]
  expect(checkMean('full', 'w', values, { above: 0 })).toEqual({ what: 'w', ok: true, says: 'shown' })
  expect(checkMean('full', 'w', values, { above: 1 })).toEqual({
    what: 'w',
    ok: false,
    says: 'shown otherwise',
  })
  expect(checkMean('full', 'w', values, { above: 0.3 })).toEqual({
    what: 'w',
    ok: false,
    says: 'not shown with 3 seeds',
  })
  expect(checkMean('quick', 'w', values, { above: 0.3 })).toEqual({ what: 'w', ok: true })
  expect(checkMean('quick', 'w', values, { below: 0.3 })).toEqual({ what: 'w', ok: false })
})

test('an experiment that was stopped resumes after its finished parts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'progress-'))
  const file = join(folder, 'x', 'B1.jsonl')
  try {
    expect(resume(file)).toBe(0)
    await part(['a', 1], async () => ({ loss: Number.NaN, all: [1, 2] }))
    appendFileSync(file, '["[\\"b\\"]",')
    expect(resume(file)).toBe(1)
    const other = await part(['b'], async () => 3)
    expect(other).toBe(3)
    expect(resume(file)).toBe(2)
    const again = await part(['a', 1], async () => {
      throw new Error('computed again')
    })
    expect(again).toEqual({ loss: Number.NaN, all: [1, 2] })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Runs claim B11 with a worker of these lines, after a result and some progress were stored. */
async function ranAfter(lines: string) {
  const within = mkdtempSync(join(tmpdir(), 'results-'))
  const versions = { evenstep: '1.0.0' }
  keep('quick', 'B11', { measured: [], checks: [], date: '2026-01-31', versions }, within)
  const [worker, progress] = [join(within, 'worker.mjs'), progressOf('quick', 'B11', within)]
  mkdirSync(dirname(progress))
  writeFileSync(progress, 'a part\n')
  writeFileSync(worker, lines)
  const before = results('quick', within)
  try {
    const { outcome } = await runClaim('B11', 'quick', worker, within)
    return { outcome, before, after: results('quick', within), hasProgress: existsSync(progress) }
  } finally {
    rmSync(within, { recursive: true })
  }
}

test('a worker that dies is a failed check, and leaves the stored result and the progress', async () => {
  const { outcome, before, after, hasProgress } = await ranAfter('process.exit(3)')
  expect(outcome.checks).toEqual([{ what: 'the experiment ended with code 3', ok: false }])
  expect(after).toEqual(before)
  expect(Object.keys(after)).toEqual(['B11'])
  expect(hasProgress).toBe(true)
})

test('an experiment that ends replaces the stored result, and its progress is removed', async () => {
  const checks = [{ what: '1 < 2', ok: true }]
  const ended = JSON.stringify({ outcome: { measured: [], checks }, resumed: true })
  const { after, hasProgress } = await ranAfter(`process.send(${ended}, () => process.disconnect())`)
  expect(after.B11).toMatchObject({ checks })
  expect(after.B11).not.toHaveProperty('seconds')
  expect(hasProgress).toBe(false)
})

test('arms are paired seed by seed', () => {
  expect(differences([3, 5], [1, 1])).toEqual([2, 4])
})

test('the best rate is the one with the best mean, of those at which no seed diverged', () => {
  const points = [
    { lr: 1, accuracies: [90, 90], diverged: 0 },
    { lr: 2, accuracies: [99, 82], diverged: 0 },
    { lr: 3, accuracies: [91, 91], diverged: 0 },
    { lr: 4, accuracies: [99, 99], diverged: 1 },
  ]
  expect(best(points)).toBe(points[2])
  expect(best(points.slice(3))).toBe(points[3])
})

test('as many labels are wrong as were asked for, always the same', () => {
  const clean = examples(4000, 0)
  const noisy = mislabelled(clean, 0.5)
  const wrong = Array.from(noisy.y.data, Number).filter(
    (label, i) => label !== Number(clean.y.data[i]),
  ).length
  expect(wrong / 4000).toBeCloseTo(0.45, 1) // one in ten is right by chance
  expect(mislabelled(clean, 0.5).y.data).toEqual(noisy.y.data)
  expect(noisy.x).toBe(clean.x)
})

const learner = (options: object = {}) =>
  new Learner({
    model: deepNet({ depth: 2, width: 16 }),
    dataset: examples(640, 0),
    batchSize: 64,
    momentum: 0.9,
    ...options,
  })

test('a run leaves nothing behind for the next one', async () => {
  const used = learner()
  const plan = { seed: 1, steps: 15, lr: 0.1 } // one epoch and a half
  await used.learn({ seed: 2, steps: 7, lr: 1 })
  const again = await used.learn(plan)
  expect(again).toEqual(await learner().learn(plan))
  expect(again.losses).toHaveLength(15)
  expect(again.diverged).toBe(false)
  expect((await used.learn({ ...plan, seed: 3 })).losses).not.toEqual(again.losses)
})

test('a run does not depend on how many steps a part has', async () => {
  const used = learner()
  const plan = { seed: 0, steps: 12, lr: 0.1 }
  const whole = await used.learn(plan)
  const losses: number[] = []
  for await (const part of used.parts(plan, 5)) losses.push(...part.losses)
  expect(losses).toEqual(whole.losses)
})

test('weights decay where they were told to, by the decay of the run', async () => {
  const used = learner({ decayed: '^hidden' })
  const plan = { seed: 0, steps: 10, lr: 0.1 }
  const plain = await used.learn(plan)
  expect((await used.learn({ ...plan, weightDecay: 0.5 })).losses).not.toEqual(plain.losses)
  expect(await used.learn(plan)).toEqual(plain)
  expect((await learner().learn({ ...plan, weightDecay: 0.5 })).losses).toEqual(plain.losses)
})

test('a run that diverges says so, and counts as guessing', async () => {
  const used = learner({ model: deepNet({ depth: 4, width: 16, normalize: false }) })
  const plan = { seed: 0, steps: 20, lr: 100 }
  const { losses, diverged } = await used.learn(plan)
  expect(diverged).toBe(true)
  expect(losses.every((loss) => loss <= 1e3)).toBe(true)
  expect(await used.score(plan, examples(100, 1))).toEqual({ accuracy: 10, diverged: true })
})

test('a descent is that of SGD, from the start each time', async () => {
  const dataset = examples(640, 0)
  const net = deepNet({ depth: 2, width: 16 })
  const weights = [...net.hidden, net.out].flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight]))
  const descent = await Descent.of({
    net,
    weights: [...weights, ...net.norms.flatMap(({ weight, bias }) => [weight!, bias!])],
    dataset,
    batchSize: 64,
  })
  const plan = { seed: 1, steps: 12, lr: 0.1 }
  await descent.run({ ...plan, seed: 2, lr: 1 })
  const { loss, size } = await descent.run(plan)
  const { losses } = await learner({ momentum: 0 }).learn(plan)
  for (const [i, one] of losses.entries()) expect(loss[i]).toBeCloseTo(one, 4)
  expect(size).toHaveLength(12)
})
