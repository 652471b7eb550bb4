import { data, nn, schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { controlled } from './support/controlled.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect, finite } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { exhausted, firstFire, noiseOf, patienceFor } from './support/patience.ts'
import { part } from './support/progress.ts'
import { digitsFor, halfDecades, judged, type Role, type Score, seedsOf, tuned } from './support/tuned.ts'

/** Measurements in a run, and the length of a long and a short patience among them: 20 % and 4 % of the run. */
const measurements = 50
const [long, brief] = [10, 2]

/** A problem on which the rule, which was made without any data, is tried. */
interface Problem {
  readonly steps: number
  readonly batchSize: number
  readonly lrs: readonly number[]
  /** Numbers of validation examples: few for noisy measurements, many for quiet ones. */
  readonly sizes: readonly number[]
  model(): nn.Module
  /** Examples to train by, to validate by, of which a run sees the first few, and to test by. */
  parts(seed: number, role: Role): Readonly<Record<'train' | 'validation' | 'test', data.Dataset>>
}

const slice = (from: data.Dataset, start: number, end: number): data.Dataset =>
  data.subset(
    from,
    Int32Array.from({ length: end - start }, (_, i) => start + i),
  )

const digits = (normalization: 'batch' | 'none'): Problem => ({
  steps: 600,
  batchSize: 64,
  lrs: halfDecades(-1, 1),
  sizes: normalization === 'batch' ? [100, 1000] : [100],
  model: () => mlp({ depth: 2, normalization }),
  parts(_, role) {
    const half = digitsFor(role)
    return { train: examples(60_000, 0), validation: slice(half, 0, 1000), test: slice(half, 1000, 5000) }
  },
})

let letters: Record<'train' | 'validation' | 'test', data.Dataset> | undefined

const names: Problem = {
  steps: 600,
  batchSize: 64,
  lrs: halfDecades(-1, 1),
  sizes: [200, 2000],
  model: () =>
    new nn.Sequential(new nn.Embedding(27, 10), new nn.Flatten(), mlp({ depth: 2, inputs: 30, classes: 27 })),
  parts() {
    const list = data.names()
    const of = (keep: (i: number) => boolean): data.Dataset =>
      data.nextCharacter(
        list.filter((_, i) => keep(i)),
        { context: 3 },
      )
    letters ??= {
      train: of((i) => i % 10 > 1),
      validation: slice(
        of((i) => i % 10 === 0),
        0,
        2000,
      ),
      test: slice(
        of((i) => i % 10 === 1),
        0,
        8000,
      ),
    }
    return letters
  },
}

const tumours: Problem = {
  steps: 400,
  batchSize: 32,
  lrs: halfDecades(-2, 0),
  sizes: [60],
  model: () => mlp({ depth: 2, inputs: 30, classes: 2 }),
  parts(seed) {
    const halves = data.split(data.breastCancer(), { validation: 0.5, seed, stratify: true })
    const { train, validation } = data.normalize(halves, { per: 'feature' })
    return { train, validation: slice(validation, 0, 60), test: slice(validation, 60, validation.length) }
  },
}

const problems = {
  'digits, BN': digits('batch'),
  'digits, no BN': digits('none'),
  'names, BN': names,
  'tumours, BN': tumours,
}

/** Runs of one problem that is validated on `size` examples. */
function arena({ steps, batchSize, model, parts }: Problem, size: number) {
  const learner = new Learner({ model: model(), dataset: parts(0, 'choosing').train, batchSize })
  const every = steps / measurements
  const plateau =
    (patience: number): Score =>
    async (lr, seed, role) => {
      const { train, validation, test } = parts(seed, role)
      const of = { learner, validation: slice(validation, 0, size), refresh: undefined }
      const controller = schedule.reduceOnPlateau({ patience, factor: 0.3 })
      const plan = { seed, lr, steps, every, dataset: train }
      const { loss } = await controlled(of, controller, plan, 'as they are')
      return Number.isFinite(loss) ? (await learner.measure(test)).loss : loss
    }
  /** Validation losses at a constant rate, and test losses, at each measurement. */
  const courses = async (lr: number, seed: number, role: Role) => {
    const { train, validation, test } = parts(seed, role)
    const [few, many] = [slice(validation, 0, size), slice(test, 0, Math.min(500, test.length))]
    const [seen, true_]: [number[], number[]] = [[], []]
    for await (const { diverged } of learner.parts({ seed, lr, steps, dataset: train }, every)) {
      if (diverged) break
      seen.push((await learner.measure(few)).loss)
      true_.push((await learner.measure(many)).loss)
    }
    return { seen, true: true_ }
  }
  return { plateau, courses }
}

/** Whether the test loss, at a constant rate, falls on by its own size per run or faster after a patience is exhausted. */
function isEarly({ seen, true: losses }: Record<'seen' | 'true', readonly number[]>, patience: number) {
  const at = firstFire(seen, patience) + 1
  const [before, after] = [losses.slice(Math.max(0, at - 8), at), losses.slice(at, at + 8)]
  if (after.length < 8) return false
  return mean(before) - mean(after) > (8 / measurements) * mean(after)
}

/** One problem with one number of validation examples. */
async function tried(which: string, problem: Problem, size: number, scale: Scale) {
  const { plateau, courses } = arena(problem, size)
  const name = `${which}, ${size} examples`
  const choice = scale === 'full' ? problem.lrs : [problem.lrs[1]!]
  const { lr, scores } = await tuned(`${name} ${long}`, plateau(long), choice, scale)
  const course = (seed: number, role: Role) => part([name, 'course', lr, seed], () => courses(lr, seed, role))
  const pilot = (await course(seedsOf(scale).choosing[0]!, 'choosing')).seen.slice(measurements / 2)
  const noise = noiseOf(pilot)
  const patience = patienceFor(noise, mean(pilot) / measurements)
  const arms = new Map([[long, scores]])
  for (const p of scale === 'full' ? [patience, brief] : [patience]) {
    if (!arms.has(p)) arms.set(p, await judged(`${name} ${p}`, plateau(p), lr, scale))
  }
  const early = new Map([patience, brief, long].map((p) => [p, 0]))
  for (const seed of seedsOf(scale).judging) {
    const found = await course(seed, 'judging')
    for (const [p, count] of early) early.set(p, count + Number(isEarly(found, p)))
  }
  return { name, lr, noise: noise / mean(pilot), patience, arms, early }
}

const falls = [2, 1, 0.5, 0.2, 0.1]

/** Whether keeping a patience that never fires early was worth it. */
function remarkOn(
  effects: readonly Effect[],
  [early, hasty, runs]: readonly [number, number, number],
): string {
  const higher = effects.filter((one) => mean(finite(one)) > 0).length
  return `A patience by the rule fires while the loss still falls in ${early} of ${runs} runs, a patience of ${brief} in ${hasty}. Yet ${higher} of the ${effects.length} ratios of test losses are above 1: not to fire early is one thing, to end low another. Where measurements are noisy, the rule waits for most of the run.`
}

export default {
  id: 'L3',
  title: 'Patience should be three times the noise of the loss by its fall per measurement',
  source: 'our question; the rule is derived for a straight loss with normal noise',
  says: 'If a loss falls by δ per measurement, and measurements scatter by s about this trend, a patience of ⌈3s/δ⌉ measurements is exhausted while the loss still falls in at most 5 % of runs. Whether waiting is worth it is up to δ: with the loss itself by the length of the run, patience is 3s/loss of the run. So a small validation set, which is noisier, needs more patience. From a pilot’s s, a plateau schedule ends at a lower test loss than with 4 % and than with 20 % of the run.',
  async run(scale: Scale): Promise<Outcome> {
    const series = scale === 'full' ? 4000 : 200
    const shares = falls.map((fall) => exhausted(fall, patienceFor(1, fall), measurements, series))
    const less = falls.map((fall) => exhausted(fall, Math.floor(1 / fall), measurements, series))
    const measured: Outcome['measured'][number][] = [
      { name: 'falls per measurement, by the noise', value: falls },
      { name: 'share of series that exhaust ⌈3s/δ⌉', value: shares, expected: '≤ 0.05' },
      { name: 'share of series that exhaust ⌊s/δ⌋', value: less },
    ]
    const effects: Effect[] = []
    let [runs, early, hasty] = [0, 0, 0]
    for (const which of Object.keys(problems) as (keyof typeof problems)[]) {
      if (scale === 'quick' && which !== 'tumours, BN') continue
      for (const size of problems[which].sizes) {
        const found = await tried(which, problems[which], size, scale)
        const { name, lr, noise, patience, arms } = found
        measured.push({ name: `${name}: noise by the loss`, value: noise, unit: '' })
        measured.push({ name: `${name}: patience by the rule`, value: patience, unit: 'measurements' })
        for (const [p, scores] of arms) {
          measured.push({ name: `${name}: test loss, patience ${p}, rate ${lr}`, value: mean(scores) })
        }
        const mine = arms.get(patience)!
        for (const p of scale === 'full' ? [brief, long] : []) {
          if (p === patience) continue
          const title = `${name}: test loss, patience ${patience} by the rule to ${p}`
          effects.push(effect(title, mine, arms.get(p)!, 'below 1'))
        }
        runs += seedsOf(scale).judging.length
        early += found.early.get(patience)!
        hasty += found.early.get(brief)!
      }
    }
    measured.push({
      name: 'runs in which the patience of the rule, and 2, end too early',
      value: [early, hasty],
    })
    return {
      measured,
      effects,
      ...(scale === 'full' && { remark: remarkOn(effects, [early, hasty, runs]) }),
      checks: [
        check(
          `at most ${short(Math.max(...shares))} of series exhaust the patience, ≤ 0.055`,
          Math.max(...shares) <= 0.055,
        ),
        check(`with a third of it, at least ${short(Math.min(...less))} do, > 0.3`, Math.min(...less) > 0.3),
        check(
          `with the rule, ${early} of ${runs} runs fire while the loss still falls, ≤ 5 %`,
          early <= 0.05 * runs,
        ),
        ...checksOf(scale, effects),
      ],
    }
  },
} satisfies Claim
