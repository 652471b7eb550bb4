import { ArgumentError } from '../../core/errors.ts'
import { counted } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import { type Looks, lookLevel, sequentialP } from './looks.ts'
import { pairedTest, studentQuantile, sumOfSquares } from './statistics.ts'

/** What a claim says about a mean: that it is above one number, below another, or between both. */
export interface Claimed {
  readonly above?: number
  readonly below?: number
}

/** Whether seeds showed what a claim says, showed that it does not hold, or showed neither. */
export type Verdict = 'shown' | 'shown otherwise' | 'not shown'

/** The mean of one number per seed, and what its interval shows. */
export interface Judgement {
  readonly value: number
  /** 95 % interval, which holds at every look; infinite for a single seed. */
  readonly interval: readonly [low: number, high: number]
  /** Probability that chance alone makes the mean this far from 0 at one look or more. */
  readonly p: number
  readonly seeds: number
  readonly verdict: Verdict
  /** The verdict in words, with the number of seeds: `not shown with 6 seeds`. */
  readonly says: string
}

/**
 * Judges a claim about the mean of one number per seed, such as the paired differences of two arms. The interval is
 *
 *     mean ± t √(Σ(d − mean)² / (n(n − 1)))        t the 1 − α'/2 quantile of Student's with n − 1 degrees of freedom
 *
 * with the nominal level α' of `lookLevel`: it holds the true mean at all looks together with a probability of 95 %,
 * so one may look, and stop, at each. The claim is shown if the interval lies within what it says, shown otherwise if
 * it lies outside.
 *
 * @param values one number per seed
 * @param claimed what is claimed of the mean; by default, that it is above 0
 * @param looks numbers of seeds at which one looks; `[12]` for a study of 12 seeds without looks in between
 * @throws {ArgumentError} when a value is not finite: diverged trials are counted apart, see `divergedTest`.
 * @example
 * study.judge([0.31, 0.28, 0.35], { above: 0 }).says // 'shown'
 */
export function judge(
  values: readonly number[],
  claimed: Claimed = { above: 0 },
  looks: Looks = defaultLooks,
): Judgement {
  const wrong = values.find((value) => !Number.isFinite(value))
  if (values.length === 0 || wrong !== undefined) {
    throw new ArgumentError(
      `judge: wanted finite numbers, one per seed, got ${wrong ?? 'none'}; count diverged trials apart`,
    )
  }
  const interval = intervalAt(values, looks)
  const verdict = verdictOn(interval, claimed)
  const p = sequentialP(looks, pairedTest(values))
  const says = verdict === 'not shown' ? `not shown with ${counted(values.length, 'seed')}` : verdict
  return { value: meanOf(values), interval, p, seeds: values.length, verdict, says }
}

/** Looks at a quarter, half and all of 12 seeds. */
export const defaultLooks: Looks = [3, 6, 12]

/** Returns the 95 % interval of a mean that holds at every look, by Student's t with the level of `lookLevel`. */
export function intervalAt(values: readonly number[], looks: Looks): readonly [low: number, high: number] {
  const n = values.length
  if (n < 2) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const error = Math.sqrt(sumOfSquares(values) / (n * (n - 1)))
  const margin = error * studentQuantile(1 - lookLevel(looks) / 2, n - 1)
  return [meanOf(values) - margin, meanOf(values) + margin]
}

/** Returns what an interval shows about a claim. */
export function verdictOn([low, high]: Judgement['interval'], claimed: Claimed): Verdict {
  const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = claimed
  if (low > above && high < below) return 'shown'
  return high < above || low > below ? 'shown otherwise' : 'not shown'
}

/**
 * Returns ln(a/b) seed by seed: paired differences of log ratios. Their mean is the logarithm of the geometric mean
 * of the ratios, so that fields with losses of different sizes can be compared.
 *
 * @throws {ArgumentError} when lengths differ or a number is not above 0.
 */
export function logRatios(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) {
    throw new ArgumentError(
      `logRatios: wanted as many numbers in both lists, got ${a.length} and ${b.length}`,
    )
  }
  const wrong = [...a, ...b].find((value) => !(value > 0 && Number.isFinite(value)))
  if (wrong !== undefined) throw new ArgumentError(`logRatios: wanted finite numbers above 0, got ${wrong}`)
  return a.map((value, i) => Math.log(value / b[i]!))
}

/**
 * Returns the two-sided p-value of the hypothesis that two arms diverge equally often, tested on paired seeds: of the
 * seeds with which just one arm diverged, chance alone gives each arm half (the sign test, or McNemar's exact test).
 *
 * @param a for each seed, whether the first arm diverged
 * @param b the same for the second arm
 * @returns 1 if no seed tells the arms apart
 * @throws {ArgumentError} when lengths differ.
 * Source: McNemar 1947, https://doi.org/10.1007/BF02295996.
 */
export function divergedTest(a: readonly boolean[], b: readonly boolean[]): number {
  if (a.length !== b.length) {
    throw new ArgumentError(
      `divergedTest: wanted as many seeds in both arms, got ${a.length} and ${b.length}`,
    )
  }
  const only = (one: readonly boolean[], other: readonly boolean[]): number =>
    one.filter((diverged, i) => diverged && !other[i]).length
  const [first, second] = [only(a, b), only(b, a)]
  const n = first + second
  let [term, tail] = [2 ** -n, 0]
  for (let k = 0; k <= Math.min(first, second); k++) {
    tail += term
    term *= (n - k) / (k + 1)
  }
  return Math.min(1, 2 * tail)
}
