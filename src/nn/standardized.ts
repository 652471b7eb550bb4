import { number, type OptionsOf } from '../core/options.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import { standardize } from '../ops/standardize.ts'
import { uniform } from './init.ts'
import { biasOption } from './linear.ts'

/** Options of layers whose weights are standardized. */
export const standardizedOptions = {
  ...biasOption,
  /** Factor c of the weights. @default √(2/(1 − 1/π)) = 1.713, with which ReLUs of unit inputs have variance 1 again */
  scale: number({ above: 0 }, Math.sqrt(2 / (1 - 1 / Math.PI))),
}
export interface StandardizedOptions extends OptionsOf<typeof standardizedOptions> {}

/** Added to the variance of the weights of an output. */
const eps = 1e-6

/** The variables of a layer whose weights are standardized per output, the first axis of `weight`. */
export interface StandardizedState {
  readonly weight: Variable
  readonly gain: Variable
  readonly bias: Variable | undefined
}

/** Makes the variables of a layer: weights uniform in ±1/√n, n weights an output; gains 1, and biases 0. */
export function standardizedState(shape: Shape, bias: boolean): StandardizedState {
  const limit = 1 / Math.sqrt(sizeOf(shape.slice(1)))
  return {
    weight: new Variable(shape, uniform(-limit, limit)),
    gain: new Variable(
      shape.map((size, i) => (i === 0 ? size : 1)),
      filled(1),
    ),
    bias: bias ? new Variable([shape[0]!]) : undefined,
  }
}

/**
 * Computes `gainᵢ · c · (wᵢ − mean(wᵢ)) / √(n · (var(wᵢ) + 1e-6))`, with mean and biased variance over the n weights of
 * output i.
 *
 * Source: Brock et al. 2021, https://arxiv.org/abs/2101.08692, equation 1.
 */
export function standardizedWeight({ weight, gain }: StandardizedState, scale: number): Tensor {
  const inputs = weight.shape.slice(1)
  const axes = inputs.map((_, i) => i + 1)
  const { y } = standardize(weight.value, axes, eps)
  return mul(mul(y, gain.value), scale / Math.sqrt(sizeOf(inputs)))
}
