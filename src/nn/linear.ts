import { boolean, type OptionsOf, readOptions, size } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { linear } from '../ops/matmul.ts'
import { uniform } from './init.ts'
import { toDType } from './initialize.ts'
import type { Module } from './module.ts'

export const biasOption = {
  /** Whether to add a bias. It is redundant if batch normalization follows directly. @default true */
  bias: boolean(true),
}
interface LinearOptions extends OptionsOf<typeof biasOption> {}

/**
 * `y = x · weightᵀ + bias` for `x` of shape `[…, inFeatures]`. Like PyTorch's `nn.Linear`.
 *
 * `weight` is `[outFeatures, inFeatures]`, `bias` is `[outFeatures]`. Both are initialized uniformly in [−a, a] with
 * a = 1/√inFeatures.
 */
export class Linear implements Module {
  readonly weight: Variable
  readonly bias: Variable | undefined

  /** @throws {ArgumentError} when a size is not a positive integer. */
  constructor(inFeatures: number, outFeatures: number, given?: LinearOptions) {
    const { bias } = readOptions('Linear', biasOption, given)
    size.read('Linear', 'inFeatures', inFeatures)
    size.read('Linear', 'outFeatures', outFeatures)
    const limit = 1 / Math.sqrt(inFeatures)
    this.weight = new Variable([outFeatures, inFeatures], uniform(-limit, limit))
    this.bias = bias ? new Variable([outFeatures], uniform(-limit, limit)) : undefined
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight.value, this.bias?.value)
  }

  /** Returns a new, uninitialized layer with the same sizes and element type, but with a bias. */
  withBias(): Linear {
    const [outFeatures, inFeatures] = this.weight.shape
    const layer = new Linear(inFeatures!, outFeatures!)
    return toDType(layer, this.weight.dtype === 'float64' ? 'float64' : 'float32')
  }
}
