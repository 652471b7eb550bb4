import { ArgumentError } from '../../core/errors.ts'
import { boolean, number, type OptionsOf, readOptions, size } from '../../core/options.ts'
import { misfit, sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { scaleAndShift } from '../../ops/batch-norm.ts'
import { reshape } from '../../ops/broadcast.ts'
import { standardize } from '../../ops/standardize.ts'
import { called, type Module } from '../module.ts'

const options = {
  /** Added to the variance to avoid division by zero. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Whether to learn a scale and a shift for each channel. @default true */
  affine: boolean(true),
}
export interface GroupNormOptions extends OptionsOf<typeof options> {}

/**
 * Normalizes each group of consecutive channels of each example by the group's mean and biased variance. Like
 * PyTorch's `nn.GroupNorm`. Independent of the other examples in the batch, and identical in `train` and `eval`.
 *
 * Source: Wu & He 2018, https://arxiv.org/abs/1803.08494.
 */
export class GroupNorm implements Module {
  /** Scale, `[channels]`, initialized to 1; absent with `affine: false`. */
  readonly weight: Variable | undefined
  /** Shift, `[channels]`, initialized to 0; absent with `affine: false`. */
  readonly bias: Variable | undefined
  readonly #groups: number
  readonly #channels: number
  readonly #eps: number

  /** @throws {ArgumentError} when `numGroups` does not divide `numChannels`, or a number is out of range. */
  constructor(numGroups: number, numChannels: number, given?: GroupNormOptions) {
    const { eps, affine } = readOptions('GroupNorm', options, given)
    size.read('GroupNorm', 'numGroups', numGroups)
    size.read('GroupNorm', 'numChannels', numChannels)
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError(
        `GroupNorm: wanted numChannels as a multiple of numGroups, got ${numChannels} and ${numGroups}`,
      )
    }
    this.#groups = numGroups
    this.#channels = numChannels
    this.#eps = eps
    if (affine) {
      this.weight = new Variable([numChannels], filled(1))
      this.bias = new Variable([numChannels])
    }
  }

  /** @param x `[batch, channels, …]` @returns `x`, normalized @throws {ShapeError} when `x` has other channels. */
  forward(x: Tensor): Tensor {
    if (x.shape.length < 2 || x.shape[1] !== this.#channels) {
      throw misfit(called(this, 'GroupNorm'), `[batch, ${this.#channels}, …]`, x.shape)
    }
    const size = sizeOf(x.shape.slice(1)) / this.#groups
    const groups = reshape(x, [x.shape[0]!, this.#groups, size])
    const y = reshape(standardize(groups, [2], this.#eps).y, x.shape)
    return scaleAndShift(y, this.weight?.value, this.bias?.value)
  }
}
