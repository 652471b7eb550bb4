import { study } from 'evenstep'
import { chosenArm, looks, type TrainedArm } from './arms.ts'
import type { MainNorm } from './cell.ts'
import { type Bootstrapped, bootstrapped } from './patients.ts'
import type { Window } from './windows.ts'

/** A question that each cell answers. */
export interface Question {
  readonly id: string
  /** What is compared, in a few words. */
  readonly title: string
  /** What the values are: logarithms of ratios of test losses or of rates, or decades. */
  readonly unit: 'loss' | 'rate' | 'decades'
  readonly claimed: study.Claimed
  /** Whether the arms that are compared get further seeds where the answer is open. */
  readonly grows: boolean
}

const below = { below: 0 }

/** The questions, in the order of the tables. */
export const questions: readonly Question[] = [
  { id: 'batch', title: 'BN against none', unit: 'loss', claimed: below, grows: true },
  { id: 'layer', title: 'layer norm against none', unit: 'loss', claimed: below, grows: true },
  {
    id: 'schedule-batch',
    title: 'best schedule against constant, BN',
    unit: 'loss',
    claimed: below,
    grows: true,
  },
  {
    id: 'schedule-none',
    title: 'best schedule against constant, none',
    unit: 'loss',
    claimed: below,
    grows: true,
  },
  {
    id: 'interaction',
    title: 'gain from the schedule, BN against none',
    unit: 'loss',
    claimed: below,
    grows: true,
  },
  {
    id: 'plateau-batch',
    title: 'plateau against the best fixed, BN',
    unit: 'loss',
    claimed: below,
    grows: true,
  },
  {
    id: 'plateau-none',
    title: 'plateau against the best fixed, none',
    unit: 'loss',
    claimed: below,
    grows: true,
  },
  { id: 'rates', title: 'best rate, BN against none', unit: 'rate', claimed: { above: 0 }, grows: false },
  {
    id: 'windows',
    title: 'width of the window, BN minus none',
    unit: 'decades',
    claimed: { above: 0 },
    grows: false,
  },
]

/** An answer: one value per seed on which nothing diverged, judged. */
export interface Effect {
  readonly question: Question
  readonly values: readonly number[]
  readonly judged: study.Judgement
  /** The p-value after Holm's correction for the questions of the cell. */
  readonly corrected: number
  /** The arms that are compared, if two are. */
  readonly arms?: readonly [TrainedArm, TrainedArm]
  /** Seeds on which the first arm diverged, and the second. */
  readonly diverged?: readonly [number, number]
  /** The same over groups of test examples, where there are any. */
  readonly groups?: Bootstrapped
}

interface Values extends Pick<Effect, 'values' | 'arms' | 'diverged' | 'groups'> {
  /** Number of seeds without a value, since a run diverged. */
  readonly lost: number
}

interface Compared extends Values {
  /** Undefined where a run diverged. */
  readonly bySeed: ReadonlyMap<number, number | undefined>
}

/** Compares the test losses of two arms, seed by seed. */
export function compared(a: TrainedArm, b: TrainedArm): Compared {
  const seeds = [...a.outcomes.keys()].filter((seed) => b.outcomes.has(seed))
  const lossOf = (arm: TrainedArm, seed: number): number | undefined => arm.outcomes.get(seed)!.test?.loss
  const both = seeds.filter((seed) => lossOf(a, seed) !== undefined && lossOf(b, seed) !== undefined)
  const losses = (arm: TrainedArm): number[] => both.map((seed) => lossOf(arm, seed)!)
  const values = study.logRatios(losses(a), losses(b))
  const divergedOf = ({ outcomes }: TrainedArm): number =>
    seeds.filter((seed) => outcomes.get(seed)!.diverged).length
  const groups = bootstrapped(a, b)
  return {
    values,
    lost: seeds.length - both.length,
    bySeed: new Map(seeds.map((seed) => [seed, values[both.indexOf(seed)]])),
    arms: [a, b],
    diverged: [divergedOf(a), divergedOf(b)],
    ...(groups && { groups }),
  }
}

