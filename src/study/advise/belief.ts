import { random } from '../../core/random.ts'
import type { Contender, Observed } from './contender.ts'
import { cholesky, dotTo, drawn, logEvidence, type MatrixRows, posterior, solveLower } from './gaussian.ts'
import { covariance, expected, type RunPoint, sharedCovariance, wholeRuns } from './prior.ts'

// Hyperparameters, averaged over by their evidence: the scale τ of effects, the noise ν of a run, the centre of rates.
const scales = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]
const noises = [0.003, 0.006, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4]
const centres = [-0.75, -0.375, 0, 0.375, 0.75]
/** Widths of their priors: factors e and e, and 0.4 decades. */
const widths = { scale: 1, noise: 1, centre: 0.4 }
const usualScale = 0.1

/** Hyperparameters with less of the weight than this are left out. */
const least = 0.01

/** The posterior under one choice of hyperparameters, with its share of the weight. */
interface Fit {
  readonly scale: number
  readonly noise: number
  readonly centre: number
  readonly lower: MatrixRows
  readonly z: Float64Array
  readonly weight: number
}

/** Covariances of runs and candidates by their effects (in units of τ²) and by what they share. */
interface Relations {
  readonly effects: MatrixRows
  readonly shared: MatrixRows
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
    const relations = related(runs, runs)
    const fits = scales.flatMap((scale) =>
      noises.flatMap((noise) => this.#fitsOf(relations, scale, noise, usualNoise)),
    )
    this.#fits = weighed(fits)
    this.evidence = logMean(fits)
  }

  #fitsOf(relations: Relations, scale: number, noise: number, usualNoise: number): Fit[] {
    const lower = cholesky(scaled(relations, scale, noise ** 2))
    return centres.map((centre) => {
      const z = solveLower(
        lower,
        this.#runs.map((run) => run.value - this.#level - scale * expected(run, centre)),
      )
      const prior =
        square(Math.log(scale / usualScale) / widths.scale) +
        square(Math.log(noise / usualNoise) / widths.noise) +
        square(centre / widths.centre)
      return { scale, noise, centre, lower, z, weight: logEvidence(lower, z) - prior / 2 }
    })
  }

  /** Standard deviation of a run about the mean over seeds. */
  get noise(): number {
    return this.#fits.reduce((sum, { noise, weight }) => sum + weight * noise, 0)
  }

  /** Returns the mean and the standard deviation of each candidate's whole runs, over all seeds. */
  summary(candidates: readonly Contender[]): {
    readonly mean: Float64Array
    readonly deviation: Float64Array
  } {
    const points = candidates.map(wholeRuns)
    const cross = related(points, this.#runs)
    const own = Float64Array.from(points, (point) => covariance(point, point))
    const mean = new Float64Array(points.length)
    const second = new Float64Array(points.length)
    const columns = oncePer((fit) => scaled(cross, fit.scale).map((row) => solveLower(fit.lower, row)))
    for (const fit of this.#fits) {
      for (const [i, column] of columns(fit).entries()) {
        const centre = this.#expected(fit, points[i]!) + dotTo(column, fit.z, column.length)
        const prior = fit.scale ** 2 * own[i]! + sharedCovariance(points[i]!, points[i]!)
        mean[i]! += fit.weight * centre
        second[i]! += fit.weight * (prior - dotTo(column, column, column.length) + centre ** 2)
      }
    }
    return { mean, deviation: second.map((value, i) => Math.sqrt(Math.max(0, value - mean[i]! ** 2))) }
  }

  /** Returns a function that draws values of all candidates at once; deviations are multiplied by `temper`. */
  sampler(candidates: readonly Contender[], key: string, temper: number = 1): () => Float64Array {
    const stream = random('advise', key)
    const points = candidates.map(wholeRuns)
    const [cross, within] = [related(points, this.#runs), related(points, points)]
    const factored = oncePer((fit) => {
      const { columns, covariance } = posterior(
        fit.lower,
        scaled(cross, fit.scale),
        scaled(within, fit.scale),
      )
      return { columns, lower: cholesky(covariance, 1e-10) }
    })
    return () => {
      const fit = this.#choose(stream.uniform())
      const { columns, lower } = factored(fit)
      const mean = Float64Array.from(
        points,
        (point, i) => this.#expected(fit, point) + dotTo(columns[i]!, fit.z, fit.z.length),
      )
      const normals = Float64Array.from(candidates, () => temper * stream.normal())
      return drawn(mean, lower, normals)
    }
  }

  #expected = ({ scale, centre }: Fit, point: RunPoint): number =>
    this.#level + scale * expected(point, centre)

  #choose(at: number): Fit {
    let left = at
    for (const fit of this.#fits) {
      left -= fit.weight
      if (left <= 0) return fit
    }
    return this.#fits.at(-1)!
  }
}

const square = (x: number): number => x * x

/** Returns the covariances of points with others; of a list with itself, their lower triangle. */
function related(points: readonly RunPoint[], others: readonly RunPoint[]): Relations {
  const rows = (of: (a: RunPoint, b: RunPoint) => number): MatrixRows =>
    points.map((a, i) =>
      Float64Array.from(points === others ? others.slice(0, i + 1) : others, (b) => of(a, b)),
    )
  return { effects: rows(covariance), shared: rows(sharedCovariance) }
}

/** Returns covariances for a scale τ, with `noise` added to the last of each row. */
const scaled = ({ effects, shared }: Relations, scale: number, noise: number = 0): MatrixRows =>
  effects.map((row, i) =>
    row.map(
      (effect, j) => scale ** 2 * effect + shared[i]![j]! + (noise > 0 && j === row.length - 1 ? noise : 0),
    ),
  )

/** Returns `make`, which is called once for fits that differ only in their centre. */
function oncePer<T>(make: (fit: Fit) => T): (fit: Fit) => T {
  const made = new Map<MatrixRows, T>()
  return (fit) => {
    const known = made.get(fit.lower) ?? make(fit)
    made.set(fit.lower, known)
    return known
  }
}

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
