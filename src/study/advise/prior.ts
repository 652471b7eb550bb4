import type { Contender, Observed } from './contender.ts'

// What is expected of the logarithm of a run's final validation loss before any run. It is a sum of effects, each
// normally distributed. Their standard deviations and means are in units of τ, the scale of effects on the problem at
// hand, which is some 0.2 (20 %) in most cells of the atlas and a tenth of that on texts; `scripts/advice-prior.ts`
// measures how well they explain the atlas.

const square = (x: number): number => x * x

/**
 * Variances in units of τ²: those under which the runs of the atlas, and of problems of bench/advise.mjs that were looked
 * at, are most probable, rounded.
 */
const variance = {
  kind: square(0.5),
  kindWhenShort: square(0.3),
  schedule: square(0.12),
  scheduleOfKind: square(0.13),
  decay: square(0.2),
  own: square(1),
  short: square(1.55),
  slope: square(1),
  rate: square(1.08),
  rateOfKind: square(0.9),
  rateOfSchedule: square(0.5),
  rateOfLength: square(1),
} as const

/** Decades of the learning rate over which its effect is alike. */
const length = 0.46

/**
 * Means in units of τ. Over all rates, batch normalization is 1.1 better than none; but each at its best rate, the two
 * differ little in networks as shallow as those of the bench. The atlas has no runs of ghost, instance and derf.
 */
const kindMeans: Readonly<Record<string, number>> = {
  none: 0,
  batch: -0.3,
  ghost: -0.2,
  layer: -0.2,
  group: -0.1,
}
const scheduleMeans: Readonly<Record<string, number>> = { constant: 0.75, plateau: 0.6, wsd: 0.2 }
const otherKind = 0.2
const ownMean = 0.3
const shortMean = 2.2
/** What no normalization loses more than others where a run is short. */
const shortNone = 0.25
/** Decades by which rates that suit short runs are higher. */
const shift = 0.25
/** Loss per squared decade below and above the centre of the rates. */
const [below, above] = [0.75, 1.5]

/** Variance of the mean of everything, and of a seed's examples and weights, in squared logarithms of the loss. */
const level = square(2)
const ofSeed = square(0.2)

/** What the prior asks of a run; runs of no seed are means over all seeds. */
export type RunPoint = Pick<Observed, 'candidate' | 'isShort'> & { readonly seed?: number }

/** What is asked about a candidate: the mean of its whole runs. */
export const wholeRuns = (candidate: Contender): RunPoint => ({ candidate, isShort: false })

/** Returns the covariance of two runs that the level and equal seeds give them. */
export const sharedCovariance = (a: RunPoint, b: RunPoint): number =>
  level + (a.seed !== undefined && a.seed === b.seed ? ofSeed : 0)

/** Returns the covariance of the effects of two runs' settings and lengths, in units of τ². */
export function covariance(a: RunPoint, b: RunPoint): number {
  const bothShort = a.isShort && b.isShort
  return (bothShort ? variance.short : 0) + ofSettings(a.candidate, b.candidate, a.isShort === b.isShort)
}

function ofSettings(a: Contender, b: Contender, sameLength: boolean): number {
  if (a.isOwn || b.isOwn) return a.isOwn && b.isOwn ? variance.own : 0
  const sameKind = a.kind === b.kind
  const sameSchedule = a.schedule === b.schedule
  const near = Math.exp(-0.5 * square((a.rate - b.rate) / length))
  const ofRate =
    variance.rate +
    (sameKind ? variance.rateOfKind : 0) +
    (sameSchedule ? variance.rateOfSchedule : 0) +
    (sameLength ? variance.rateOfLength : 0)
  return (
    (sameKind ? variance.kind + (sameLength ? variance.kindWhenShort : 0) : 0) +
    (sameSchedule ? variance.schedule + (sameKind ? variance.scheduleOfKind : 0) : 0) +
    (a.decay === b.decay ? variance.decay : 0) +
    variance.slope * a.rate * b.rate +
    ofRate * near
  )
}

/** Returns the mean of a run's value in units of τ, apart from the level. @param centre of the best rates, in decades */
export function expected({ candidate, isShort }: RunPoint, centre: number): number {
  const ofLength = isShort ? shortMean : 0
  if (candidate.isOwn) return ofLength + ownMean
  const { normalization, schedule, rate } = candidate
  const off = rate - centre - (isShort ? shift : 0)
  return (
    ofLength +
    (kindMeans[normalization] ?? otherKind) +
    (scheduleMeans[schedule] ?? 0) +
    (isShort && normalization === 'none' ? shortNone : 0) +
    (off > 0 ? above : below) * square(off)
  )
}
