import { type Declared, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from '../ops/adaptive-pool.ts'
import * as ops from '../ops/pool.ts'
import { type PerAxis, sizes } from '../ops/window.ts'
import type { Module } from './module.ts'

type PoolClass<O> = new (kernelSize: PerAxis, options?: O) => { forward(x: Tensor): Tensor }

/** Returns a base class for layers that apply the pooling `op`. Error messages call the size argument `name`. */
function pool<O>(
  who: string,
  rank: number,
  op: ops.WindowOperator<O>,
  declared: (rank: number) => Declared,
  name: string = 'kernelSize',
): PoolClass<O> {
  return class implements Module {
    readonly #apply: (x: Tensor) => Tensor
    constructor(size: PerAxis, options?: O) {
      sizes(rank).read(who, name, size)
      readOptions(who, declared(rank), options)
      this.#apply = (x) => op(x, size, options)
    }
    forward(x: Tensor): Tensor {
      return this.#apply(x)
    }
  }
}

/** Returns a base class for adaptive pooling, whose only argument is the size of the output. */
const adaptive = (
  who: string,
  rank: number,
  op: (x: Tensor, outputSize: PerAxis) => Tensor,
): (new (
  outputSize: PerAxis,
) => { forward(x: Tensor): Tensor }) => pool(who, rank, op, () => ({}), 'outputSize')

/** Maximum of each window of `[batch, channels, length]`. Like PyTorch's `nn.MaxPool1d`. */
export class MaxPool1d extends pool('MaxPool1d', 1, ops.maxPool1d, ops.maxPoolOptions) {}

/** Maximum of each window of `[batch, channels, height, width]`. Like PyTorch's `nn.MaxPool2d`. */
export class MaxPool2d extends pool('MaxPool2d', 2, ops.maxPool2d, ops.maxPoolOptions) {}

/** Mean of each window of `[batch, channels, length]`. Like PyTorch's `nn.AvgPool1d`; see `ops.avgPool1d`. */
export class AvgPool1d extends pool('AvgPool1d', 1, ops.avgPool1d, ops.averagePoolOptions) {}

/** Mean of each window of `[batch, channels, height, width]`. Like PyTorch's `nn.AvgPool2d`. */
export class AvgPool2d extends pool('AvgPool2d', 2, ops.avgPool2d, ops.averagePoolOptions) {}

/** Means over `outputSize` windows that cover `[batch, channels, length]`. Like PyTorch's `nn.AdaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends adaptive('AdaptiveAvgPool1d', 1, adaptiveAvgPool1d) {}

/** Means over windows that cover `[batch, channels, height, width]`. Like PyTorch's `nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends adaptive('AdaptiveAvgPool2d', 2, adaptiveAvgPool2d) {}
