import { data, type nn, schedule, train } from 'evenstep'
import type { Check, Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples, validation } from './support/digits.ts'
import { checkMean, interval, listed, logRatios, ratioOf, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import type { Net } from './support/net.ts'
import { greatest, type Numbers } from './support/numbers.ts'
import { part } from './support/progress.ts'

const batchSize = 128
const momenta = { quick: [0.01, 0.001], full: [0.1, 0.01, 0.001] } as const
const lrs = { quick: [0.5], full: [0.1, 0.5] } as const
const seeds = { quick: [0], full: twelve } as const
const lengths = { quick: 500, full: 800 } as const

const schedules = {
  constant: (lr: number) => schedule.constant(lr),
  linear: (lr: number, steps: number) =>
    schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
}

/** Running mean and variance of each channel. */
interface Channels {
  readonly mean: Numbers
  readonly variance: Numbers
}

const channelsOf = ({ runningMean, runningVar }: nn.BatchNorm): Channels => ({
  mean: (runningMean!.data as Float32Array).slice(),
  variance: (runningVar!.data as Float32Array).slice(),
})

/** KL(population ‖ running) of each channel, both modelled as normal. */
const divergences = (running: Channels, population: Channels): number[] =>
  Array.from(running.variance, (rv, c) => {
    const [s, d] = [population.variance[c]!, population.mean[c]! - running.mean[c]!]
    return 0.5 * (Math.log(rv / s) + (s + d * d) / rv - 1)
  })

/** How stale the running statistics of a finished run are. */
interface Staleness {
  /** The greatest KL of any channel. */
  readonly kl: number
  /** Accuracy gained by recalibration, in points. */
  readonly points: number
  /** Loss with running statistics divided by loss with recalibrated ones, minus 1. */
  readonly loss: number
}

async function staleness(
  net: Net,
  learner: Learner,
  dataset: data.Dataset,
  seed: number,
): Promise<Staleness> {
  const before = await learner.measure(validation())
  const running = net.norms.map(channelsOf)
  await train.recalibrate(net, data.loader(dataset, { batchSize: 400, seed }), { batches: 50 })
  const after = await learner.measure(validation())
  return {
    kl: greatest(net.norms.flatMap((norm, i) => divergences(running[i]!, channelsOf(norm)))),
    points: 100 * (after.accuracy! - before.accuracy!),
    loss: before.loss / after.loss - 1,
  }
}

/** One run per seed at one momentum, rate and schedule. */
async function runs(
  momentum: number,
  lr: number,
  kind: keyof typeof schedules,
  scale: Scale,
): Promise<readonly Staleness[]> {
  const dataset = examples(60_000, 0)
  const model = deepNet({ depth: 4, width: 128, momentum })
  const learner = new Learner({ model, dataset, batchSize, momentum: 0.9 })
  const found: Staleness[] = []
  const steps = lengths[scale]
  for (const seed of seeds[scale]) {
    const run = async (): Promise<Staleness> => {
      await learner.learn({ seed, steps, lr: schedules[kind](lr, steps) })
      return staleness(model, learner, dataset, seed)
    }
    found.push(await part([momentum, lr, kind, seed, steps], run))
  }
  return found
}

const kinds = [
  ['kl', 'greatest KL', 'nats'],
  ['points', 'gained by measuring anew', 'points'],
  ['loss', 'loss above that with fresh statistics', 'of it'],
] as const

/** Checks for statistics that soon forget their initial values: only their lag remains. */
function lagging(
  scale: Scale,
  which: string,
  constant: readonly Staleness[],
  linear: readonly Staleness[],
): Check[] {
  const fall = logRatios(
    constant.map(({ kl }) => kl),
    linear.map(({ kl }) => kl),
  )
  const above = constant.map(({ loss }) => 100 * loss)
  const left = linear.map(({ points }) => points)
  return [
    checkMean(
      scale,
      `${which}: KL is ${shown(ratioOf(interval(fall)), 1)} times smaller with a decaying rate, > 5`,
      fall,
      { above: Math.log(5) },
    ),
    checkMean(
      scale,
      `${which}: at a constant rate they put the loss ${shown(interval(above), 1)} % up, > 2`,
      above,
      { above: 2 },
    ),
    checkMean(
      scale,
      `${which}: after a decay, measuring anew moves accuracy by ${shown(interval(left))} points, < 0.3`,
      left,
      { above: -0.3, below: 0.3 },
    ),
  ]
}

/** Checks for statistics that still hold 0.999⁸⁰⁰ = 45 % of their initial values, or more: no schedule helps. */
const forgotten = (scale: Scale, which: string, ...arms: readonly (readonly Staleness[])[]): Check[] =>
  arms.map((runs, i) => {
    const gained = runs.map(({ points }) => points)
    const kind = ['constant', 'linear'][i]
    const what = `${which}, ${kind}: measuring anew gains ${shown(interval(gained))} points, > 3`
    return checkMean(scale, what, gained, { above: 3 })
  })

/** Checks for each momentum. At 0.1, statistics are as fresh as 50 large batches can resolve. */
const judged = { 0.1: () => [], 0.01: lagging, 0.001: forgotten } as const

export default {
  id: 'B15',
  title: 'A rate that decays to 0 lets running statistics catch up',
  source: 'Wu & Johnson 2021, arXiv 2105.07576, section 3; the dependence on the schedule is ours',
  says: 'Running statistics lag behind the weights, and more so the slower they are; recalibrated ones do not. A decaying rate stops the weights, so the statistics catch up.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const checks: Outcome['checks'][number][] = []
    for (const lr of lrs[scale]) {
      for (const momentum of momenta[scale]) {
        const constant = await runs(momentum, lr, 'constant', scale)
        const linear = await runs(momentum, lr, 'linear', scale)
        const which = `momentum ${momentum}, rate ${lr}`
        for (const [of, name, unit] of kinds) {
          const [a, b] = [constant, linear].map((runs) => interval(runs.map((run) => run[of])))
          measured.push(
            { name: `${name}, ${which}, constant`, value: listed(a!), unit },
            { name: `${name}, ${which}, linear`, value: listed(b!), unit },
          )
        }
        checks.push(...judged[momentum](scale, which, constant, linear))
      }
    }
    return { measured, checks }
  },
} satisfies Claim
