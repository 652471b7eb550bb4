import { studentDistribution, studentQuantile } from './statistics.ts'

/** Numbers of seeds at which a comparison is tested, rising: `[3, 6, 12]`. */
export type Looks = readonly number[]

/**
 * Returns the probability that chance alone makes the p-value of Student's paired t-test fall below `level` at one
 * look or more, where normal differences are tested after each number of seeds in `looks`.
 *
 * The state of the test after n differences is s = Σd / √(n Σd²), from −1 to 1, with t = s √((n − 1)/(1 − s²)). If
 * n' further differences alone have the state s', both together have
 *
 *     (s √(nB) + s' √(n'(1 − B))) / √(n + n')        with B ~ Beta(n/2, n'/2), independent of s and s'
 *
 * So the states are a Markov chain of one dimension, integrated here by Gauss and Legendre's rule to 5 digits.
 *
 * Source: Jennison & Turnbull 2000, Group Sequential Methods, chapter 11 (sequential t-tests); the recursion over
 * looks is that of Armitage, McPherson & Rowe 1969, https://doi.org/10.2307/2343787.
 *
 * @param looks rising numbers of seeds, each at least 2 and 3 above the one before
 * @param level nominal p-value, the same at each look
 */
export function crossing(looks: Looks, level: number): number {
  const bounds = looks.map((n) => boundOf(n, level))
  if (level >= 1 || looks.length === 1) return Math.min(1, level)
  // Backwards: the probability of staying within the bounds of all later looks, by the state at this one.
  let stay: Chance = () => 1
  for (let i = looks.length - 1; i > 0; i--) {
    const step = { n: looks[i - 1]!, more: looks[i]! - looks[i - 1]!, bound: bounds[i]! }
    const later = i === looks.length - 1 ? undefined : stay
    stay = tabulated((s) => stayAfter(s, step, later), bounds[i - 1]!)
  }
  const inside = integral(0, Math.asin(bounds[0]!), (a) => Math.cos(a) ** (looks[0]! - 2) * stay(Math.sin(a)))
  const all = integral(0, Math.PI / 2, (a) => Math.cos(a) ** (looks[0]! - 2))
  return Math.max(0, 1 - inside / all)
}

/**
 * How much smaller than promised the probability of an error is for normal differences: 4 instead of 5 %. Skewed
 * differences use up the rest, see `scripts/looks.ts`; it makes intervals some 5 % wider.
 */
const caution = 1.25

/**
 * Returns the p-value of a comparison that is tested at several looks: the probability that chance alone makes the
 * p-value of the paired t-test this small at one look or more, times 1.25 as a margin for skewed differences.
 *
 * @param p p-value of the paired t-test at the current look
 */
export function sequentialP(looks: Looks, p: number): number {
  const key = `${looks.join()} ${p}`
  const known = probabilities.get(key) ?? Math.min(1, caution * crossing(looks, p))
  probabilities.set(key, known)
  return known
}

/** Results of `sequentialP`, each of which takes about 10 ms to compute. */
const probabilities = new Map<string, number>()
const levels = new Map<string, number>()

/**
 * Returns the nominal level α' of each look, so that the t intervals of level 1 − α' of all looks together hold the
 * true mean with a probability of at least 1 − α: the α' with `sequentialP(looks, α') = α`.
 *
 * All looks have the same nominal level: 0.0150 at 3, 6 and 12 seeds for α = 0.05. The intervals are 1.9, 1.4 and 1.3
 * times as wide as Student's.
 *
 * Source: Pocock 1977, https://doi.org/10.1093/biomet/64.2.191, for normal differences of known variance.
 */
export function lookLevel(looks: Looks, alpha: number = 0.05): number {
  const key = `${looks.join()} ${alpha}`
  const known = levels.get(key)
  if (known !== undefined) return known
  // The probability is nearly proportional to the level.
  let level = alpha / caution
  for (let i = 0; i < 8; i++) level *= alpha / sequentialP(looks, level)
  levels.set(key, level)
  return level
}

