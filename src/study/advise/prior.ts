import type { Candidate, Observed } from './candidate.ts'

// What is expected of the logarithm of a run's final validation loss before any run. It is a sum of effects, each
// normally distributed. Their standard deviations and means are in units of τ, the scale of effects on the problem at
// hand, which is some 0.15 (15 %) in most cells of the atlas and 0.02 on texts; `scripts/advice-prior.ts` measures
// how well they explain the atlas.

const square = (x: number): number => x * x

/** Variances in units of τ². */
const variance = {
  kind: square(1.1),
  kindWhenShort: square(0.8),
  schedule: square(0.44),
  scheduleOfKind: square(0.25),
  decay: square(0.3),
  own: square(1.5),
  short: square(1),
  slope: square(1.5),
  rate: square(1.3),
  rateOfKind: square(2.5),
  rateOfSchedule: square(0.8),
  rateWhenShort: square(1),
} as const

/** Decades of the learning rate over which its effect is alike. */
const length = 0.46

/** Means in units of τ: in the atlas, a constant rate costs some 14 %, and batch normalization gains 9 %. */
const kindMeans: Readonly<Record<string, number>> = {
  batch: -0.6,
  ghost: -0.4,
  layer: -0.2,
  group: -0.2,
  none: 0,
}
const scheduleMeans: Readonly<Record<string, number>> = { constant: 0.95, plateau: 0.3, wsd: 0.3 }
const otherKind = 0.2
const ownMean = 0.5
const shortMean = 1.8
/** Loss per squared decade away from the centre of the rates. */
const bowl = 3

/** Variance of the mean of everything, and of a seed's examples and weights, in squared logarithms of the loss. */
const level = square(2)
const ofSeed = square(0.3)

/** What the prior asks of a run; runs of no seed are means over all seeds. */
export type Point = Pick<Observed, 'candidate' | 'isShort'> & { readonly seed?: number }

/** Returns the covariance of two runs that the level and equal seeds give them. */
export const sharedCovariance = (a: Point, b: Point): number =>
  level + (a.seed !== undefined && a.seed === b.seed ? ofSeed : 0)

/** Returns the covariance of the effects of two runs' settings and lengths, in units of τ². */
export function covariance(a: Point, b: Point): number {
  const bothShort = a.isShort && b.isShort
  return (bothShort ? variance.short : 0) + ofSettings(a.candidate, b.candidate, a.isShort === b.isShort)
}

function ofSettings(a: Candidate, b: Candidate, sameLength: boolean): number {
  if (a.isOwn || b.isOwn) return a.isOwn && b.isOwn ? variance.own : 0
  const sameKind = a.kind === b.kind
  const sameSchedule = a.schedule === b.schedule
  const near = Math.exp(-0.5 * square((a.rate - b.rate) / length))
  const ofRate =
    variance.rate +
    (sameKind ? variance.rateOfKind : 0) +
    (sameSchedule ? variance.rateOfSchedule : 0) +
    (sameLength ? variance.rateWhenShort : 0)
  return (
    (sameKind ? variance.kind + (sameLength ? variance.kindWhenShort : 0) : 0) +
    (sameSchedule ? variance.schedule + (sameKind ? variance.scheduleOfKind : 0) : 0) +
    (a.decay === b.decay ? variance.decay : 0) +
    variance.slope * a.rate * b.rate +
    ofRate * near
  )
}

/** Returns the mean of a run's value in units of τ, apart from the level. @param centre of the best rates, in decades */
export function expected({ candidate, isShort }: Point, centre: number): number {
  const ofLength = isShort ? shortMean : 0
  if (candidate.isOwn) return ofLength + ownMean
  const { normalization, schedule, rate } = candidate
  return (
    ofLength +
    (kindMeans[normalization] ?? otherKind) +
    (scheduleMeans[schedule] ?? 0) +
    bowl * square(rate - centre)
  )
}
