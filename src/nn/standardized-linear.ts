import { readOptions, size } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { linear } from '../ops/matmul.ts'
import type { Module } from './module.ts'
import {
  type StandardizedOptions,
  type StandardizedState,
  standardizedOptions,
  standardizedState,
  standardizedWeight,
} from './standardized.ts'

/**
 * Linear layer whose weights are standardized per output before use, so that it preserves the variance of its inputs
 * without a normalization of activations. Identical in `train` and `eval`; independent of the batch.
 *
 *     y = x · ŵᵀ + bias        ŵᵢ = gainᵢ · c · (wᵢ − mean(wᵢ)) / √(inFeatures · (var(wᵢ) + 1e-6))
 *
 * with mean and biased variance over the `inFeatures` weights of output i. Up to the 1e-6, the output does not depend on
 * the size of `weight`, as before batch normalization.
 *
 * `weight` is `[outFeatures, inFeatures]`; `gain`, initialized to 1, is `[outFeatures, 1]`; `bias`, initialized to 0, is
 * `[outFeatures]`.
 *
 * Source: Brock et al. 2021, https://arxiv.org/abs/2101.08692, equation 1 (scaled weight standardization); Qiao et al.
 * 2019, https://arxiv.org/abs/1903.10520 (weight standardization).
 */
export class StandardizedLinear implements Module, StandardizedState {
  readonly weight: Variable
  readonly gain: Variable
  readonly bias: Variable | undefined
  readonly #scale: number

  /** @throws {ArgumentError} when a size is not a positive integer, or `scale` not above 0. */
  constructor(inFeatures: number, outFeatures: number, given?: StandardizedOptions) {
    const { bias, scale } = readOptions('StandardizedLinear', standardizedOptions, given)
    size.read('StandardizedLinear', 'inFeatures', inFeatures)
    size.read('StandardizedLinear', 'outFeatures', outFeatures)
    ;({
      weight: this.weight,
      gain: this.gain,
      bias: this.bias,
    } = standardizedState([outFeatures, inFeatures], bias))
    this.#scale = scale
  }

  /** @param x `[…, inFeatures]` @returns `[…, outFeatures]` */
  forward(x: Tensor): Tensor {
    return linear(x, standardizedWeight(this, this.#scale), this.bias?.value)
  }
}
