import { schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { controlled } from './support/controlled.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { digitsFor, finalLoss, halfDecades, type Score, type Tuned, tuned } from './support/tuned.ts'

/** Measurements in a run: one for each 2 % of it. */
const measurements = 50

/** Schedules that follow the loss, with patience as a percentage of the run. */
const followers = {
  'plateau, 4 %': () => schedule.reduceOnPlateau({ patience: 2, factor: 0.3 }),
  'plateau, 10 %': () => schedule.reduceOnPlateau({ patience: 5, factor: 0.3 }),
  'plateau, 20 %': () => schedule.reduceOnPlateau({ patience: 10, factor: 0.3 }),
  'greedy, 4 %': () => schedule.greedy({ patience: 2, factor: 0.7 }),
} as const

const fixed = {
  linear: (lr: number, steps: number) =>
    schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
  cosine: (lr: number, steps: number) => schedule.cosineAnnealing(lr, { tMax: steps }),
  constant: (lr: number) => schedule.constant(lr),
} as const

const sizes = {
  quick: { steps: 100, followers: ['plateau, 4 %'], fixed: ['linear'], lrs: [0.3], kinds: ['batch'] },
  full: {
    steps: 1000,
    followers: Object.keys(followers) as (keyof typeof followers)[],
    fixed: Object.keys(fixed) as (keyof typeof fixed)[],
    lrs: halfDecades(-1, 1),
    kinds: ['batch', 'none'],
  },
} as const satisfies Readonly<Record<Scale, object>>

async function arm(normalization: 'batch' | 'none', scale: Scale): Promise<ReadonlyMap<string, Tuned>> {
  const { steps, lrs, ...names } = sizes[scale]
  const model = mlp({ normalization })
  const learner = new Learner({ model, dataset: examples(60_000, 0), batchSize: 64 })
  const of = { learner, validation: validation(1000), refresh: undefined }
  const found = new Map<string, Tuned>()
  for (const name of names.followers) {
    const score: Score = async (lr, seed, role) => {
      const plan = { seed, lr, steps, every: steps / measurements }
      const { loss } = await controlled(of, followers[name](), plan, 'as they are')
      return Number.isFinite(loss) ? (await learner.measure(digitsFor(role))).loss : loss
    }
    found.set(name, await tuned(`${normalization} ${name}`, score, lrs, scale))
  }
  for (const name of names.fixed) {
    const score = finalLoss(learner, (lr) => ({ lr: fixed[name](lr, steps), steps }))
    found.set(name, await tuned(`${normalization} ${name}`, score, lrs, scale))
  }
  return found
}

export default {
  id: 'L2',
  title: 'A schedule that follows the loss ends above a fixed decay of equal length',
  source: 'our question; patience in percent of the run',
  says: 'Plateau and greedy schedules lose some of the run waiting. From its best rate, each ends at a greater test loss than a linear or a cosine decay of as many steps, and at a lower one than a constant rate.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const kind of sizes[scale].kinds) {
      const found = await arm(kind, scale)
      for (const [name, { lr, scores }] of found) {
        measured.push({ name: `test loss, ${kind}, ${name} from ${lr}`, value: mean(scores) })
      }
      for (const name of sizes[scale].followers) {
        const { scores } = found.get(name)!
        for (const to of sizes[scale].fixed) {
          const wanted = to === 'constant' ? 'below 1' : 'above 1'
          effects.push(effect(`${kind}: test loss, ${name} to ${to}`, scores, found.get(to)!.scores, wanted))
        }
      }
    }
    const most = Math.max(...measured.map(({ value }) => value as number))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every arm learns: the greatest mean loss is ${short(most)} < 1`, most < 1),
      ],
    }
  },
} satisfies Claim
