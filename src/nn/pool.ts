import type { Tensor } from '../core/tensor.ts'
import type { PerAxis } from '../ops/convolution.ts'
import {
  type AveragePoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
} from '../ops/pool.ts'
import type { Module } from './module.ts'

/** A function with a size, and perhaps options, as a layer. */
abstract class Pool<Options> implements Module {
  readonly #pool: (x: Tensor, size: PerAxis, options?: Options) => Tensor
  readonly #size: PerAxis
  readonly #options: Options | undefined

  constructor(
    pool: (x: Tensor, size: PerAxis, options?: Options) => Tensor,
    size: PerAxis,
    options?: Options,
  ) {
    this.#pool = pool
    this.#size = size
    this.#options = options
  }

  forward(x: Tensor): Tensor {
    return this.#pool(x, this.#size, this.#options)
  }
}

/** The greatest element of each window of `[batch, channels, length]`. As PyTorch's `nn.MaxPool1d`; see `ops.maxPool1d`. */
export class MaxPool1d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options?: MaxPoolOptions) {
    super(maxPool1d, kernelSize, options)
  }
}

/** The greatest element of each window of `[batch, channels, height, width]`. As PyTorch's `nn.MaxPool2d`. */
export class MaxPool2d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options?: MaxPoolOptions) {
    super(maxPool2d, kernelSize, options)
  }
}

/** The mean of each window of `[batch, channels, length]`. As PyTorch's `nn.AvgPool1d`; see `ops.avgPool1d`. */
export class AvgPool1d extends Pool<AveragePoolOptions> {
  constructor(kernelSize: PerAxis, options?: AveragePoolOptions) {
    super(avgPool1d, kernelSize, options)
  }
}

/** The mean of each window of `[batch, channels, height, width]`. As PyTorch's `nn.AvgPool2d`. */
export class AvgPool2d extends Pool<AveragePoolOptions> {
  constructor(kernelSize: PerAxis, options?: AveragePoolOptions) {
    super(avgPool2d, kernelSize, options)
  }
}

/** Means of `outputSize` windows that cover `[batch, channels, length]`. As PyTorch's `nn.AdaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends Pool<never> {
  constructor(outputSize: PerAxis) {
    super(adaptiveAvgPool1d, outputSize)
  }
}

/** Means of windows that cover `[batch, channels, height, width]`. As PyTorch's `nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends Pool<never> {
  constructor(outputSize: PerAxis) {
    super(adaptiveAvgPool2d, outputSize)
  }
}
