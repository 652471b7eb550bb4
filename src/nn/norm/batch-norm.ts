import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { batchNorm, type Normalized, normalizeBy } from '../../ops/batch-norm.ts'
import { ghostBatchNorm } from '../../ops/ghost-batch-norm.ts'
import { maskedBatchNorm } from '../../ops/masked-batch-norm.ts'
import { called, positive, sizes } from '../arguments.ts'
import type { Mode, Module } from '../module.ts'
import { checkRenorm, type Normalize, type Renorm, renormalize } from './renorm.ts'
import {
  checkRule,
  type LearningRule,
  learn,
  type Momentum,
  type RunningStatistics,
} from './running-statistics.ts'

export interface BatchNormOptions {
  /** Added to the variance, so that a constant channel is not divided by zero. Positive; 1e-5. */
  readonly eps?: number
  /** The weight of the newest batch in the running statistics; 0.1. */
  readonly momentum?: Momentum
  /** Whether to scale and shift by trained γ and β, or by one of them; true. */
  readonly affine?: boolean | 'weight' | 'bias'
  /** Whether to keep running statistics; true. Without them, `eval` uses the batch's own. */
  readonly trackRunningStats?: boolean
  /** Whether the running statistics forget what they started from at once, not by momentum; false. */
  readonly zeroDebias?: boolean
  /** Examples in a full batch: one of n fewer has n/fullBatchSize of the momentum. Every batch is full by default. */
  readonly fullBatchSize?: number
  /**
   * What a batch with NaN or infinity does to the running statistics: `allow` it in, `skip` the batch, or `throw`
   * when the run ends, without storing anything of the run; `allow`.
   */
  readonly nonFinite?: 'allow' | 'skip' | 'throw'
  /** Normalise so many examples at a time, each lot by its own statistics (ghost batch normalization). */
  readonly virtualBatchSize?: number
  /** Correct the batch's statistics towards the running ones (batch renormalization). */
  readonly renorm?: Renorm
}

const optionNames = {
  eps: true,
  momentum: true,
  affine: true,
  trackRunningStats: true,
  zeroDebias: true,
  fullBatchSize: true,
  nonFinite: true,
  virtualBatchSize: true,
  renorm: true,
} as const

/** The axes after the channels, by name, for each layout that a layer takes. */
type Layouts = readonly (readonly string[])[]

/**
 * Batch normalization of each channel, axis 1. As PyTorch's `nn.BatchNorm1d`, `2d` and `3d`.
 *
 *     y = weight · (x − μ)/√(σ² + eps) + bias
 *
 * In `train`, μ and σ² are the batch's own, σ² biased (÷ n), and the running statistics learn from them, the
 * variance unbiased (÷ n − 1):
 *
 *     running ← (1 − momentum) · running + momentum · batch
 *
 * In `eval`, or while `frozen`, μ and σ² are the running statistics, and nothing is learnt. Keras's, TensorFlow's
 * and ONNX's `momentum` is one minus this one.
 *
 * Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithms 1 and 2.
 */
export abstract class BatchNorm implements Module {
  /** γ, `[channels]`, starts at 1; absent with `affine` false or `'bias'`. */
  readonly weight: Variable | undefined
  /** β, `[channels]`, starts at 0; absent with `affine` false or `'weight'`. */
  readonly bias: Variable | undefined
  /** `[channels]`, starts at 0; absent with `trackRunningStats: false`. */
  readonly runningMean: Variable | undefined
  /** `[channels]`, unbiased, starts at 1. */
  readonly runningVar: Variable | undefined
  /** How many batches the running statistics have seen; int64. */
  readonly numBatchesTracked: Variable | undefined
  /**
   * While true, the layer uses its running statistics in `train` as well, and does not change them; γ and β are
   * trained on. Read when a step is traced: `train.Task` notices a change, a step of your own `compile` does not.
   */
  frozen = false
  /** Added to the variance. */
  readonly eps: number
  readonly #options: BatchNormOptions
  readonly #kind: string
  readonly #layouts: Layouts
  readonly #channels: number
  readonly #rule: LearningRule
  readonly #virtualBatchSize: number | undefined
  readonly #renorm: Renorm | undefined

