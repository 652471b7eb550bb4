import { ArgumentError } from '../../core/errors.ts'
import { integer, number, type OptionsOf, readOptions, type Undefinable } from '../../core/options.ts'
import { counted } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import type { Verdict } from './findings.ts'
import { flagsGiven, looksGiven, numbersGiven } from './given.ts'
import { type Looks, lookLevel, sequentialP } from './looks.ts'
import { areEqual, pairedTest, signTest, studentQuantile, sumOfSquares } from './statistics.ts'

const claim = {
  /** Bound above which the mean is claimed to lie. @default −∞ */
  above: number(),
  /** Bound below which the mean is claimed to lie. @default ∞ */
  below: number(),
}

/** What is claimed of a mean: that it is above one number, below another, or between both. */
export interface Claimed extends OptionsOf<typeof claim> {}

/** The mean of one number per seed, and what its interval shows. */
export interface Judgement {
  readonly value: number
  /** 95 % interval, which holds at every look; infinite for a single seed, or a few equal values. */
  readonly interval: readonly [low: number, high: number]
  /** p-value: probability, if the true mean is 0, of a mean at least this far from 0 at any of the looks. */
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
 * it lies outside. Equal values, as coarse scores often are, have no spread to tell by; their interval is infinite unless
 * there are enough of them that their signs agree by chance in less than 5 % of cases, at all looks together.
 *
 * @param values one number per seed
 * @param claimed what is claimed of the mean; by default, that it is above 0
 * @param looks numbers of seeds at which one looks; `[12]` for a study of 12 seeds without looks in between
 * @param diverged number of seeds without a value, since a trial diverged; they count as seeds of the look
 * @throws {ArgumentError} when a value is not finite (diverged trials are counted apart, see `divergedTest`), the
 *   number of seeds is no look, or no number is above the one bound and below the other.
 * @example
 * study.judge([0.31, 0.28, 0.35], { above: 0 }).says // 'shown'
 */
export function judge(
  values: readonly number[],
  claimed: Claimed = { above: 0 },
  looks: Looks = defaultLooks,
  diverged: number = 0,
): Judgement {
  numbersGiven.read('judge', 'values', values)
  looksGiven.read('judge', 'looks', looks)
  const read = readOptions('judge', claim, claimed)
  const { above, below } = read
  if (above !== undefined && below !== undefined && above >= below)
    throw new ArgumentError(`judge: wanted above less than below, got ${above} and ${below}; swap them`)
  const wrong = values.find((value) => !Number.isFinite(value))
  if (values.length === 0 || wrong !== undefined) {
    throw new ArgumentError(
      `judge: wanted finite numbers, one per seed, got ${wrong ?? 'none'}; count diverged trials apart`,
    )
  }
  checkLook(values.length + seeds.read('judge', 'diverged', diverged), looks)
  const tells = !areEqual(values) || sequentialP(looks, signTest(values.length)) < 0.05
  const interval = tells ? intervalAt(values, looks) : infinite
  const verdict = verdictOn(interval, read)
  const p = sequentialP(looks, pairedTest(values))
  return {
    value: meanOf(values),
    interval,
    p,
    seeds: values.length,
    verdict,
    says: saysOf(verdict, values.length),
  }
}

const seeds = integer({ min: 0 }, 0)

/** An interval holds at the looks alone: whoever looks after each seed finds an effect of chance in the end. */
function checkLook(seeds: number, looks: Looks): void {
  if (looks.includes(seeds)) return
  const wanted = `${counted(looks.length, 'look')}, at ${looks.join(', ')} seeds`
  const fix = `run the seeds of a look, or give the looks as they were planned, such as [${Math.max(2, seeds)}]`
  throw new ArgumentError(`judge: wanted the seeds of one of ${wanted}, got ${seeds}; ${fix}`)
}

/** Returns a verdict in words, with the number of seeds that did not suffice: `not shown with 6 seeds`. */
export const saysOf = (verdict: Verdict, seeds: number): string =>
  verdict === 'not shown' ? `not shown with ${counted(seeds, 'seed')}` : verdict

/** Looks at a quarter, half and all of 12 seeds. */
export const defaultLooks: Looks = [3, 6, 12]

const infinite = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const

/** Returns the 95 % interval of a mean that holds at every look, by Student's t with the level of `lookLevel`. */
export function intervalAt(values: readonly number[], looks: Looks): readonly [low: number, high: number] {
  const n = values.length
  if (n < 2) return infinite
  const error = Math.sqrt(sumOfSquares(values) / (n * (n - 1)))
  const margin = error * studentQuantile(1 - lookLevel(looks) / 2, n - 1)
  return [meanOf(values) - margin, meanOf(values) + margin]
}

/** A comparison whose t at the last look would be below this counts as hopeless; 2.2 shows a difference of 12 seeds. */
const hopeless = 1.8

/**
 * Whether further seeds may still show a mean to differ from 0: there is another look, and if the values go on as they
 * are, t at the last one, t √(N/n), reaches 1.8. Without it, most seeds would go where there is nothing to find.
 */
export function mayShow(values: readonly number[], looks: Looks): boolean {
  const [n, most] = [values.length, looks.at(-1)!]
  if (n < 2 || n >= most) return false
  const error = Math.sqrt(sumOfSquares(values) / (n * (n - 1)))
  return Math.abs(meanOf(values)) * Math.sqrt(most / n) >= hopeless * error && meanOf(values) !== 0
}

/** Returns what an interval shows about a claim. */
export function verdictOn([low, high]: Judgement['interval'], claimed: Undefinable<Claimed>): Verdict {
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
  numbersGiven.read('logRatios', 'a', a)
  numbersGiven.read('logRatios', 'b', b)
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
  flagsGiven.read('divergedTest', 'a', a)
  flagsGiven.read('divergedTest', 'b', b)
  if (a.length !== b.length) {
    throw new ArgumentError(
      `divergedTest: wanted as many seeds in both arms, got ${a.length} and ${b.length}`,
    )
  }
  const only = (one: readonly boolean[], other: readonly boolean[]): number =>
    one.filter((diverged, i) => diverged && !other[i]).length
  const [first, second] = [only(a, b), only(b, a)]
  const [n, least] = [first + second, Math.min(first, second)]
  // Downwards from the greatest term, by its logarithm: 2⁻ⁿ, the least one, would be 0 in float64 for many seeds.
  let logarithm = -n * Math.LN2
  for (let k = 1; k <= least; k++) logarithm += Math.log((n - k + 1) / k)
  let [term, tail] = [Math.exp(logarithm), 0]
  for (let k = least; k >= 0; k--) {
    tail += term
    term *= k / (n - k + 1)
  }
  return Math.min(1, 2 * tail)
}
