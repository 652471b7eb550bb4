import { ArgumentError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'
import { dropout } from '../ops/dropout.ts'
import type { Mode, Module } from './module.ts'

/**
 * Elements set to 0 with probability `p` in `train`, and the others divided by `1 − p`; nothing in `eval`. As
 * PyTorch's `nn.Dropout`.
 *
 * The mask is a function of (seed, the layer's name, step, place), so a resumed run draws the same ones. A layer that
 * is called twice in a step draws one mask: take two layers for two.
 */
export class Dropout implements Module {
  /** Another seed draws other masks. */
  seed: number
  readonly #p: number | ((step: number) => number)

  /**
   * @param p 0 to 1, or a schedule of it
   * @throws {ArgumentError} when `p` is a number outside [0, 1].
   */
  constructor(p: number | ((step: number) => number) = 0.5, { seed = 0 }: { readonly seed?: number } = {}) {
    if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
      throw new ArgumentError(`Dropout: wanted p from 0 to 1, got ${p}; it is the part that is dropped`)
    }
    this.#p = p
    this.seed = seed
  }

  forward(x: Tensor, mode: Mode): Tensor {
    return mode === 'eval' ? x : dropout(x, this.#p, { seed: this.seed, layer: nameOf(this) })
  }
}
