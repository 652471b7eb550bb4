import { boolean, number, type OptionsOf, readOptions, size } from '../../core/options.ts'
import { axesButChannels, axesOf, misfit, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { normalizeBy, scaleAndShift } from '../../ops/batch-norm.ts'
import { standardize } from '../../ops/standardize.ts'
import { mean } from '../../ops/statistics.ts'
import { called, isTraining, type Mode, type Module } from '../module.ts'
import { learn, type Momentum, momentumOption, runningStatistics } from './running-statistics.ts'

const options = {
  /** Added to the variance to avoid division by zero. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Weight of the newest batch in the running statistics; `null` weights all batches equally. @default 0.1 */
  momentum: momentumOption,
  /** Whether to learn a scale and a shift for each channel. @default false */
  affine: boolean(false),
  /** Whether `eval` uses running statistics (averages over examples) collected in `train`. @default false */
  trackRunningStats: boolean(false),
}
export interface InstanceNormOptions extends OptionsOf<typeof options> {}

/**
 * Normalizes each channel of each example by that channel's mean and biased variance. Like PyTorch's
 * `nn.InstanceNorm1d` and `2d`, but counts the batches seen, so that a momentum of `null` can weight them equally.
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022.
 */
abstract class InstanceNorm implements Module {
  /** Scale, `[channels]`, initialized to 1; only with `affine`. */
  readonly weight: Variable | undefined
  /** Shift, `[channels]`, initialized to 0; only with `affine`. */
  readonly bias: Variable | undefined
  /** Running mean, `[channels]`, initialized to 0; only with `trackRunningStats`. */
  readonly runningMean: Variable | undefined
  /** Running unbiased variance, `[channels]`, initialized to 1; only with `trackRunningStats`. */
  readonly runningVar: Variable | undefined
  /** Number of batches that have updated the running statistics; an int64 scalar. */
  readonly numBatchesTracked: Variable | undefined
  readonly #kind: string
  readonly #axes: readonly string[]
  readonly #channels: number
  readonly #eps: number
  readonly #momentum: Momentum

  protected constructor(
    kind: string,
    axes: readonly string[],
    numFeatures: number,
    given: InstanceNormOptions,
  ) {
    const { eps, momentum, affine, trackRunningStats } = readOptions(kind, options, given)
    this.#momentum = momentum
    this.#kind = kind
    this.#axes = axes
    this.#channels = size.read(kind, 'numFeatures', numFeatures)
    this.#eps = eps
    if (affine) {
      this.weight = new Variable([numFeatures], filled(1))
      this.bias = new Variable([numFeatures])
    }
    if (trackRunningStats) Object.assign(this, runningStatistics(numFeatures))
  }

  /**
   * @returns `x`, normalized
   * @throws {ArgumentError} unless `mode` is `train` or `eval`.
   * @throws {ShapeError} when the shape of `x` does not fit, or each channel of an example has only one value.
   */
  forward(x: Tensor, mode: Mode): Tensor {
    const training = isTraining(this, this.#kind, mode)
    const count = this.#check(x)
    const { runningMean, runningVar, numBatchesTracked } = this
    const [weight, bias] = [this.weight?.value, this.bias?.value]
    if (runningMean && runningVar && !training) {
      return normalizeBy(x, runningMean.value, runningVar.value, weight, bias, this.#eps)
    }
    if (count < 2) {
      throw misfit(called(this, this.#kind), '2 or more values per channel and example', x.shape)
    }
    const own = standardize(x, axesOf(x.shape).slice(2), this.#eps)
    if (runningMean && runningVar && numBatchesTracked) {
      const [others, examples] = [axesButChannels(x.shape), x.shape[0]!]
      const batch = { mean: mean(own.mean, others), variance: mean(own.variance, others), count, examples }
      learn({ runningMean, runningVar, numBatchesTracked }, batch, { momentum: this.#momentum })
    }
    return scaleAndShift(own.y, weight, bias)
  }

  /** Checks the shape of `x`, and returns the number of values per example and channel. */
  #check(x: Tensor): number {
    if (x.shape.length !== this.#axes.length + 2 || x.shape[1] !== this.#channels) {
      const wanted = `[${['batch', this.#channels, ...this.#axes].join(', ')}]`
      throw misfit(called(this, this.#kind), wanted, x.shape)
    }
    return sizeOf(x.shape.slice(2))
  }
}

/** Instance normalization of `[batch, channels, length]`. */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm1d', ['length'], numFeatures, options)
  }
}

/** Instance normalization of `[batch, channels, height, width]`. */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm2d', ['height', 'width'], numFeatures, options)
  }
}
