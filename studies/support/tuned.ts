import { data } from 'evenstep'
import type { Scale } from '../claim.ts'
import { validation } from './digits.ts'
import type { Learner, Plan } from './learner.ts'
import { mean } from './numbers.ts'
import { part } from './progress.ts'

/** A role of validation examples: rates are chosen on some of them, and results are judged on the others. */
export type Role = 'choosing' | 'judging'

/** Seeds that choose a rate, and fresh ones that judge it. */
export const seedsOf = (scale: Scale): Readonly<Record<Role, readonly number[]>> =>
  scale === 'quick'
    ? { choosing: [100], judging: [0] }
    : { choosing: [100, 101], judging: Array.from({ length: 12 }, (_, seed) => seed) }

/** The half of the 10,000 validation digits that has this role. */
export function digitsFor(role: Role): data.Dataset {
  const all = validation()
  const from = role === 'choosing' ? 0 : all.length / 2
  return data.subset(
    all,
    Int32Array.from({ length: all.length / 2 }, (_, i) => from + i),
  )
}

/** Rates from 10^(from/2) to 10^(to/2), half a decade apart. */
export const halfDecades = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** ((from + i) / 2)).toPrecision(2)))

/** A rate and the scores of fresh seeds at it. Lower is better; infinite for a run that diverged. */
export interface Tuned {
  readonly lr: number
  readonly scores: readonly number[]
}

/** Returns the score of one run. */
export type Score = (lr: number, seed: number, role: Role) => Promise<number>

/**
 * Chooses the rate with the best geometric mean over some seeds, then scores it with fresh ones. A best rate at an end
 * of the rates extends them, at most three times.
 *
 * @param name tells these runs from the experiment's others, so that it can be resumed
 */
export async function tuned(
  name: string,
  score: Score,
  lrs: readonly number[],
  scale: Scale,
): Promise<Tuned> {
  const seeds = seedsOf(scale)
  const means = new Map<number, number>()
  const at = async (lr: number): Promise<void> => {
    means.set(lr, mean((await scoresOf(name, score, lr, seeds.choosing, 'choosing')).map(Math.log)))
  }
  if (lrs.length === 1 && scale === 'quick')
    return { lr: lrs[0]!, scores: await judged(name, score, lrs[0]!, scale) }
  for (const lr of lrs) await at(lr)
  for (let more = scale === 'full' ? 3 : 0; more > 0; more--) {
    const [lowest, highest] = [Math.min(...means.keys()), Math.max(...means.keys())]
    const best = bestOf(means)
    if (best !== lowest && best !== highest) break
    await at(Number((best === lowest ? best / Math.sqrt(10) : best * Math.sqrt(10)).toPrecision(2)))
  }
  const lr = bestOf(means)
  return { lr, scores: await scoresOf(name, score, lr, seeds.judging, 'judging') }
}

/** Scores fresh seeds at a rate that nothing chose. */
export const judged = (name: string, score: Score, lr: number, scale: Scale): Promise<readonly number[]> =>
  scoresOf(name, score, lr, seedsOf(scale).judging, 'judging')

async function scoresOf(
  name: string,
  score: Score,
  lr: number,
  seeds: readonly number[],
  role: Role,
): Promise<number[]> {
  const scores: number[] = []
  for (const seed of seeds) {
    const found = await part([name, lr, seed, role], () => score(lr, seed, role))
    scores.push(Number.isFinite(found) ? found : Number.POSITIVE_INFINITY)
  }
  return scores
}

const bestOf = (means: ReadonlyMap<number, number>): number =>
  [...means].reduce((a, b) => (b[1] < a[1] ? b : a))[0]

/** Returns a score: the loss after a run on the digits with the run's role; infinite if the run diverged. */
export const finalLoss =
  (learner: Learner, plan: (lr: number) => Omit<Plan, 'seed'>): Score =>
  async (lr, seed, role) => {
    const { diverged } = await learner.learn({ ...plan(lr), seed })
    return diverged ? Number.POSITIVE_INFINITY : (await learner.measure(digitsFor(role))).loss
  }