type Chance = (state: number) => number

/** Returns the state s at which Student's paired t-test of n differences has the two-sided p-value `level`. */
function boundOf(n: number, level: number): number {
  const t = studentQuantile(1 - Math.min(level, 0.999) / 2, n - 1)
  return t / Math.sqrt(t * t + n - 1)
}

/** Returns P(S ≤ s) for the state S of n differences. */
const stateDistribution = (s: number, n: number): number =>
  s >= 1 ? 1 : s <= -1 ? 0 : studentDistribution(s * Math.sqrt((n - 1) / (1 - s * s)), n - 1)

/** The step from one look to the next. */
interface Step {
  /** Number of differences at the first look. */
  readonly n: number
  /** Number of differences added until the next look. */
  readonly more: number
  /** State at the next look from which on the test rejects. */
  readonly bound: number
}

/** Returns the probability that the state stays within the bound of the next look and, from there, of all later ones. */
function stayAfter(s: number, { n, more, bound }: Step, later: Chance | undefined): number {
  const weight = (a: number): number => Math.sin(a) ** (n - 1) * Math.cos(a) ** (more - 1)
  const density = (b: number): number => Math.cos(b) ** (more - 2)
  const all = later ? integral(-Math.PI / 2, Math.PI / 2, density) : 1
  const within = (a: number): number => {
    const centre = s * Math.sin(a) * Math.sqrt(n / (n + more))
    const reach = Math.cos(a) * Math.sqrt(more / (n + more))
    const [from, to] = [(-bound - centre) / reach, (bound - centre) / reach]
    if (!later) return stateDistribution(to, more) - stateDistribution(from, more)
    const [start, end] = [from, to].map((x) => Math.asin(Math.max(-1, Math.min(1, x))))
    return integral(start!, end!, (b) => density(b) * later(centre + reach * Math.sin(b))) / all
  }
  const half = Math.PI / 2
  return integral(0, half, (a) => weight(a) * within(a)) / integral(0, half, weight)
}

/** Returns an even function on [−bound, bound] by quadratic interpolation between 65 of its values. */
function tabulated(of: Chance, bound: number): Chance {
  const count = 64
  const values = Float64Array.from({ length: count + 1 }, (_, i) => of((bound * i) / count))
  return (s) => {
    const at = (Math.min(Math.abs(s), bound) / bound) * count
    const i = Math.min(count - 1, Math.max(1, Math.round(at)))
    const x = at - i
    const [a, b, c] = [values[i - 1]!, values[i]!, values[i + 1]!]
    return b + (x * (c - a)) / 2 + (x * x * (a - 2 * b + c)) / 2
  }
}

/** Returns the integral of f by Gauss and Legendre's rule with 32 nodes. */
function integral(from: number, to: number, f: (x: number) => number): number {
  const [middle, half] = [(from + to) / 2, (to - from) / 2]
  return half * rule.reduce((sum, { node, weight }) => sum + weight * f(middle + half * node), 0)
}

/** Nodes and weights of Gauss and Legendre's rule on [−1, 1]: zeros of a Legendre polynomial, found by Newton's method. */
const rule: readonly { readonly node: number; readonly weight: number }[] = Array.from(
  { length: 32 },
  (_, i) => {
    let [node, slope] = [Math.cos((Math.PI * (i + 0.75)) / 32.5), 1]
    for (let round = 0; round < 10; round++) {
      let [before, value] = [1, node]
      for (let k = 2; k <= 32; k++) {
        const next = ((2 * k - 1) * node * value - (k - 1) * before) / k
        before = value
        value = next
      }
      slope = (32 * (node * value - before)) / (node * node - 1)
      node -= value / slope
    }
    return { node, weight: 2 / ((1 - node * node) * slope * slope) }
  },
)
