import { type optim, schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { part } from './support/progress.ts'
import { seedsOf } from './support/tuned.ts'

const lengths = { quick: 50, full: 400 } as const
/** Steps after the run that show whether it stopped too early: the rate is raised again and falls to 0. */
const extra = 0.2

const linear = (lr: number, steps: number) =>
  schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps })

/** Schedules of equal length from a base rate. */
const schedules = {
  linear,
  constant: (lr: number) => schedule.constant(lr),
  'too early': (lr: number, steps: number) =>
    schedule.multiStep(lr, { milestones: [0.1 * steps, 0.2 * steps], gamma: 0.1 }),
  'too slow': (lr: number, steps: number) => linear(lr / 30, steps),
} as const
type Name = keyof typeof schedules

interface Course {
  /** Validation loss at the end. */
  readonly end: number
  /** Mean absolute change of the loss from one measurement to the next in the last fifth of the run. */
  readonly jumps: number
  /** The end's loss over that after some more steps at a rate that was raised again. */
  readonly left: number
}

async function course(
  learner: Learner,
  name: Name,
  base: number,
  seed: number,
  steps: number,
): Promise<Course> {
  const own = schedules[name](base, steps)
  const more = extra * steps
  const lr: optim.Hyperparameter = (step) => (step < steps ? own(step) : base * (1 - (step - steps) / more))
  const every = steps / 50
  const losses: number[] = []
  for await (const { diverged } of learner.parts({ seed, steps: steps + more, lr }, every)) {
    if (diverged) return { end: Number.NaN, jumps: Number.NaN, left: Number.NaN }
    losses.push((await learner.measure(validation(steps > 50 ? 1000 : 200))).loss)
  }
  const end = losses[49]!
  const tail = losses.slice(39, 50)
  return {
    end,
    jumps: mean(tail.slice(1).map((loss, i) => Math.abs(loss - tail[i]!))),
    left: end / losses.at(-1)!,
  }
}

const rates = { batch: 1, none: 0.3 } as const

async function arm(kind: keyof typeof rates, scale: Scale): Promise<ReadonlyMap<Name, readonly Course[]>> {
  const learner = new Learner({
    model: mlp({ normalization: kind }),
    dataset: examples(60_000, 0),
    batchSize: 64,
  })
  const found = new Map<Name, Course[]>()
  for (const name of scale === 'full'
    ? (Object.keys(schedules) as Name[])
    : (['linear', 'constant'] as const)) {
    const courses: Course[] = []
    for (const seed of seedsOf(scale).judging) {
      courses.push(
        await part([kind, name, seed], () => course(learner, name, rates[kind], seed, lengths[scale])),
      )
    }
    found.set(name, courses)
  }
  return found
}

export default {
  id: 'B26',
  title: 'A decaying schedule stabilizes the end of a run, and one that is badly timed can be recognized',
  source: 'the article; Li, Yumer & Ramanan 2020, arXiv 1905.04753',
  says: 'With a decaying rate the loss jumps less at the end than at a constant one. A rate that falls too early, or is too low, ends at a greater loss; one knows it by a few more steps at a raised rate, which then lower the loss by more than after a well-timed schedule.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const kind of scale === 'full' ? (['batch', 'none'] as const) : (['batch'] as const)) {
      const found = await arm(kind, scale)
      const of = (name: Name, field: keyof Course): number[] =>
        found.get(name)!.map((course) => course[field])
      for (const name of found.keys()) {
        measured.push(
          { name: `${kind}, ${name}: loss at the end`, value: mean(of(name, 'end')) },
          { name: `${kind}, ${name}: jumps of the loss at the end`, value: mean(of(name, 'jumps')) },
          { name: `${kind}, ${name}: loss divided by that after more steps`, value: mean(of(name, 'left')) },
        )
      }
      const ratio = (
        name: Name,
        to: Name,
        field: keyof Course,
        what: string,
        wanted: Effect['wanted'],
      ): Effect => effect(`${kind}: ${what}, ${name} to ${to}`, of(name, field), of(to, field), wanted)
      effects.push(ratio('linear', 'constant', 'jumps', 'jumps of the loss at the end', 'below 1'))
      for (const name of (['too early', 'too slow'] as const).filter((name) => found.has(name))) {
        effects.push(ratio(name, 'linear', 'end', 'loss at the end', 'above 1'))
        effects.push(ratio(name, 'linear', 'left', 'gain of more steps', 'above 1'))
      }
    }
    const jumps = mean(
      measured.filter(({ name }) => name.includes('linear: jumps')).map(({ value }) => value as number),
    )
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`with a linear decay the loss jumps by ${short(jumps)} < 0.02`, jumps < 0.02),
      ],
    }
  },
} satisfies Claim