/** The answers of a cell; without windows, those about rates are absent. */
export function effectsOf(
  arms: readonly TrainedArm[],
  windows: readonly Window[] | undefined,
): readonly Effect[] {
  const all = { ...losses(arms), ...(windows && rates(windows)) } as Readonly<Record<string, Values>>
  const answered = questions.flatMap((question) => {
    const found = all[question.id]
    if (found === undefined || found.values.length === 0) return []
    return [{ question, ...found, judged: study.judge(found.values, question.claimed, looks, found.lost) }]
  })
  const corrected = study.holm(answered.map(({ judged }) => judged.p))
  return answered.map((one, i) => ({ ...one, corrected: corrected[i]! }))
}

function losses(arms: readonly TrainedArm[]): Readonly<Record<string, Values>> {
  const best = (norm: MainNorm): TrainedArm => chosenArm(arms, norm)
  const only = (norm: MainNorm, schedule: 'constant' | 'plateau'): TrainedArm =>
    chosenArm(arms, norm, [schedule])
  const decays = (norm: MainNorm): Compared =>
    compared(chosenArm(arms, norm, ['linear', 'oneCycle', 'plateau']), only(norm, 'constant'))
  const fixed = (norm: MainNorm): Values =>
    compared(only(norm, 'plateau'), chosenArm(arms, norm, ['constant', 'linear', 'oneCycle']))
  const [batch, none] = [decays('batch'), decays('none')]
  return {
    batch: compared(best('batch'), best('none')),
    layer: compared(best('layer'), best('none')),
    'schedule-batch': batch,
    'schedule-none': none,
    interaction: difference(batch, none),
    'plateau-batch': fixed('batch'),
    'plateau-none': fixed('none'),
  }
}

/** Differences on the seeds that both comparisons have. */
function difference(a: Compared, b: Compared): Values {
  const seeds = [...a.bySeed.keys()].filter((seed) => b.bySeed.has(seed))
  const values = seeds.flatMap((seed) => {
    const [one, other] = [a.bySeed.get(seed), b.bySeed.get(seed)]
    return one === undefined || other === undefined ? [] : [one - other]
  })
  return { values, lost: seeds.length - values.length }
}

function rates(windows: readonly Window[]): Readonly<Record<string, Values>> {
  const of = (norm: MainNorm): Window => windows.find((window) => window.norm === norm)!
  const [batch, none] = [of('batch').seeds, of('none').seeds]
  return {
    rates: { values: batch.map(({ best }, i) => Math.log(best / none[i]!.best)), lost: 0 },
    windows: { values: batch.map(({ decades }, i) => decades - none[i]!.decades), lost: 0 },
  }
}

/** Whether an answer is open: its interval, or Holm's correction, leaves it so. */
export const isOpen = ({ judged, corrected }: Effect): boolean =>
  judged.verdict === 'not shown' || corrected > 0.05

/** The verdict after Holm's correction, in words. */
export const verdictOf = (effect: Effect): string => {
  const { judged } = effect
  return isOpen(effect) ? `not shown with ${judged.seeds} seeds` : judged.says
}

/** The rounding of half-decades, as a variance for one seed: two rates, each uniform within half a decade. */
const rounding = { loss: 0, rate: (0.5 * Math.LN10) ** 2 / 6, decades: 0.25 / 6 } as const

/** An effect with its standard error, for a meta-analysis; undefined for a single seed. */
export function measuredEffect({ values, judged, question }: Effect): study.MeasuredEffect | undefined {
  const n = values.length
  if (n < 2) return undefined
  const squares = values.reduce((sum, value) => sum + (value - judged.value) ** 2, 0)
  const error = Math.sqrt(squares / (n * (n - 1)) + rounding[question.unit] / n)
  return error > 0 ? { value: judged.value, error } : undefined
}
