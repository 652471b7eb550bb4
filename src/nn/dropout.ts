import { ArgumentError } from '../core/errors.ts'
import { checkKnown } from '../core/mismatch.ts'
import { nameOf } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'
import { callOf } from '../core/variable.ts'
import { dropout } from '../ops/dropout.ts'
import type { Mode, Module } from './module.ts'

/**
 * Elements set to 0 with probability `p` in `train`, and the others divided by `1 − p`; nothing in `eval`. As
 * PyTorch's `nn.Dropout`.
 *
 * The mask is a function of (seed, the layer's name, its call in the step, step, place), so a resumed run draws the
 * same ones, and a layer that is called twice draws two.
 */
export class Dropout implements Module {
  /** Another seed draws other masks. `nn.initialize` sets it to that of the weights, where it is not set. */
  seed: number | undefined
  readonly #p: number | ((step: number) => number)

  /**
   * @param p 0 to 1, or a schedule of it
   * @throws {ArgumentError} when `p` is a number outside [0, 1].
   */
  constructor(p: number | ((step: number) => number) = 0.5, options: { readonly seed?: number } = {}) {
    checkKnown('Dropout', options, { seed: true })
    if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
      throw new ArgumentError(`Dropout: wanted p from 0 to 1, got ${p}; it is the part that is dropped`)
    }
    this.#p = p
    this.seed = options.seed
  }

  forward(x: Tensor, mode: Mode): Tensor {
    if (mode === 'eval') return x
    const call = callOf(this)
    const layer = call === 0 ? nameOf(this) : `${nameOf(this)}, call ${call}`
    return dropout(x, this.#p, { seed: this.seed ?? 0, layer })
  }
}
