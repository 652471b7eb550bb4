import type { Tensor } from '../core/tensor.ts'
import { checkLayer, checkMode, type Mode, type Module } from './module.ts'

/** Runs modules one after another. They are numbered in state names, as in PyTorch: `0.weight`, `2.bias`. */
export class Sequential implements Module {
  readonly [index: number]: Module
  readonly length: number

  /** @throws {ArgumentError} when a layer is not a module, but for instance a list or a class. */
  constructor(...layers: readonly Module[]) {
    for (const [i, layer] of layers.entries()) checkLayer('Sequential', `layer ${i}`, layer)
    Object.assign(this, layers)
    this.length = layers.length
  }

  forward(x: Tensor, mode: Mode): Tensor {
    checkMode(this, 'Sequential', mode)
    return Array.from(this).reduce((h, layer) => layer.forward(h, mode), x)
  }

  *[Symbol.iterator](): Generator<Module> {
    for (let i = 0; i < this.length; i++) yield this[i]!
  }
}
