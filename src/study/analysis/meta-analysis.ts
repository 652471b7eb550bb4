import { ArgumentError } from '../../core/errors.ts'
import { effectsGiven } from './given.ts'
import { studentQuantile } from './statistics.ts'

/** An effect measured on one problem, such as a mean log ratio, with its standard error. */
export interface MeasuredEffect {
  readonly value: number
  readonly error: number
}

/** A mean effect over problems whose true effects differ. */
export interface MetaAnalysis {
  readonly mean: number
  /** 95 % interval of the mean effect. */
  readonly interval: readonly [low: number, high: number]
  /** 95 % interval of the true effect on another such problem. */
  readonly prediction: readonly [low: number, high: number]
  /** Standard deviation τ of the true effects between problems. */
  readonly tau: number
  /** Share I² of the effects' variance that is not noise of the measurements, from 0 to 1. */
  readonly heterogeneity: number
  readonly problems: number
}

/**
 * Combines effects measured on several problems by a random-effects meta-analysis: the true effects are taken as
 * normal with variance τ² about a mean. With weights w = 1/(error² + τ²),
 *
 *     mean = Σwy / Σw        τ² by Paule and Mandel: Σw(y − mean)² = k − 1, or 0 if it is less at τ² = 0
 *     interval = mean ± t √(Σw(y − mean)² / ((k − 1)Σw))        by Hartung, Knapp, Sidik and Jonkman
 *     prediction = mean ± t √(τ² + Σw(y − mean)² / ((k − 1)Σw))
 *
 * with t the 97.5 % quantile of Student's distribution with k − 1 degrees of freedom. The factor Σw(y − mean)²/(k − 1)
 * counts as at least 1: without it, effects that happen to agree give an interval narrower than their own errors allow.
 *
 * Source: Paule & Mandel 1982, https://doi.org/10.6028/jres.087.022; Hartung & Knapp 2001,
 * https://doi.org/10.1002/sim.791; Röver, Knapp & Friede 2015, https://doi.org/10.1186/s12874-015-0091-1 (the factor);
 * IntHout et al. 2016, https://doi.org/10.1136/bmjopen-2015-010247 (prediction).
 *
 * @param effects one for each problem, at least 2
 * @throws {ArgumentError} when there are fewer than 2 effects, an error is not above 0, or errors or effects differ so
 *   much in size that weights would overflow.
 */
export function metaAnalysis(effects: readonly MeasuredEffect[]): MetaAnalysis {
  effectsGiven.read('metaAnalysis', 'effects', effects)
  const k = effects.length
  if (k < 2) throw new ArgumentError(`metaAnalysis: wanted 2 or more effects, got ${k}`)
  const wrong = effects.find(({ value, error }) => !(error > 0 && Number.isFinite(value + error)))
  if (wrong) {
    throw new ArgumentError(
      `metaAnalysis: wanted finite effects with errors above 0, got ${wrong.value} with error ${wrong.error}`,
    )
  }
  const { unit, measured } = scaled(effects)
  const variance = between(measured)
  const { mean, sum, spread } = weighted(measured, variance)
  const squared = Math.max(1, spread / (k - 1)) / sum
  const t = studentQuantile(0.975, k - 1)
  const around = (half: number): [number, number] => [unit * (mean - half), unit * (mean + half)]
  const alone = weighted(measured, 0).spread
  return {
    mean: unit * mean,
    interval: around(t * Math.sqrt(squared)),
    prediction: around(t * Math.sqrt(variance + squared)),
    tau: unit * Math.sqrt(variance),
    heterogeneity: alone > 0 ? Math.max(0, 1 - (k - 1) / alone) : 0,
    problems: k,
  }
}

/** How far errors may be below, and effects above, the largest error: the squares of both must have a product. */
const reach = 1e75

/** Returns the effects in a unit, a power of 2 near the largest error, in which neither squares nor weights overflow. */
function scaled(effects: readonly MeasuredEffect[]) {
  const largest = Math.max(...effects.map(({ error }) => error))
  const unit = 2 ** Math.max(-1022, Math.floor(Math.log2(largest)))
  const measured = effects.map(({ value, error }) => ({ value: value / unit, error: error / unit }))
  const wrong = measured.findIndex(({ value, error }) => error < 1 / reach || Math.abs(value) > reach)
  if (wrong < 0) return { unit, measured }
  const { value, error } = effects[wrong]!
  throw new ArgumentError(
    `metaAnalysis: wanted errors of at least 1e-75 times the largest one, ${largest}, and effects of at most 1e75 times it, ` +
      `got ${value} with error ${error}; leave that effect out, or state its error as large as it is`,
  )
}

/** Returns the weighted mean of effects, the sum of the weights, and Σw(y − mean)². */
function weighted(effects: readonly MeasuredEffect[], variance: number) {
  const weights = effects.map(({ error }) => 1 / (error * error + variance))
  const sum = weights.reduce((a, b) => a + b, 0)
  const mean = effects.reduce((total, { value }, i) => total + weights[i]! * value, 0) / sum
  const spread = effects.reduce((total, { value }, i) => total + weights[i]! * (value - mean) ** 2, 0)
  return { mean, sum, spread }
}

/** Returns Paule and Mandel's variance between problems, by bisection: the spread falls as the variance rises. */
function between(effects: readonly MeasuredEffect[]): number {
  const wanted = effects.length - 1
  const excess = (variance: number): boolean => weighted(effects, variance).spread > wanted
  if (!excess(0)) return 0
  let [low, high] = [0, Math.max(...effects.map(({ error }) => error * error))]
  while (excess(high)) high *= 2
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (excess(middle)) low = middle
    else high = middle
  }
  return high
}
