import { data } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { digitsFor, halfDecades, type Role, type Score, seedsOf, tuned } from './support/tuned.ts'

/** Few examples, drawn anew for each seed, and the many others that measure what was learnt. */
interface Problem {
  readonly inputs: number
  readonly classes: number
  /** The training loss at which test losses are compared. */
  readonly target: number
  draw(seed: number, role: Role): { readonly few: data.Dataset; readonly others: data.Dataset }
}

const problems: Readonly<Record<'digits' | 'tumours', Problem>> = {
  digits: {
    inputs: 100,
    classes: 10,
    target: 0.05,
    draw: (seed, role) => ({ few: examples(500, seed), others: digitsFor(role) }),
  },
  tumours: {
    inputs: 30,
    classes: 2,
    target: 0.03,
    draw(seed) {
      const halves = data.split(data.breastCancer(), { validation: 0.5, seed, stratify: true })
      const { train, validation } = data.normalize(halves, { per: 'feature' })
      const few = data.subset(
        train,
        Int32Array.from({ length: 250 }, (_, i) => i),
      )
      return { few, others: validation }
    },
  },
}

/** Test loss when the training loss first is at the target, and how far it then rises by the end. */
interface Course {
  readonly equal: number
  readonly rise: number
}

async function course(
  learner: Learner,
  { target, draw }: Problem,
  lr: number,
  seed: number,
  role: Role,
  steps: number,
): Promise<Course> {
  const { few, others } = draw(seed, role)
  let [equal, least, last] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN]
  for await (const { diverged } of learner.parts({ seed, lr, steps, dataset: few }, 20)) {
    if (diverged) return { equal: Number.POSITIVE_INFINITY, rise: Number.POSITIVE_INFINITY }
    last = (await learner.measure(others)).loss
    least = Math.min(least, last)
    if (equal === Number.POSITIVE_INFINITY && (await learner.measure(few)).loss <= target) equal = last
  }
  return { equal, rise: last / least }
}

const kinds = ['none', 'layer', 'batch'] as const
type Kind = (typeof kinds)[number]
interface Arm {
  readonly lr: number
  readonly equal: readonly number[]
  readonly rise: readonly number[]
}

async function arm(problem: Problem, normalization: Kind, scale: Scale): Promise<Arm> {
  const { inputs, classes } = problem
  const steps = scale === 'full' ? 400 : 100
  const learner = new Learner({
    model: mlp({ depth: 2, normalization, inputs, classes }),
    dataset: problem.draw(0, 'choosing').few,
    batchSize: 50,
  })
  const score: Score = async (lr, seed, role) => (await course(learner, problem, lr, seed, role, steps)).equal
  const { lr, scores } = await tuned(
    `${inputs} ${normalization}`,
    score,
    scale === 'full' ? halfDecades(-2, 0) : [0.3],
    scale,
  )
  const rise: number[] = []
  for (const seed of scale === 'full' ? seedsOf(scale).judging : []) {
    rise.push((await course(learner, problem, lr, seed, 'judging', steps)).rise)
  }
  return { lr, equal: scores, rise }
}

export default {
  id: 'B24',
  title: 'Batch normalization overfits less on small data',
  source: 'the article; Ioffe & Szegedy 2015, arXiv 1502.03167, section 3.4',
  says: 'BN regularizes: at an equal training loss, a net trained with it has a lower test loss, and training on raises the test loss less.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const name of scale === 'full' ? (['digits', 'tumours'] as const) : (['tumours'] as const)) {
      const problem = problems[name]
      const arms = new Map<Kind, Arm>()
      for (const kind of scale === 'full' ? kinds : (['none', 'batch'] as const)) {
        arms.set(kind, await arm(problem, kind, scale))
      }
      for (const [kind, { lr, equal }] of arms) {
        measured.push({
          name: `${name}: test loss at a training loss of ${problem.target}, ${kind}, rate ${lr}`,
          value: mean(equal),
        })
      }
      const batch = arms.get('batch')!
      for (const [kind, { equal, rise }] of arms) {
        if (kind === 'batch') continue
        const wanted = kind === 'none' ? 'below 1' : undefined
        effects.push(
          effect(`${name}: test loss at an equal training loss, BN to ${kind}`, batch.equal, equal, wanted),
        )
        if (rise.length > 0)
          effects.push(
            effect(
              `${name}: rise of the test loss from its least to the end, BN to ${kind}`,
              batch.rise,
              rise,
              wanted,
            ),
          )
      }
    }
    const most = Math.max(...measured.map(({ value }) => value as number))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(
          `every arm reaches the training loss; the greatest mean test loss is ${short(most)} < 1`,
          most < 1,
        ),
      ],
    }
  },
} satisfies Claim
