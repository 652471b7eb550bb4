import { study } from 'evenstep'
import { type Check, check, type Scale } from '../claim.ts'
import { mean, type Numbers } from './numbers.ts'

/** A mean over seeds with its 95 % interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Seeds of a claim about effects. All are trained whatever they show, so there is one look, at the end. */
export const twelve: readonly number[] = Array.from({ length: 12 }, (_, seed) => seed)

/**
 * The mean of one number per seed, with its 95 % interval by `study.judge`; a single seed has no interval but its
 * number. To compare two arms, pass their differences: seeds are paired.
 */
export function interval(values: Numbers): Interval {
  if (values.length === 1) return { mean: values[0]!, low: values[0]!, high: values[0]! }
  const { value, interval } = judged(values, {})
  return { mean: value, low: interval[0], high: interval[1] }
}

const judged = (values: Numbers, claimed: study.Claimed): study.Judgement =>
  study.judge(Array.from(values), claimed, [values.length])

/**
 * A check on the mean of one number per seed. In full, its 95 % interval must lie within what is claimed, and the check
 * has one of three verdicts. The quick form has too few seeds for an interval: there, the mean must.
 */
export function checkMean(scale: Scale, what: string, values: Numbers, claimed: study.Claimed): Check {
  if (scale === 'full') {
    const { verdict, says } = judged(values, claimed)
    return { what, ok: verdict === 'shown', says }
  }
  const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = claimed
  return check(what, mean(values) > above && mean(values) < below)
}

/** a − b, seed by seed. */
export const differences = (a: Numbers, b: Numbers): number[] => Array.from(a, (value, i) => value - b[i]!)

/** ln(a/b), seed by seed. */
export const logRatios = (a: Numbers, b: Numbers): number[] => study.logRatios(Array.from(a), Array.from(b))

/** The ratio whose logarithm an interval is about: a geometric mean over seeds. */
export const ratioOf = ({ mean, low, high }: Interval): Interval => ({
  mean: Math.exp(mean),
  low: Math.exp(low),
  high: Math.exp(high),
})

/** `5.1 [4.2, 6.0]`. */
export const shown = ({ mean, low, high }: Interval, digits: number = 2): string =>
  `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`

/** An interval as the three numbers of a measure. */
export const listed = ({ mean, low, high }: Interval): readonly number[] => [mean, low, high]
