import { checkKnown } from '../core/mismatch.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { linear } from '../ops/matmul.ts'
import { sizes } from './arguments.ts'
import { uniform } from './init.ts'
import { toDType } from './initialize.ts'
import type { Module } from './module.ts'

/**
 * `y = x · weightᵀ + bias`, on `[…, inFeatures]`. As PyTorch's `nn.Linear`.
 *
 * `weight` is `[outFeatures, inFeatures]`, `bias` is `[outFeatures]`; both start uniform in ±1/√inFeatures.
 */
export class Linear implements Module {
  readonly weight: Variable
  readonly bias: Variable | undefined

  /** @throws {ArgumentError} when a size is not a positive integer. */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    checkKnown('Linear', options, { bias: true })
    const { bias = true } = options
    sizes('Linear', { inFeatures, outFeatures })
    const limit = 1 / Math.sqrt(inFeatures)
    this.weight = new Variable([outFeatures, inFeatures], uniform(-limit, limit))
    this.bias = bias ? new Variable([outFeatures], uniform(-limit, limit)) : undefined
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight.value, this.bias?.value)
  }

  /** A new layer of the same sizes and element type with a bias, without numbers. */
  withBias(): Linear {
    const [outFeatures, inFeatures] = this.weight.shape
    return toDType(
      new Linear(inFeatures!, outFeatures!),
      this.weight.dtype === 'float64' ? 'float64' : 'float32',
    )
  }
}

interface LinearOptions {
  /** Whether to add a bias. Before batch normalization it has no effect, and can be left out. */
  readonly bias?: boolean
}