  protected constructor(kind: string, layouts: Layouts, numFeatures: number, options: BatchNormOptions) {
    checkKnown(kind, options, optionNames)
    sizes(kind, { numFeatures })
    const { eps = 1e-5, affine = true, trackRunningStats = true, virtualBatchSize, renorm } = options
    const { momentum = 0.1, zeroDebias = false, fullBatchSize, nonFinite = 'allow' } = options
    this.#rule = { momentum, zeroDebias, fullBatchSize, nonFinite }
    check(kind, options, this.#rule, eps)
    this.#options = options
    this.#kind = kind
    this.#layouts = layouts
    this.#channels = numFeatures
    this.eps = eps
    this.#virtualBatchSize = virtualBatchSize
    this.#renorm = renorm
    if (affine === true || affine === 'weight') this.weight = new Variable([numFeatures], filled(1))
    if (affine === true || affine === 'bias') this.bias = new Variable([numFeatures])
    if (trackRunningStats) {
      const kept = { trainable: false, finite: nonFinite === 'throw' }
      this.runningMean = new Variable([numFeatures], filled(0), kept)
      this.runningVar = new Variable([numFeatures], filled(1), kept)
      this.numBatchesTracked = new Variable([], filled(0), { trainable: false, dtype: 'int64' })
    }
  }

  /** What it was made with. */
  get options(): BatchNormOptions {
    return this.#options
  }

  /** The weight of the newest batch in the running statistics. */
  get momentum(): Momentum {
    return this.#rule.momentum
  }

  /** Whether nothing of the first mean and variance is left in the running statistics once a batch was seen. */
  get zeroDebias(): boolean {
    return this.#rule.zeroDebias
  }

  /** How many examples are normalised together; the whole batch where it is absent. */
  get virtualBatchSize(): number | undefined {
    return this.#virtualBatchSize
  }

  /**
   * @param x `[batch, channels, …]`
   * @param mask bool, `[batch, …]`, false where `x` is padding: the statistics leave it out. Ignored in `eval`.
   * @returns the shape of `x`; padded positions are normalised as the others
   * @throws {ShapeError} when `x` or `mask` has another shape, or, in `train`, `x` fewer than 2 values a channel.
   */
  forward(x: Tensor, mode: Mode, mask?: Tensor): Tensor {
    this.#checkShape(x.shape)
    const running = this.#running()
    const [weight, bias] = [this.weight?.value, this.bias?.value]
    if (running && (mode === 'eval' || this.frozen)) {
      return normalizeBy(x, running.runningMean.value, running.runningVar.value, weight, bias, this.eps)
    }
    const lot = this.#checkCount(x.shape)
    const { y, mean, variance, count = lot } = this.#normalized(x, mask, weight, bias)
    if (running) learn(running, { mean, variance, count, examples: x.shape[0]! }, this.#rule)
    return y
  }

  #normalized(
    x: Tensor,
    mask: Tensor | undefined,
    weight: Tensor | undefined,
    bias: Tensor | undefined,
  ): Normalized & { readonly count?: Tensor } {
    const { eps } = this
    if (mask) this.#checkMaskable()
    if (this.#virtualBatchSize) return ghostBatchNorm(x, this.#virtualBatchSize, weight, bias, eps)
    const normalize: Normalize = (weight, bias) =>
      mask ? maskedBatchNorm(x, mask, weight, bias, eps) : batchNorm(x, weight, bias, eps)
    if (!this.#renorm) return normalize(weight, bias)
    return renormalize(normalize, this.#running()!, weight, bias, eps, this.#renorm)
  }

  #running(): RunningStatistics | undefined {
    const { runningMean, runningVar, numBatchesTracked } = this
    return runningMean && runningVar && numBatchesTracked && { runningMean, runningVar, numBatchesTracked }
  }

  #checkShape(shape: Shape): void {
    const fits = this.#layouts.some((layout) => layout.length + 2 === shape.length)
    if (fits && shape[1] === this.#channels) return
    const wanted = this.#layouts.map((layout) => `[${['batch', this.#channels, ...layout].join(', ')}]`)
    throw new ShapeError(
      `${called(this, this.#kind)}: wanted ${wanted.join(' or ')}, got ${showShape(shape)}`,
    )
  }

  /** Values a channel that are normalised together. */
  #checkCount(shape: Shape): number {
    const examples = Math.min(shape[0]!, this.#virtualBatchSize ?? Number.POSITIVE_INFINITY)
    const count = examples * sizeOf(shape.slice(2))
    if (count >= 2) return count
    throw new ShapeError(
      `${called(this, this.#kind)}: wanted 2 or more values a channel to train on, got ${showShape(shape)}; use a larger batch`,
    )
  }

  #checkMaskable(): void {
    if (this.#virtualBatchSize === undefined) return
    throw new ArgumentError(
      `${called(this, this.#kind)}: wanted no mask with virtualBatchSize, got one; leave one of them out`,
    )
  }
}

/** Batch normalization of `[batch, channels]` or `[batch, channels, length]`. */
export class BatchNorm1d extends BatchNorm {
  /** @throws {ArgumentError} when `numFeatures` or an option is out of range. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm1d', [[], ['length']], numFeatures, options)
  }
}

/** Batch normalization of `[batch, channels, height, width]`. */
export class BatchNorm2d extends BatchNorm {
  /** @throws {ArgumentError} when `numFeatures` or an option is out of range. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm2d', [['height', 'width']], numFeatures, options)
  }
}

/** Batch normalization of `[batch, channels, depth, height, width]`. */
export class BatchNorm3d extends BatchNorm {
  /** @throws {ArgumentError} when `numFeatures` or an option is out of range. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm3d', [['depth', 'height', 'width']], numFeatures, options)
  }
}

function check(
  kind: string,
  { virtualBatchSize, renorm, trackRunningStats = true }: BatchNormOptions,
  rule: LearningRule,
  eps: number,
): void {
  positive(kind, eps)
  checkRule(kind, rule)
  if (virtualBatchSize !== undefined) sizes(kind, { virtualBatchSize })
  if (!renorm) return
  checkRenorm(kind, renorm)
  if (virtualBatchSize !== undefined) {
    throw new ArgumentError(`${kind}: wanted virtualBatchSize or renorm, got both; leave one of them out`)
  }
  if (!trackRunningStats) {
    throw new ArgumentError(`${kind}: wanted running statistics with renorm, got trackRunningStats: false`)
  }
}
