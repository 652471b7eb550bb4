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
import { called, isTraining, type Mode, type Module } from '../module.ts'
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
  /** Added to the variance, to avoid division by zero in a constant channel. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Weight of the newest batch in the running statistics; `null` weights all batches equally. @default 0.1 */
  momentum: momentumOption,
  /** Whether to learn a scale γ and a shift β, or only γ (`'weight'`) or β (`'bias'`). @default true */
  affine: custom<boolean | 'weight' | 'bias'>(
    "true, false, 'weight' or 'bias'",
    (value) => typeof value === 'boolean' || value === 'weight' || value === 'bias',
    true,
  ),
  /** Whether `eval` uses the running statistics collected in `train`, not those of the batch. @default true */
  trackRunningStats: boolean(true),
  /** Whether to correct running statistics for their initial values, like Adam's bias correction. @default false */
  zeroDebias: boolean(false),
  /**
   * Number of examples in a full batch. A smaller batch, of n examples, has a lower weight in the running statistics:
   * momentum · n / fullBatchSize. @default every batch is full
   */
  fullBatchSize: integer({ min: 1 }),
  /**
   * What to do with a batch whose statistics contain NaN or infinity: `allow` includes them in the running
   * statistics, `skip` ignores them, `throw` makes the step throw without changing a variable. @default 'allow'
   */
  nonFinite: choice(['allow', 'skip', 'throw'], 'allow'),
  /** Number of examples to normalize together (ghost batch normalization). @default the batch size */
  virtualBatchSize: integer({ min: 1 }),
  /** Turns on batch renormalization, with these limits. @default plain batch normalization */
  renorm: nested(renormOptions),
}
export interface BatchNormOptions extends OptionsOf<typeof batchNormOptions> {}
type Values = ValuesOf<typeof batchNormOptions>

/** Accepted layouts of the input, each as a list of names of the axes after `[batch, channels]`. */
type Layouts = readonly (readonly string[])[]

/**
 * Batch normalization of each channel (axis 1). Like PyTorch's `nn.BatchNorm1d`, `2d` and `3d`.
 *
 *     y = weight · (x − μ)/√(σ² + eps) + bias
 *
 * In `train`, μ and σ² are the mean and the biased variance (÷ n) of the batch. The running statistics are updated
 * with the mean and the unbiased variance (÷ n − 1):
 *
 *     running ← (1 − momentum) · running + momentum · batch
 *
 * In `eval`, or while `frozen`, μ and σ² are the running statistics, which do not change. `momentum` has the same
 * meaning as in PyTorch: 1 minus the `momentum` of Keras, TensorFlow and ONNX.
 *
 * Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithms 1 and 2.
 */
