import { middle95, resamples, samplesOf } from '../../core/confidence.ts'
import { integer } from '../../core/options.ts'
import { meanOf } from '../../core/vector.ts'
import type { Estimate } from './findings.ts'
import { probabilitiesGiven } from './given.ts'
import { isShare } from './words.ts'

/** Returns the sum of squared deviations of the values from their mean. */
export const sumOfSquares = (values: readonly number[]): number => {
  const centre = meanOf(values)
  return values.reduce((sum, x) => sum + (x - centre) ** 2, 0)
}

/** Bounds on the values of a metric, such as 0 and 1 for an accuracy. */
export type Range = readonly [least: number, most: number]

const unbounded: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/**
 * Returns the possible range of a metric, guessed from its name and the values `seen`: 0 to 1 for an accuracy
 * or another fraction; −1 to 1 for Matthews' or Cohen's coefficient; 0 to infinity for a loss or an error without a
 * negative value.
 */
export function rangeOf(metric: string, seen: readonly number[]): Range {
  const within = (range: Range): boolean => seen.every((value) => value >= range[0] && value <= range[1])
  const share: Range = [0, 1]
  if ((isShare(metric) || /auc/i.test(metric)) && within(share)) return share
  const coefficient: Range = [-1, 1]
  if (/mcc|matthews|kappa/i.test(metric) && within(coefficient)) return coefficient
  const positive: Range = [0, Number.POSITIVE_INFINITY]
  return /loss|error|mse|mae|mape|perplexity/i.test(metric) && within(positive) ? positive : unbounded
}

/**
 * Returns the mean of some values, such as the scores of several seeds, with its 95 % bootstrap interval.
 *
 * The percentile interval of few values is far too narrow: for three, it covers the true mean in some 70 % of
 * cases. It is therefore widened about the mean by √(n/(n − 1)) · t / 1.96, where t is the 97.5 % quantile of
 * Student's distribution with n − 1 degrees of freedom. For normal values this gives Student's interval; for
 * skewed values the interval stays skewed. It is clipped to the range of the metric. The same values always
 * give the same interval; a single value has no interval.
 *
 * Source: Efron 1979, https://doi.org/10.1214/aos/1176344552; Hesterberg 2015,
 * https://doi.org/10.1080/00031305.2015.1089789, section 3.2, on why the percentile interval is narrow.
 */
export function bootstrap(values: readonly number[], [least, most]: Range = unbounded): Estimate {
  const centre = meanOf(values)
  const n = values.length
  if (n < 2) return { value: centre }
  const draws = drawsOf(n)
  const means = new Float64Array(resamples)
  for (let sample = 0, at = 0; sample < resamples; sample++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[draws[at++]!]!
    means[sample] = sum / n
  }
  const widened = (Math.sqrt(n / (n - 1)) * studentQuantile(0.975, n - 1)) / 1.959964
  const [low, high] = middle95(means.sort()).map((end) =>
    Math.min(most, Math.max(least, centre + widened * (end - centre))),
  )
  return { value: centre, interval: [low!, high!] }
}

const drawn = new Map<number, Int32Array>()

/** Returns the indices of the bootstrap samples of `n` values, one sample after another, drawn once for each `n`. */
function drawsOf(n: number): Int32Array {
  const known = drawn.get(n)
  if (known) return known
  const draws = new Int32Array(resamples * n)
  let at = 0
  for (const sample of samplesOf(n)) {
    draws.set(sample, at)
    at += n
  }
  drawn.set(n, draws)
  return draws
}

/**
 * Returns the two-sided p-value of Student's paired t-test: the probability that chance alone makes the mean of
 * n differences d at least this far from 0.
 *
 *     t = mean(d) / √(Σ(d − mean(d))² / (n(n − 1)))    with n − 1 degrees of freedom
 *
 * If all differences are equal, as is common for coarse scores such as accuracies on few examples, the sign
 * test is used instead: by chance, all n signs agree with probability 2^(1 − n).
 *
 * @param differences first score minus second score of each pair
 * @returns 1 for fewer than 2 pairs, or if all differences are 0
 */
export function pairedTest(differences: readonly number[]): number {
  const n = differences.length
  const centre = n > 0 ? meanOf(differences) : 0
  if (n < 2 || centre === 0) return 1
  if (areEqual(differences)) return signTest(n)
  const t = Math.abs(centre) / Math.sqrt(sumOfSquares(differences) / (n * (n - 1)))
  return Math.max(0, 2 * (1 - studentDistribution(t, n - 1)))
}

/** Whether values are equal but for rounding. */
export const areEqual = (values: readonly number[]): boolean =>
  sumOfSquares(values) <= 1e-24 * meanOf(values) ** 2

/** Returns the probability that n signs agree by chance alone: 2^(1 − n). */
export const signTest = (n: number): number => 2 ** (1 - n)

/**
 * Returns P(T ≤ t) for Student's t-distribution with ν = `freedom` degrees of freedom, an integer. It is a
 * finite sum of powers of cos θ, where tan θ = t/√ν.
 *
 * Source: Abramowitz & Stegun 1964, 26.7.3 and 26.7.4.
 */
export function studentDistribution(t: number, freedom: number): number {
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0
  const angle = Math.atan(t / Math.sqrt(freedom))
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const odd = freedom % 2 === 1
  let term = odd ? cos : 1
  let sum = freedom === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= ((k - 1) / k) * cos * cos
    sum += term
  }
  const within = odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum
  return (1 + within) / 2
}

/** Returns the t with P(T ≤ t) = p, for p > 0.5, of Student's t-distribution; found by bisection. */
export function studentQuantile(p: number, freedom: number): number {
  let [low, high] = [0, 1]
  while (studentDistribution(high, freedom) < p) high *= 2
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (studentDistribution(middle, freedom) < p) low = middle
    else high = middle
  }
  return high
}

const testsGiven = integer({ min: 0 })

/**
 * Returns Holm-adjusted p-values in the order of `p`. If tests whose adjusted value is below 0.05 count as
 * significant, the probability of any false positive is at most 5 %.
 *
 *     adjusted(i) = max over j ≤ i of min(1, (m − j) · p(j))        p in rising order, i and j from 0
 *
 * Source: Holm 1979, https://www.jstor.org/stable/4615733.
 *
 * @param p p-values of the reported tests
 * @param tests number m of all tests; above `p.length` if the reported tests were chosen by their results
 * @throws {ArgumentError} when a p-value is not a number from 0 to 1.
 */
export function holm(p: readonly number[], tests: number = Object(p).length): number[] {
  probabilitiesGiven.read('holm', 'p', p)
  testsGiven.read('holm', 'tests', tests)
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!)
  const adjusted = new Array<number>(p.length)
  let most = 0
  for (const [rank, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (tests - rank) * p[i]!))
    adjusted[i] = most
  }
  return adjusted
}
