import { type optim, schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { finalLoss, halfDecades, type Tuned, tuned } from './support/tuned.ts'

type Make = (lr: number, steps: number) => optim.Hyperparameter

const schedules = {
  't/(t + 1)': (lr) => schedule.lambda(lr, 'step / (step + 1)'),
  constant: (lr) => lr,
  linear: (lr, steps) => schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
  cosine: (lr, steps) => schedule.cosineAnnealing(lr, { tMax: steps }),
  'one-cycle': (lr, steps) => schedule.oneCycle(lr, { totalSteps: steps }),
} as const satisfies Readonly<Record<string, Make>>
type Name = keyof typeof schedules

const sizes = {
  quick: { names: ['t/(t + 1)', 'linear'], steps: 150, places: ['after'], lrs: [0.3] },
  full: {
    names: Object.keys(schedules) as Name[],
    steps: 1000,
    places: ['after', 'before'],
    lrs: halfDecades(-1, 1),
  },
} as const satisfies Readonly<Record<Scale, object>>

/** The loss of each schedule at its best rate. */
async function arm(place: 'before' | 'after', scale: Scale): Promise<ReadonlyMap<Name, Tuned>> {
  const { names, steps, lrs } = sizes[scale]
  const learner = new Learner({ model: mlp({ place }), dataset: examples(60_000, 0), batchSize: 64 })
  const found = new Map<Name, Tuned>()
  for (const name of names) {
    const score = finalLoss(learner, (lr) => ({ lr: schedules[name](lr, steps), steps }))
    found.set(name, await tuned(`${place} ${name}`, score, lrs, scale))
  }
  return found
}

export default {
  id: 'B22',
  title: "The article's schedule and its place of the normalization are not the best ones",
  source: 'the article; for the place, Ioffe & Szegedy 2015, arXiv 1502.03167, section 3.2',
  says: 'A factor t/(t + 1) is a constant rate after a few steps: schedules that decay to 0 end at a lower loss. Ioffe and Szegedy normalize before the activation, the article after it.',
  async run(scale: Scale): Promise<Outcome> {
    const { places, names } = sizes[scale]
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    const arms = new Map<string, ReadonlyMap<Name, Tuned>>()
    for (const place of places) arms.set(place, await arm(place, scale))
    for (const [place, found] of arms) {
      for (const [name, { lr, scores }] of found) {
        measured.push({ name: `test loss, BN ${place} ReLU, ${name} from ${lr}`, value: mean(scores) })
      }
      const own = found.get('t/(t + 1)')!.scores
      for (const [name, { scores }] of found) {
        if (name === 't/(t + 1)') continue
        const wanted = name === 'constant' ? undefined : 'above 1'
        effects.push(effect(`BN ${place} ReLU: test loss, t/(t + 1) to ${name}`, own, scores, wanted))
      }
    }
    const [after, before] = [arms.get('after')!, arms.get('before')]
    for (const name of before ? names : []) {
      effects.push(
        effect(
          `${name}: test loss, BN after ReLU to before`,
          after.get(name)!.scores,
          before!.get(name)!.scores,
          'above 1',
        ),
      )
    }
    const most = Math.max(...[...after.values()].flatMap(({ scores }) => scores))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every schedule trains at its best rate: the greatest loss is ${short(most)} < 1`, most < 1),
      ],
    }
  },
} satisfies Claim
