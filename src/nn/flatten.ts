import type { Tensor } from '../core/tensor.ts'
import { flatten } from '../ops/movement.ts'
import type { Module } from './module.ts'

/** Merges the axes from `startDim` to `endDim` into one. As PyTorch's `nn.Flatten`. */
export class Flatten implements Module {
  readonly #startDim: number
  readonly #endDim: number

  constructor(startDim: number = 1, endDim: number = -1) {
    this.#startDim = startDim
    this.#endDim = endDim
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.#startDim, this.#endDim)
  }
}
