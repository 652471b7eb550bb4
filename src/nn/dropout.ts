import { unreachable, unreachedLayer } from '../core/calls.ts'
import { hasName, nameOf } from '../core/names.ts'
import { type Hyperparameter, integer, number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { callOf } from '../core/variable.ts'
import { dropout } from '../ops/dropout.ts'
import { type ScheduleLike, schedulable } from '../schedule/schedulable.ts'
import { isTraining, type Mode, type Module } from './module.ts'

const dropRate = schedulable(number({ min: 0, max: 1 }, 0.5))

const options = {
  /** Seed of the random masks. @default the seed of `nn.initialize` */
  seed: integer(),
}
interface DropoutOptions extends OptionsOf<typeof options> {}

/**
 * In `train`, sets each element to 0 with probability `p` and divides the others by `1 − p`; in `eval`, returns `x`
 * unchanged. Like PyTorch's `nn.Dropout`.
 *
 * The mask depends only on the seed, the layer's name, the step, the call's number within the step, and the element's
 * position. So a resumed run draws the same masks, and a layer that is called twice in a step draws two different
 * masks.
 */
export class Dropout implements Module {
  /** Seed of the random masks. If undefined, `nn.initialize` sets it to the seed that it is called with. */
  seed: number | undefined
  /** Probability of dropping an element, or a schedule of it. */
  readonly p: Hyperparameter

  /**
   * @param p probability of dropping an element, or a schedule of this probability
   * @throws {ArgumentError} when `p` is a number outside [0, 1].
   */
  constructor(p: ScheduleLike = 0.5, given?: DropoutOptions) {
    this.p = dropRate.read('Dropout', 'p', p)
    this.seed = readOptions('Dropout', options, given).seed
  }

  /** Applies dropout. @throws {ArgumentError} unless `mode` is `train` or `eval`. */
  forward(x: Tensor, mode: Mode): Tensor {
    if (!isTraining(this, 'Dropout', mode)) return x
    const unreached = this.seed === undefined && !hasName(this) ? unreachedLayer(this) : undefined
    if (unreached !== undefined) throw unreachable(unreached())
    const call = callOf(this)
    const layer = call === 0 ? nameOf(this) : `${nameOf(this)}, call ${call}`
    return dropout(x, this.p, { seed: this.seed ?? 0, layer })
  }
}
