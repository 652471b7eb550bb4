import { ArgumentError, ShapeError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { show, sizeOf } from '../core/shape.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import { add, div, mul, sub } from '../ops/arithmetic.ts'
import { batchNorm, normalizeBy } from '../ops/batch-norm.ts'
import { cast } from '../ops/compare.ts'
import { sizes } from './arguments.ts'
import type { Mode, Module } from './module.ts'

/**
 * Batch normalization of each channel of `[batch, channels]` or `[batch, channels, length]`. As PyTorch's
 * `nn.BatchNorm1d`.
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
export class BatchNorm1d implements Module {
  /** γ, `[channels]`, starts at 1; absent with `affine: false`. */
  readonly weight: Variable | undefined
  /** β, `[channels]`, starts at 0; absent with `affine: false`. */
  readonly bias: Variable | undefined
  /** `[channels]`, starts at 0; absent with `trackRunningStats: false`. */
  readonly runningMean: Variable | undefined
  /** `[channels]`, unbiased, starts at 1. */
  readonly runningVar: Variable | undefined
  /** How many batches the running statistics have seen; int64. */
  readonly numBatchesTracked: Variable | undefined
  /** While true, the layer uses its running statistics in `train` as well, and does not change them. */
  frozen = false
  readonly #channels: number
  readonly #eps: number
  readonly #momentum: Momentum

  /** @throws {ArgumentError} when `numFeatures` is not a positive integer, `eps` not positive, or `momentum` not in [0, 1]. */
  constructor(
    numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true }: BatchNormOptions = {},
  ) {
    sizes('BatchNorm1d', { numFeatures })
    check(eps, momentum)
    this.#channels = numFeatures
    this.#eps = eps
    this.#momentum = momentum
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
   * @param x `[batch, channels]` or `[batch, channels, length]`
   * @returns the shape of `x`
   * @throws {ShapeError} when `x` has another shape, or, in `train`, fewer than 2 values a channel.
   */
  forward(x: Tensor, mode: Mode): Tensor {
    if ((x.shape.length !== 2 && x.shape.length !== 3) || x.shape[1] !== this.#channels) {
      const wanted = `[batch, ${this.#channels}] or [batch, ${this.#channels}, length]`
      throw new ShapeError(`${this.#name()}: wanted ${wanted}, got ${show(x.shape)}`)
    }
    const { runningMean, runningVar, weight, bias } = this
    if (runningMean && runningVar && (mode === 'eval' || this.frozen)) {
      return normalizeBy(x, runningMean.value, runningVar.value, weight?.value, bias?.value, this.#eps)
    }
    const n = sizeOf(x.shape) / this.#channels
    if (n < 2) {
      throw new ShapeError(
        `${this.#name()}: wanted 2 or more values a channel to train on, got ${show(x.shape)}; use a larger batch`,
      )
    }
    const { y, mean, variance } = batchNorm(x, weight?.value, bias?.value, this.#eps)
    this.#learn(mean, variance, n / (n - 1))
    return y
  }

  #learn(mean: Tensor, variance: Tensor, unbias: number): void {
    const { runningMean, runningVar, numBatchesTracked } = this
    if (!runningMean || !runningVar || !numBatchesTracked) return
    const seen = add(numBatchesTracked.value, scalar(1, 'int64'))
    numBatchesTracked.assign(seen)
    const momentum =
      this.#momentum === null
        ? div(scalar(1, mean.dtype), cast(seen, mean.dtype))
        : hyperparameter(this.#momentum, mean.dtype)
    const blend = (old: Tensor, next: Tensor, factor: number): Tensor =>
      add(mul(old, sub(1, momentum)), mul(next, mul(momentum, factor)))
    runningMean.assign(blend(runningMean.value, mean, 1))
    runningVar.assign(blend(runningVar.value, variance, unbias))
  }

  #name(): string {
    return nameOf(this) ? `${nameOf(this)} (BatchNorm1d)` : 'BatchNorm1d'
  }
}

/** The weight of the newest batch, 0 to 1, or a schedule of it; `null` for the plain average of all batches. */
export type Momentum = number | ((step: number) => number) | null

export interface BatchNormOptions {
  /** Added to the variance, so that a constant channel is not divided by zero. Positive; 1e-5. */
  readonly eps?: number
  /** The weight of the newest batch in the running statistics; 0.1. */
  readonly momentum?: Momentum
  /** Whether to scale and shift by trained γ and β; true. */
  readonly affine?: boolean
  /** Whether to keep running statistics; true. Without them, `eval` uses the batch's own. */
  readonly trackRunningStats?: boolean
}

function check(eps: number, momentum: Momentum): void {
  if (!(eps > 0 && eps < Number.POSITIVE_INFINITY)) {
    throw new ArgumentError(`BatchNorm1d: wanted eps as a positive number, got ${eps}`)
  }
  if (typeof momentum === 'number' && !(momentum >= 0 && momentum <= 1)) {
    throw new ArgumentError(
      `BatchNorm1d: wanted momentum from 0 to 1, null or a schedule, got ${momentum}; it is the weight of the newest batch`,
    )
  }
}
