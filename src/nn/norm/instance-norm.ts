import { boolean, number, type OptionsOf, readOptions, size } from '../../core/options.ts'
import { axesButChannels, axesOf, misfit, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { normalizeBy, scaleAndShift } from '../../ops/batch-norm.ts'
import { standardize } from '../../ops/standardize.ts'
import { mean } from '../../ops/statistics.ts'
import { called, type Mode, type Module } from '../module.ts'
import { learn, type Momentum, momentumOption, runningStatistics } from './running-statistics.ts'

const options = {
  /** Added to the variance. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Weight of the newest batch in the running statistics; `null` averages all batches. @default 0.1 */
  momentum: momentumOption,
  /** Whether to scale and shift each channel by a trained weight and bias. @default false */
  affine: boolean(false),
  /** Whether to keep running statistics, averaged over examples, for `eval`. @default false */
  trackRunningStats: boolean(false),
}
export interface InstanceNormOptions extends OptionsOf<typeof options> {}

/**
 * Normalizes each channel of each example by its own mean and biased variance. As PyTorch's `nn.InstanceNorm1d`
 * and `2d`, which default to neither affine nor tracking. Unlike there, batches are counted, so that a momentum
 * of `null` averages them.
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022.
 */
abstract class InstanceNorm implements Module {
  /** `[channels]`, starts at 1; only with `affine`. */
  readonly weight: Variable | undefined
  /** `[channels]`, starts at 0; only with `affine`. */
  readonly bias: Variable | undefined
  /** `[channels]`, starts at 0; only with `trackRunningStats`. */
  readonly runningMean: Variable | undefined
  /** `[channels]`, unbiased, starts at 1. */
  readonly runningVar: Variable | undefined
  /** Number of batches that the running statistics have seen; int64. */
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
    if (!trackRunningStats) return
    const running = runningStatistics(numFeatures)
    this.runningMean = running.runningMean
    this.runningVar = running.runningVar
    this.numBatchesTracked = running.numBatchesTracked
  }

  /**
   * @returns the shape of `x`
   * @throws {ShapeError} when `x` has another shape, or only one value per channel to normalize by.
   */
  forward(x: Tensor, mode: Mode): Tensor {
    const count = this.#check(x)
    const { runningMean, runningVar, numBatchesTracked } = this
    const [weight, bias] = [this.weight?.value, this.bias?.value]
    if (runningMean && runningVar && mode === 'eval') {
      return normalizeBy(x, runningMean.value, runningVar.value, weight, bias, this.#eps)
    }
    if (count < 2) {
      const who = called(this, this.#kind)
      throw misfit(who, '2 or more values per channel and example', x.shape)
    }
    const own = standardize(x, axesOf(x.shape).slice(2), this.#eps)
    if (runningMean && runningVar && numBatchesTracked) {
      const [others, examples] = [axesButChannels(x.shape), x.shape[0]!]
      const batch = { mean: mean(own.mean, others), variance: mean(own.variance, others), count, examples }
      learn({ runningMean, runningVar, numBatchesTracked }, batch, { momentum: this.#momentum })
    }
    return scaleAndShift(own.y, weight, bias)
  }

  /** Values per channel of one example. */
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
  /** @throws {ArgumentError} when `numFeatures` or an option is out of range. */
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm1d', ['length'], numFeatures, options)
  }
}

/** Instance normalization of `[batch, channels, height, width]`. */
export class InstanceNorm2d extends InstanceNorm {
  /** @throws {ArgumentError} when `numFeatures` or an option is out of range. */
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm2d', ['height', 'width'], numFeatures, options)
  }
}
