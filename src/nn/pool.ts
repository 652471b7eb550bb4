import { type Declared, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from '../ops/adaptive-pool.ts'
import {
  type AveragePoolOptions,
  averagePoolOptions,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPoolOptions,
} from '../ops/pool.ts'
import { type PerAxis, sizes } from '../ops/window.ts'
import type { Module } from './module.ts'

/** An operator with a size and options, as a layer. */
abstract class Pool<Options> implements Module {
  readonly #forward: (x: Tensor) => Tensor

  constructor(
    [who, rank, pool, declared]: readonly [
      who: string,
      rank: number,
      pool: (x: Tensor, size: PerAxis, options?: Options) => Tensor,
      declared?: Declared,
    ],
    size: PerAxis,
    options?: Options,
  ) {
    sizes(rank).read(who, declared ? 'kernelSize' : 'outputSize', size)
    readOptions(who, declared ?? {}, options)
    this.#forward = (x) => pool(x, size, options)
  }

  forward(x: Tensor): Tensor {
    return this.#forward(x)
  }
}

/** The greatest element of each window of `[batch, channels, length]`. As PyTorch's `nn.MaxPool1d`; see `ops.maxPool1d`. */
export class MaxPool1d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options?: MaxPoolOptions) {
    super(['MaxPool1d', 1, maxPool1d, maxPoolOptions(1)], kernelSize, options)
  }
}

/** The greatest element of each window of `[batch, channels, height, width]`. As PyTorch's `nn.MaxPool2d`. */
export class MaxPool2d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options?: MaxPoolOptions) {
    super(['MaxPool2d', 2, maxPool2d, maxPoolOptions(2)], kernelSize, options)
  }
}

/** The mean of each window of `[batch, channels, length]`. As PyTorch's `nn.AvgPool1d`; see `ops.avgPool1d`. */
export class AvgPool1d extends Pool<AveragePoolOptions> {
  constructor(kernelSize: PerAxis, options?: AveragePoolOptions) {
    super(['AvgPool1d', 1, avgPool1d, averagePoolOptions(1)], kernelSize, options)
  }
}

/** The mean of each window of `[batch, channels, height, width]`. As PyTorch's `nn.AvgPool2d`. */
export class AvgPool2d extends Pool<AveragePoolOptions> {
  constructor(kernelSize: PerAxis, options?: AveragePoolOptions) {
    super(['AvgPool2d', 2, avgPool2d, averagePoolOptions(2)], kernelSize, options)
  }
}

/** Means of `outputSize` windows that cover `[batch, channels, length]`. As PyTorch's `nn.AdaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends Pool<never> {
  constructor(outputSize: PerAxis) {
    super(['AdaptiveAvgPool1d', 1, adaptiveAvgPool1d], outputSize)
  }
}

/** Means of windows that cover `[batch, channels, height, width]`. As PyTorch's `nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends Pool<never> {
  constructor(outputSize: PerAxis) {
    super(['AdaptiveAvgPool2d', 2, adaptiveAvgPool2d], outputSize)
  }
}
