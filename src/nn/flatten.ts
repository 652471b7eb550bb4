import { integer } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { flatten } from '../ops/movement.ts'
import type { Module } from './module.ts'

const axis = integer()

/** Merges the axes from `startDim` to `endDim`, both included, into one. Like PyTorch's `nn.Flatten`. */
export class Flatten implements Module {
  readonly #flatten: (x: Tensor) => Tensor

  constructor(startDim: number = 1, endDim: number = -1) {
    axis.read('Flatten', 'startDim', startDim)
    axis.read('Flatten', 'endDim', endDim)
    this.#flatten = (x) => flatten(x, startDim, endDim)
  }

  forward(x: Tensor): Tensor {
    return this.#flatten(x)
  }
}
