import { ArgumentError } from '../../core/errors.ts'
import { readOptions } from '../../core/options.ts'
import { type Shape, sameShape, showShape } from '../../core/shape.ts'
import { type Metric, meanMetric, type Predictions, type RowValues, rowWeights } from './metric.ts'

/** Measures the mean of |output − target|, like scikit-learn's `mean_absolute_error`; ≥ 0. */
export const mae = (options: object = {}): Metric => meanError('mae', options, (gap) => Math.abs(gap))

/** Measures the mean of (output − target)², like scikit-learn's `mean_squared_error`; ≥ 0. */
export const mse = (options: object = {}): Metric => meanError('mse', options, (gap) => gap * gap)

/**
 * Measures the mean absolute percentage error, the mean of |output − target| / |target|; ≥ 0, where 0.1 is 10 %.
 * Like scikit-learn's `mean_absolute_percentage_error`, it divides by 2⁻⁵² where |target| is smaller: a target of
 * 0 that is missed makes it huge.
 */
export const mape = (options: object = {}): Metric =>
  meanError('mape', options, (gap, target) => Math.abs(gap) / Math.max(Math.abs(target), Number.EPSILON))

type ErrorOf = (gap: number, target: number) => number

function meanError(type: string, options: object, error: ErrorOf): Metric {
  readOptions(type, {}, options)
  const errors = (predictions: Predictions): RowValues => {
    const { output, target } = checked(type, predictions)
    const values = Float64Array.from({ length: target.length }, (_, i) => {
      const y = Number(target[i])
      return error(Number(output[i]) - y, y)
    })
    return { values, weightOf: rowWeights(predictions, target.length) }
  }
  return meanMetric({ type }, 'min', errors)
}

/**
 * Measures the root mean squared error, √(mean of (output − target)²), averaged over the components of a target.
 * Like scikit-learn's `root_mean_squared_error`; ≥ 0.
 */
export function rmse(options: object = {}): Metric {
  readOptions('rmse', {}, options)
  const metric: Metric<Pick<Squares, 'count' | 'aboutOutput'>> = {
    spec: { type: 'rmse' },
    goal: 'min',
    weighs: true,
    initial: { count: 0, aboutOutput: [] },
    update(before, predictions) {
      const { output, target, length } = checked('rmse', predictions)
      const weightOf = rowWeights(predictions, length)
      const width = target.length / length
      const aboutOutput = components(before.aboutOutput, width)
      let { count } = before
      for (let row = 0; row < length; row++) {
        const weight = weightOf(row)
        count += weight
        for (let j = 0, i = row * width; j < width; j++, i++)
          aboutOutput[j]! += weight * (Number(target[i]) - Number(output[i])) ** 2
      }
      return { count, aboutOutput }
    },
    result: ({ count, aboutOutput }) =>
      aboutOutput.reduce((sum, total) => sum + Math.sqrt(total / count), 0) / aboutOutput.length,
    reason: ({ count }) => (count === 0 ? 'rmse: no target counts' : undefined),
  }
  return metric
}

/** Running statistics of targets y and outputs ŷ; arrays have one entry per component of an example's target. */
interface Squares {
  /** Number of examples so far that count: whose weight is not 0. */
  readonly count: number
  /** Sum of the examples' weights: without weights, their number. */
  readonly weight: number
  readonly mean: readonly number[]
  /** Σ(y − ȳ)²: sum of squared distances of the targets from their mean. */
  readonly aboutMean: readonly number[]
  /** Σ(y − ŷ)²: sum of squared distances of the targets from the outputs. */
  readonly aboutOutput: readonly number[]
}

/**
 * Measures R², the fraction of the targets' variance that the outputs explain, averaged over the components of a
 * target.
 *
 *     1 − Σ(y − ŷ)² / Σ(y − ȳ)²        with targets y, their mean ȳ and outputs ŷ
 *
 * Like scikit-learn's `r2_score`; ≤ 1. If all targets are equal, R² is 1 when every output is exact, otherwise 0.
 * NaN, with a reason, for a single example.
 *
 * Source: Welford 1962, https://doi.org/10.2307/1266577, for Σ(y − ȳ)² in one pass.
 */
export function r2(options: object = {}): Metric {
  readOptions('r2', {}, options)
  const metric: Metric<Squares> = {
    spec: { type: 'r2' },
    goal: 'max',
    weighs: true,
    initial: { count: 0, weight: 0, mean: [], aboutMean: [], aboutOutput: [] },
    update: (before, predictions) => squares(before, checked('r2', predictions)),
    result({ count, aboutMean, aboutOutput }) {
      if (count < 2) return Number.NaN
      const each = aboutMean.map((total, j) => explained(aboutOutput[j]!, total))
      return each.reduce((a, b) => a + b, 0) / each.length
    },
    reason: ({ count }) => (count < 2 ? 'r2: one example has no variance' : undefined),
  }
  return metric
}

function explained(left: number, total: number): number {
  if (total === 0) return left === 0 ? 1 : 0
  return 1 - left / total
}

function squares(before: Squares, predictions: Predictions): Squares {
  const { output, target, length } = predictions
  const width = target.length / length
  const weightOf = rowWeights(predictions, length)
  const copy = (values: readonly number[]): number[] => components(values, width)
  const [mean, aboutMean, aboutOutput] = [copy(before.mean), copy(before.aboutMean), copy(before.aboutOutput)]
  let { count, weight } = before
  for (let row = 0; row < length; row++) {
    const own = weightOf(row)
    if (own === 0) continue
    count++
    weight += own
    for (let j = 0, i = row * width; j < width; j++, i++) {
      const y = Number(target[i])
      const gap = y - mean[j]!
      mean[j]! += (own * gap) / weight
      aboutMean[j]! += own * gap * (y - mean[j]!)
      aboutOutput[j]! += own * (y - Number(output[i])) ** 2
    }
  }
  return { count, weight, mean, aboutMean, aboutOutput }
}

/** Copies sums, one for each of `width` components of a target; those before the first batch are 0. */
const components = (sums: readonly number[], width: number): number[] =>
  sums.length === 0 ? new Array<number>(width).fill(0) : [...sums]

/**
 * Returns the predictions after checking their shapes.
 *
 * @throws {ArgumentError} when outputs and targets differ in number or, apart from axes of size 1, in shape.
 */
function checked(who: string, predictions: Predictions): Predictions {
  const { output, target, length, shapes } = predictions
  const squeezed = (shape: Shape): Shape => shape.filter((n) => n !== 1)
  if (
    shapes &&
    output.length === target.length &&
    !sameShape(squeezed(shapes.output), squeezed(shapes.target))
  ) {
    const got = `${showShape(shapes.output)} and ${showShape(shapes.target)}`
    throw new ArgumentError(`${who}: wanted outputs of the targets' shape, got ${got}`)
  }
  if (output.length === target.length) return predictions
  throw new ArgumentError(
    `${who}: wanted as many outputs as targets, got ${output.length / length} and ${target.length / length} ` +
      'an example; of classes, measure train.metrics.f1()',
  )
}
