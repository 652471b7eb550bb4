import { random } from './random.ts'

/** Ends of an interval. */
export type Ends = readonly [low: number, high: number]

/** The 97.5 % quantile of the standard normal distribution. */
const z = 1.959963984540054

/**
 * Returns the 95 % Wilson score interval of a proportion: of `hits` in n independent trials, with p = hits / n,
 *
 *     (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)        z = 1.96
 *
 * Unlike p ± 1.96 √(p(1 − p)/n), it keeps within 0 and 1, and holds the true proportion in about 95 % of cases even
 * for few trials or a proportion near 0 or 1.
 *
 * Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953; Brown, Cai & DasGupta 2001,
 * https://doi.org/10.1214/ss/1009213286.
 */
export function wilson(hits: number, n: number): Ends {
  const p = hits / n
  const centre = p + z ** 2 / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))
  const scale = 1 + z ** 2 / n
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)]
}

/** Number of bootstrap resamples: enough for two significant digits of an interval's ends. */
export const resamples = 2000

/**
 * Yields bootstrap samples of n items: the indices of n items drawn with replacement. The same n always gives the same
 * samples. Each sample overwrites the one before.
 *
 * Source: Efron 1979, https://doi.org/10.1214/aos/1176344552.
 */
export function* samplesOf(n: number, count: number = resamples): Generator<Int32Array> {
  const source = random('bootstrap', n)
  const indices = new Int32Array(n)
  for (let sample = 0; sample < count; sample++) {
    for (let i = 0; i < n; i++) indices[i] = Math.floor(source.uniform(0, n))
    yield indices
  }
}

/** Returns the 2.5 % and the 97.5 % quantile of sorted values: of a statistic's bootstrap samples, its interval. */
export const middle95 = (sorted: ArrayLike<number>): Ends => [
  sorted[Math.round(0.025 * (sorted.length - 1))]!,
  sorted[Math.round(0.975 * (sorted.length - 1))]!,
]
