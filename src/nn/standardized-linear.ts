import { number, type OptionsOf, readOptions, size } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import { linear } from '../ops/matmul.ts'
import { standardize } from '../ops/standardize.ts'
import { uniform } from './init.ts'
import { biasOption } from './linear.ts'
import type { Module } from './module.ts'

const options = {
  ...biasOption,
  /** Factor c of the weights. @default √(2/(1 − 1/π)) = 1.713, with which ReLUs of unit inputs have variance 1 again */
  scale: number({ above: 0 }, Math.sqrt(2 / (1 - 1 / Math.PI))),
}
interface StandardizedLinearOptions extends OptionsOf<typeof options> {}

/** Added to the variance of a row of weights. */
const eps = 1e-6

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
export class StandardizedLinear implements Module {
  readonly weight: Variable
  readonly gain: Variable
  readonly bias: Variable | undefined
  readonly #factor: number

  /** @throws {ArgumentError} when a size is not a positive integer, or `scale` not above 0. */
  constructor(inFeatures: number, outFeatures: number, given?: StandardizedLinearOptions) {
    const { bias, scale } = readOptions('StandardizedLinear', options, given)
    size.read('StandardizedLinear', 'inFeatures', inFeatures)
    size.read('StandardizedLinear', 'outFeatures', outFeatures)
    const limit = 1 / Math.sqrt(inFeatures)
    this.weight = new Variable([outFeatures, inFeatures], uniform(-limit, limit))
    this.gain = new Variable([outFeatures, 1], filled(1))
    this.bias = bias ? new Variable([outFeatures]) : undefined
    this.#factor = scale * limit
  }

  /** @param x `[…, inFeatures]` @returns `[…, outFeatures]` */
  forward(x: Tensor): Tensor {
    const { y } = standardize(this.weight.value, [1], eps)
    return linear(x, mul(mul(y, this.gain.value), this.#factor), this.bias?.value)
  }
}
