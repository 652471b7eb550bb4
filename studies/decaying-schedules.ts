import { schedule } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { checkMean, differences, interval, listed, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { mean } from './support/numbers.ts'
import { best, type Point, sweep } from './support/sweep.ts'

type Make = (lr: number, steps: number) => schedule.Schedule

/** Schedules that do not decay to 0 by the end of the budget, or do so more than once. */
const others = {
  constant: (lr) => schedule.constant(lr),
  step: (lr, steps) => schedule.multiStep(lr, { milestones: [steps / 2, 0.75 * steps], gamma: 0.1 }),
  exponential: (lr, steps) => schedule.exponential(lr, { gamma: 0.05 ** (1 / steps) }),
  inverseSqrt: (lr, steps) => schedule.inverseSqrt(lr, { timescale: steps / 20 }),
  restarts: (lr, steps) => schedule.cosineAnnealingWarmRestarts(lr, { t0: Math.ceil(steps / 3) }),
} as const satisfies Readonly<Record<string, Make>>

/** Schedules that decay to 0 at the end of the budget. */
const decaying = {
  cosine: (lr, steps) => schedule.cosineAnnealing(lr, { tMax: steps }),
  linear: (lr, steps) => schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
  warmupLinear: (lr, steps) =>
    schedule.warmupStableDecay(lr, { warmupSteps: 0.05 * steps, stableSteps: 0, decaySteps: 0.95 * steps }),
  warmupStableDecay: (lr, steps) =>
    schedule.warmupStableDecay(lr, { stableSteps: 0.8 * steps, decaySteps: 0.2 * steps }),
  rex: (lr, steps) => schedule.rex(lr, { totalSteps: steps }),
  oneCycle: (lr, steps) => schedule.oneCycle(lr, { totalSteps: steps }),
} as const satisfies Readonly<Record<string, Make>>

const makes: Readonly<Record<string, Make>> = { ...others, ...decaying }

interface Size {
  readonly steps: number
  readonly seeds: readonly number[]
  readonly lrs: { readonly norm: readonly number[]; readonly plain: readonly number[] }
  readonly names: readonly string[]
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: {
    steps: 400,
    seeds: [0, 1],
    lrs: { norm: [0.1], plain: [0.03] },
    names: ['constant', 'cosine', 'linear', 'rex'],
  },
  full: {
    steps: 400,
    seeds: twelve,
    lrs: { norm: [0.01, 0.02, 0.05, 0.1, 0.2], plain: [0.005, 0.01, 0.02, 0.05, 0.1] },
    names: Object.keys(makes),
  },
}

/** Each schedule's result at its best rate. */
async function arm(
  normalize: boolean,
  { steps, seeds, lrs, names }: Size,
): Promise<ReadonlyMap<string, Point>> {
  const learner = new Learner({
    model: deepNet({ depth: 4, normalize }),
    dataset: examples(60_000, 0),
    batchSize: 32,
    momentum: 0.9,
  })
  const rates = normalize ? lrs.norm : lrs.plain
  const found = new Map<string, Point>()
  for (const name of names) {
    const plan = (lr: number) => ({ lr: makes[name]!(lr, steps), steps })
    found.set(name, best(await sweep(`${name}, ${normalize}`, learner, rates, seeds, plan)))
  }
  return found
}

/** The name among `names` with the best mean. */
const bestOf = (found: ReadonlyMap<string, Point>, names: readonly string[]): string =>
  names.filter((name) => found.has(name)).reduce((a, b) => (meanOf(found, b) > meanOf(found, a) ? b : a))
const meanOf = (found: ReadonlyMap<string, Point>, name: string): number => mean(found.get(name)!.accuracies)

/** How many points schedule `a` is ahead of `b`, each at its best rate. */
const ahead = (found: ReadonlyMap<string, Point>, a: string, b: string): number[] =>
  differences(found.get(a)!.accuracies, found.get(b)!.accuracies)

const text = (gaps: readonly number[]): string => shown(interval(gaps))

export default {
  id: 'B20',
  title: 'With a small budget, a rate that decays to 0 beats a constant one',
  source: 'Li, Yumer & Ramanan 2020, arXiv 1905.04753; Defazio et al. 2023, arXiv 2310.07831',
  says: 'For any number of steps, a linear decay of the rate to 0 over them is as good as any other schedule, and better than a constant rate.',
  async run(scale: Scale): Promise<Outcome> {
    const size = sizes[scale]
    const measured: Outcome['measured'][number][] = []
    const checks: Outcome['checks'][number][] = []
    for (const normalize of [true, false]) {
      const which = normalize ? 'BN' : 'no BN'
      const found = await arm(normalize, size)
      const top = bestOf(found, Object.keys(decaying))
      const gain = ahead(found, top, 'constant')
      const linear = ahead(found, 'linear', 'constant')
      const line = ahead(found, 'linear', 'cosine')
      measured.push(
        ...[...found].map(([name, { lr, accuracies }]) => ({
          name: `accuracy, ${which}, ${name} from ${lr}`,
          value: listed(interval(accuracies)),
          unit: '%',
        })),
        { name: `${top} − constant, ${which}`, value: listed(interval(gain)), unit: 'points' },
        { name: `linear − cosine, ${which}`, value: listed(interval(line)), unit: 'points' },
      )
      const wanted = scale === 'full' ? 0.5 : 0.2
      checks.push(
        checkMean(
          scale,
          `${which}: ${top}, the best that decays, is ${text(gain)} points above constant, > ${wanted}`,
          gain,
          { above: wanted },
        ),
        checkMean(scale, `${which}: linear is ${text(linear)} points above constant, > 0`, linear, {
          above: 0,
        }),
        checkMean(scale, `${which}: linear − cosine is ${text(line)} points, > −0.3`, line, { above: -0.3 }),
      )
    }
    return { measured, checks, remark: 'Each schedule at the best of its rates: 400 steps of 32 digits.' }
  },
} satisfies Claim
