import { ArgumentError } from '../../core/errors.ts'
import {
  boolean,
  choice,
  custom,
  integer,
  nested,
  number,
  type OptionsOf,
  readOptions,
  size,
  type ValuesOf,
} from '../../core/options.ts'
import { misfit, type Shape, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { batchNorm, type Normalized, normalizeBy } from '../../ops/batch-norm.ts'
import { ghostBatchNorm } from '../../ops/ghost-batch-norm.ts'
import { maskedBatchNorm } from '../../ops/masked-batch-norm.ts'
import { called, type Mode, type Module } from '../module.ts'
import { type Normalize, renormalize, renormOptions } from './renorm.ts'
import {
  checkRule,
  learn,
  type Momentum,
  momentumOption,
  type RunningStatistics,
  runningStatistics,
} from './running-statistics.ts'

export const batchNormOptions = {
  /** Added to the variance, so that a constant channel is not divided by zero. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Weight of the newest batch in the running statistics; `null` averages all batches. @default 0.1 */
  momentum: momentumOption,
  /** Whether to scale and shift by trained γ and β, or only by γ (`'weight'`) or β (`'bias'`). @default true */
  affine: custom<boolean | 'weight' | 'bias'>(
    "true, false, 'weight' or 'bias'",
    (value) => typeof value === 'boolean' || value === 'weight' || value === 'bias',
    true,
  ),
  /** Whether to keep running statistics. Without them, `eval` uses those of the batch. @default true */
  trackRunningStats: boolean(true),
  /** Whether the first batch replaces the initial running statistics rather than fading them. @default false */
  zeroDebias: boolean(false),
  /**
   * Size of a full batch. A smaller batch of n examples learns with momentum · n / fullBatchSize.
   * @default every batch is full
   */
  fullBatchSize: integer({ min: 1 }),
  /**
   * How the running statistics treat a batch with NaN or infinity: `allow` it in, `skip` the batch, or `throw`
   * at the end of the run and store nothing of it. @default 'allow'
   */
  nonFinite: choice(['allow', 'skip', 'throw'], 'allow'),
  /** Normalizes this many examples at a time by their own statistics (ghost batch normalization). */
  virtualBatchSize: integer({ min: 1 }),
  /** Corrects the batch's statistics towards the running ones (batch renormalization). */
  renorm: nested(renormOptions),
}
export interface BatchNormOptions extends OptionsOf<typeof batchNormOptions> {}

/** Names of the axes after the channels, for each accepted layout. */
type Layouts = readonly (readonly string[])[]

/**
 * Batch normalization of each channel, axis 1. As PyTorch's `nn.BatchNorm1d`, `2d` and `3d`.
 *
 *     y = weight · (x − μ)/√(σ² + eps) + bias
 *
 * In `train`, μ and σ² are the batch's own, σ² biased (÷ n), and the running statistics learn from them, with
 * the variance unbiased (÷ n − 1):
 *
 *     running ← (1 − momentum) · running + momentum · batch
 *
 * In `eval`, or while `frozen`, μ and σ² are the running statistics, which do not change. The `momentum` of
 * Keras, TensorFlow and ONNX is one minus this one.
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
  /** Number of batches that the running statistics have seen; int64. */
  readonly numBatchesTracked: Variable | undefined
  /**
   * While true, the layer uses its running statistics in `train` too, and does not change them; γ and β still
   * train. Read when a step is traced: `train.Task` notices a change, a step of your own `compile` does not.
   */
  frozen = false
  /** Added to the variance. */
  readonly eps: number
  readonly #given: BatchNormOptions
  readonly #options: ValuesOf<typeof batchNormOptions>
  readonly #kind: string
  readonly #layouts: Layouts
  readonly #channels: number

  protected constructor(kind: string, layouts: Layouts, numFeatures: number, options: BatchNormOptions) {
    const read = readOptions(kind, batchNormOptions, options)
    size.read(kind, 'numFeatures', numFeatures)
    checkRule(kind, read)
    checkRenorm(kind, read)
    this.#given = options
    this.#options = read
    this.#kind = kind
    this.#layouts = layouts
    this.#channels = numFeatures
    this.eps = read.eps
    if (read.affine === true || read.affine === 'weight') this.weight = new Variable([numFeatures], filled(1))
    if (read.affine === true || read.affine === 'bias') this.bias = new Variable([numFeatures])
    if (!read.trackRunningStats) return
    const running = runningStatistics(numFeatures, read.nonFinite === 'throw')
    this.runningMean = running.runningMean
    this.runningVar = running.runningVar
    this.numBatchesTracked = running.numBatchesTracked
  }

  /** The options that it was constructed with. */
  get options(): BatchNormOptions {
    return this.#given
  }

  /** Weight of the newest batch in the running statistics. */
  get momentum(): Momentum {
    return this.#options.momentum
  }

  /** Whether the first batch replaced the initial running statistics. */
  get zeroDebias(): boolean {
    return this.#options.zeroDebias
  }

  /** Number of examples normalized together; undefined for the whole batch. */
  get virtualBatchSize(): number | undefined {
    return this.#options.virtualBatchSize
  }

  /**
   * @param x `[batch, channels, …]`
   * @param mask bool, `[batch, …]`, false where `x` is padding, which the statistics exclude. Ignored in
   *   `eval`.
   * @returns the shape of `x`; padded positions are normalized like the others
   * @throws {ShapeError} when `x` or `mask` has another shape, or `x` has fewer than 2 values per channel in
   *   `train`.
   */
  forward(x: Tensor, mode: Mode, mask?: Tensor): Tensor {
    this.#checkShape(x.shape)
    const running = this.#running()
    const [weight, bias] = [this.weight?.value, this.bias?.value]
    if (running && (mode === 'eval' || this.frozen)) {
      return normalizeBy(x, running.runningMean.value, running.runningVar.value, weight, bias, this.eps)
    }
    const size = this.#checkCount(x.shape)
    const { y, mean, variance, count = size } = this.#normalized(x, mask, weight, bias)
    if (running) learn(running, { mean, variance, count, examples: x.shape[0]! }, this.#options)
    return y
  }

  #normalized(
    x: Tensor,
    mask: Tensor | undefined,
    weight: Tensor | undefined,
    bias: Tensor | undefined,
  ): Normalized & { readonly count?: Tensor } {
    const { eps } = this
    const { virtualBatchSize, renorm } = this.#options
    if (mask) this.#checkMaskable()
    if (virtualBatchSize) return ghostBatchNorm(x, virtualBatchSize, weight, bias, eps)
    const normalize: Normalize = (weight, bias) =>
      mask ? maskedBatchNorm(x, mask, weight, bias, eps) : batchNorm(x, weight, bias, eps)
    if (!renorm) return normalize(weight, bias)
    return renormalize(normalize, this.#running()!, weight, bias, eps, renorm)
  }

  #running(): RunningStatistics | undefined {
    const { runningMean, runningVar, numBatchesTracked } = this
    return runningMean && runningVar && numBatchesTracked && { runningMean, runningVar, numBatchesTracked }
  }

  #checkShape(shape: Shape): void {
    const fits = this.#layouts.some((layout) => layout.length + 2 === shape.length)
    if (fits && shape[1] === this.#channels) return
    const wanted = this.#layouts.map((layout) => `[${['batch', this.#channels, ...layout].join(', ')}]`)
    throw misfit(called(this, this.#kind), wanted.join(' or '), shape)
  }

  /** Values per channel that are normalized together. */
  #checkCount(shape: Shape): number {
    const examples = Math.min(shape[0]!, this.virtualBatchSize ?? Number.POSITIVE_INFINITY)
    const count = examples * sizeOf(shape.slice(2))
    if (count >= 2) return count
    throw misfit(
      called(this, this.#kind),
      '2 or more values per channel to train on',
      shape,
      'use a larger batch',
    )
  }

  #checkMaskable(): void {
    if (this.virtualBatchSize === undefined) return
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

function checkRenorm(
  kind: string,
  { renorm, virtualBatchSize, trackRunningStats }: ValuesOf<typeof batchNormOptions>,
): void {
  if (renorm && virtualBatchSize !== undefined) {
    throw new ArgumentError(`${kind}: wanted virtualBatchSize or renorm, got both; leave one of them out`)
  }
  if (renorm && !trackRunningStats) {
    throw new ArgumentError(`${kind}: wanted running statistics with renorm, got trackRunningStats: false`)
  }
}
