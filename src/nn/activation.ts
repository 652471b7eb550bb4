import type { Tensor } from '../core/tensor.ts'
import { relu } from '../ops/activation.ts'
import type { Module } from './module.ts'

/** `max(x, 0)`, as a layer. */
export class ReLU implements Module {
  forward(x: Tensor): Tensor {
    return relu(x)
  }
}
