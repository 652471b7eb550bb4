import { random } from '../../core/random.ts'
import type { Candidate, Observed } from './candidate.ts'
import {
  cholesky,
  conditioned,
  drawn,
  logEvidence,
  type Normal,
  type Rows,
  solveLower,
} from './gaussian-process.ts'
import { covariance, expected, type Point, sharedCovariance } from './prior.ts'

// Hyperparameters, averaged over by their evidence: the scale τ of effects, the noise ν of a run, the centre of rates.
const scales = [0.02, 0.04, 0.08, 0.16, 0.32]
const noises = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]
const centres = [-1, -0.5, 0, 0.5]
/** Widths of their priors: factors e^0.8 and e^0.8, and 0.6 decades. */
const widths = { scale: 0.8, noise: 0.8, centre: 0.6 }
const usualScale = 0.13

/** Hyperparameters with less of the weight than this are left out. */
const least = 0.003

/** The posterior under one choice of hyperparameters, with its share of the weight. */
interface Fit {
  readonly scale: number
  readonly centre: number
  readonly lower: Rows
  readonly z: Float64Array
  readonly weight: number
}

/** What is believed of whole runs of candidates after some runs: a mixture of normal distributions. */
export class Belief {
  readonly #runs: readonly Observed[]
  readonly #level: number
  readonly #fits: readonly Fit[]
  /** Logarithm of the probability density of the runs, averaged over hyperparameters. */
  readonly evidence: number

  /** @param usualNoise standard deviation to expect of the logarithm of a loss between equal runs */
  constructor(runs: readonly Observed[], usualNoise: number) {
    this.#runs = runs
    this.#level = runs.reduce((sum, { value }) => sum + value, 0) / Math.max(1, runs.length)
    const fits = scales.flatMap((scale) => this.#fitsOf(scale, usualNoise))
    this.#fits = weighed(fits)
    this.evidence = logMean(fits)
  }

  #fitsOf(scale: number, usualNoise: number): Fit[] {
    const runs = this.#runs
    const effects = runs.map((a, i) => Float64Array.from(runs.slice(0, i + 1), (b) => covariance(a, b)))
    const shared = runs.map((a, i) => Float64Array.from(runs.slice(0, i + 1), (b) => sharedCovariance(a, b)))
    return noises.flatMap((noise) => {
      const lower = cholesky(
        effects.map((row, i) =>
          row.map((effect, j) => scale ** 2 * effect + shared[i]![j]! + (i === j ? noise ** 2 : 0)),
        ),
      )
      return centres.map((centre) => {
        const z = solveLower(
          lower,
          runs.map((run) => run.value - this.#level - scale * expected(run, centre)),
        )
        const prior =
          square(Math.log(scale / usualScale) / widths.scale) +
          square(Math.log(noise / usualNoise) / widths.noise) +
          square(centre / widths.centre)
        return { scale, centre, lower, z, weight: logEvidence(lower, z) - prior / 2 }
      })
    })
  }

  /** Returns the mean and the standard deviation of each candidate's whole runs, over all seeds. */
  summary(candidates: readonly Candidate[]): {
    readonly mean: Float64Array
    readonly deviation: Float64Array
  } {
    const mean = new Float64Array(candidates.length)
    const second = new Float64Array(candidates.length)
    for (const fit of this.#fits) {
      const each = candidates.map((candidate) => this.#at(fit, [candidate]))
      for (const [i, normal] of each.entries()) {
        mean[i]! += fit.weight * normal.mean[0]!
        second[i]! += fit.weight * (normal.covariance[0]![0]! + normal.mean[0]! ** 2)
      }
    }
    return { mean, deviation: second.map((value, i) => Math.sqrt(Math.max(0, value - mean[i]! ** 2))) }
  }

  /** Returns a function that draws values of all candidates at once; deviations are multiplied by `temper`. */
  sampler(candidates: readonly Candidate[], key: string, temper = 1): () => Float64Array {
    const stream = random('advise', key)
    const made = new Map<Fit, { readonly mean: Float64Array; readonly lower: Rows }>()
    return () => {
      const fit = this.#choose(stream.uniform())
      const known = made.get(fit) ?? factored(this.#at(fit, candidates))
      made.set(fit, known)
      const normals = Float64Array.from(candidates, () => temper * stream.normal())
      return drawn(known.mean, known.lower, normals)
    }
  }

  #choose(at: number): Fit {
    let left = at
    for (const fit of this.#fits) {
      left -= fit.weight
      if (left <= 0) return fit
    }
    return this.#fits.at(-1)!
  }

  /** Returns the distribution of candidates' whole runs under one choice of hyperparameters. */
  #at({ scale, centre, lower, z }: Fit, candidates: readonly Candidate[]): Normal {
    const points: Point[] = candidates.map((candidate) => ({ candidate, isShort: false }))
    const between = (a: Point, b: Point): number => scale ** 2 * covariance(a, b) + sharedCovariance(a, b)
    const cross = points.map((point) => Float64Array.from(this.#runs, (run) => between(point, run)))
    const prior = {
      mean: Float64Array.from(points, (point) => this.#level + scale * expected(point, centre)),
      covariance: points.map((a, i) => Float64Array.from(points, (b, j) => (j > i ? 0 : between(a, b)))),
    }
    return conditioned(lower, z, cross, prior)
  }
}

const square = (x: number): number => x * x

const factored = ({ mean, covariance }: Normal) => ({ mean, lower: cholesky(covariance, 1e-10) })

/** Returns the logarithm of the mean of the weights, of which the fits have the logarithms. */
function logMean(fits: readonly Fit[]): number {
  const most = Math.max(...fits.map(({ weight }) => weight))
  return most + Math.log(fits.reduce((sum, { weight }) => sum + Math.exp(weight - most), 0) / fits.length)
}

/** Turns logarithms of weights into weights that sum to 1, without the choices that weigh next to nothing. */
function weighed(fits: readonly Fit[]): Fit[] {
  const most = Math.max(...fits.map(({ weight }) => weight))
  const all = fits.map((fit) => ({ ...fit, weight: Math.exp(fit.weight - most) }))
  const sum = (list: readonly Fit[]): number => list.reduce((total, { weight }) => total + weight, 0)
  const whole = sum(all)
  const kept = all.filter(({ weight }) => weight > least * whole)
  const left = sum(kept)
  return kept.map((fit) => ({ ...fit, weight: fit.weight / left })).sort((a, b) => b.weight - a.weight)
}