export abstract class BatchNorm implements Module {
  /** Scale γ, `[channels]`, initialized to 1; absent if `affine` is false or `'bias'`. */
  readonly weight: Variable | undefined
  /** Shift β, `[channels]`, initialized to 0; absent if `affine` is false or `'weight'`. */
  readonly bias: Variable | undefined
  /** Running mean, `[channels]`, initialized to 0; absent with `trackRunningStats: false`. */
  readonly runningMean: Variable | undefined
  /** Running unbiased variance, `[channels]`, initialized to 1; absent with `trackRunningStats: false`. */
  readonly runningVar: Variable | undefined
  /** Number of batches that have updated the running statistics; an int64 scalar. */
  readonly numBatchesTracked: Variable | undefined
  /** Added to the variance to avoid division by zero. */
  readonly eps: number
  /** Weight of the newest batch in the running statistics. */
  readonly momentum: Momentum
  /** Whether running statistics are corrected for their initial values, like Adam's averages. */
  readonly zeroDebias: boolean
  /** Number of examples that are normalized together; undefined for all examples of the batch. */
  readonly virtualBatchSize: number | undefined
  readonly #given: BatchNormOptions
  readonly #options: Values
  readonly #kind: string
  readonly #layouts: Layouts
  readonly #channels: number
  #frozen: boolean | undefined

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
    this.momentum = read.momentum
    this.zeroDebias = read.zeroDebias
    this.virtualBatchSize = read.virtualBatchSize
    if (read.affine === true || read.affine === 'weight') this.weight = new Variable([numFeatures], filled(1))
    if (read.affine === true || read.affine === 'bias') this.bias = new Variable([numFeatures])
    if (!read.trackRunningStats) return
    Object.assign(this, runningStatistics(numFeatures, read.nonFinite === 'throw'))
  }

  /** The options with which the layer was constructed. */
  get options(): BatchNormOptions {
    return this.#given
  }

  /**
   * Whether to use the running statistics in `train` too, without updating them. Read when a step is traced:
   * `train.Task` traces again after a change, other compiled steps do not.
   *
   * @default true while γ and β are locked (see `requiresGrad`), as in Keras; PyTorch's layer keeps learning statistics
   */
  get frozen(): boolean {
    if (this.#frozen !== undefined) return this.#frozen
    const affine = [this.weight, this.bias].filter((one) => one !== undefined)
    return affine.length > 0 && affine.every(({ trainable }) => !trainable)
  }

  set frozen(value: boolean) {
    this.#frozen = value
  }

  /**
   * @param x `[batch, channels, …]`
   * @param mask bool `[batch, …]`, false where `x` is padding, which is excluded from the statistics; ignored in
   *   `eval`
   * @returns normalized `x`, padded positions included
   * @throws {ArgumentError} unless `mode` is `train` or `eval`.
   * @throws {ShapeError} when the shape of `x` or `mask` does not fit, or `train` gets < 2 values per channel.
   */
  forward(x: Tensor, mode: Mode, mask?: Tensor): Tensor {
    const training = isTraining(this, this.#kind, mode) && !this.frozen
    this.#checkShape(x.shape)
    const running = this.#running()
    const [weight, bias] = [this.weight?.value, this.bias?.value]
    if (running && !training) {
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
    if (mask && virtualBatchSize !== undefined) {
      const who = called(this, this.#kind)
      throw new ArgumentError(`${who}: wanted no mask with virtualBatchSize, got one; leave one of them out`)
    }
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

  /** Checks and returns the number of values per channel from which mean and variance are computed. */
  #checkCount(shape: Shape): number {
    const examples = Math.min(shape[0]!, this.virtualBatchSize ?? Number.POSITIVE_INFINITY)
    const count = examples * sizeOf(shape.slice(2))
    if (count >= 2) return count
    const wanted = '2 or more values per channel to train on'
    throw misfit(called(this, this.#kind), wanted, shape, 'use a larger batch')
  }
}

type BatchNormClass = new (numFeatures: number, options?: BatchNormOptions) => BatchNorm

/** Returns a base class for batch normalization of inputs that have one of the given layouts. */
const batchNormOf = (kind: string, ...layouts: Layouts): BatchNormClass =>
  class extends BatchNorm {
    constructor(numFeatures: number, options: BatchNormOptions = {}) {
      super(kind, layouts, numFeatures, options)
    }
  }

/** Batch normalization of `[batch, channels]` or `[batch, channels, length]`. */
export class BatchNorm1d extends batchNormOf('BatchNorm1d', [], ['length']) {}

/** Batch normalization of `[batch, channels, height, width]`. */
export class BatchNorm2d extends batchNormOf('BatchNorm2d', ['height', 'width']) {}

/** Batch normalization of `[batch, channels, depth, height, width]`. */
export class BatchNorm3d extends batchNormOf('BatchNorm3d', ['depth', 'height', 'width']) {}

function checkRenorm(kind: string, { renorm, virtualBatchSize, trackRunningStats }: Values): void {
  if (renorm && virtualBatchSize !== undefined) {
    throw new ArgumentError(`${kind}: wanted virtualBatchSize or renorm, got both; leave one of them out`)
  }
  if (renorm && !trackRunningStats) {
    throw new ArgumentError(`${kind}: wanted running statistics with renorm, got trackRunningStats: false`)
  }
}
