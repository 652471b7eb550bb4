import { ShapeError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import { showShape, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { add, mul } from '../../ops/arithmetic.ts'
import { normalizeBy, perChannel } from '../../ops/batch-norm.ts'
import { standardize } from '../../ops/standardize.ts'
import { mean } from '../../ops/statistics.ts'
import { called, positive, sizes } from '../arguments.ts'
import type { Mode, Module } from '../module.ts'
import { checkRule, type LearningRule, learn, type Momentum } from './running-statistics.ts'

export interface InstanceNormOptions {
  /** Added to the variance; 1e-5. */
  readonly eps?: number
  /** The weight of the newest batch in the running statistics; 0.1. */
  readonly momentum?: Momentum
  /** Whether to scale and shift each channel by a trained weight and bias; false. */
  readonly affine?: boolean
  /** Whether to keep running statistics, averaged over examples, for `eval`; false. */
  readonly trackRunningStats?: boolean
}

/**
 * Normalises each channel of each example by its own mean and biased variance. As PyTorch's `nn.InstanceNorm1d` and
 * `2d`, whose defaults are neither affine nor tracking. Unlike there, batches are counted, so that a momentum of
 * `null` gives their average.
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022.
 */
abstract class InstanceNorm implements Module {
  /** `[channels]`, starts at 1; absent unless `affine`. */
  readonly weight: Variable | undefined
  /** `[channels]`, starts at 0; absent unless `affine`. */
  readonly bias: Variable | undefined
  /** `[channels]`, starts at 0; absent unless `trackRunningStats`. */
  readonly runningMean: Variable | undefined
  /** `[channels]`, unbiased, starts at 1. */
  readonly runningVar: Variable | undefined
  /** How many batches the running statistics have seen; int64. */
  readonly numBatchesTracked: Variable | undefined
  readonly #kind: string
  readonly #axes: readonly string[]
  readonly #channels: number
  readonly #eps: number
  readonly #rule: LearningRule

  protected constructor(
    kind: string,
    axes: readonly string[],
    numFeatures: number,
    options: InstanceNormOptions,
  ) {
    checkKnown(kind, options, { eps: true, momentum: true, affine: true, trackRunningStats: true })
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options
    sizes(kind, { numFeatures })
    positive(kind, eps)
    this.#rule = { momentum, zeroDebias: false, fullBatchSize: undefined, nonFinite: 'allow' }
    checkRule(kind, this.#rule)
    this.#kind = kind
    this.#axes = axes
    this.#channels = numFeatures
    this.#eps = eps
    if (affine) {
      this.weight = new Variable([numFeatures], filled(1))
      this.bias = new Variable([numFeatures])
    }
    if (trackRunningStats) {
      this.runningMean = new Variable([numFeatures], filled(0), { trainable: false })
      this.runningVar = new Variable([numFeatures], filled(1), { trainable: false })
      this.numBatchesTracked = new Variable([], filled(0), { trainable: false, dtype: 'int64' })
    }
  }

  /**
   * @returns the shape of `x`
   * @throws {ShapeError} when `x` has another shape, or a channel of one value to normalise by.
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
      throw new ShapeError(
        `${who}: wanted 2 or more values a channel of an example, got ${showShape(x.shape)}`,
      )
    }
    const along = perChannel(x)
    const own = standardize(
      x,
      [...this.#axes.keys()].map((i) => i + 2),
      this.#eps,
    )
    if (runningMean && runningVar && numBatchesTracked) {
      const others = x.shape.flatMap((_, i) => (i === 1 ? [] : [i])) // every axis but the channels
      const batch = { mean: mean(own.mean, others), variance: mean(own.variance, others) }
      learn(
        { runningMean, runningVar, numBatchesTracked },
        { ...batch, count, examples: x.shape[0]! },
        this.#rule,
      )
    }
    const scaled = weight ? mul(own.y, along(weight)) : own.y
    return bias ? add(scaled, along(bias)) : scaled
  }

  /** Values a channel of one example. */
  #check(x: Tensor): number {
    if (x.shape.length !== this.#axes.length + 2 || x.shape[1] !== this.#channels) {
      const wanted = `[${['batch', this.#channels, ...this.#axes].join(', ')}]`
      throw new ShapeError(`${called(this, this.#kind)}: wanted ${wanted}, got ${showShape(x.shape)}`)
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
