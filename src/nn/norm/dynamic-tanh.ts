import { boolean, number, type OptionsOf, readOptions, size, type ValuesOf } from '../../core/options.ts'
import { misfit } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { add, mul } from '../../ops/arithmetic.ts'
import { scaleAndShift } from '../../ops/batch-norm.ts'
import { erf } from '../../ops/erf.ts'
import { tanh } from '../../ops/index.ts'
import { called, type Module } from '../module.ts'

// Both layers take the place of a normalization without computing statistics: they bound each element by itself.

export const dynamicOptions = {
  /** Initial value of the learned factor α of the inputs. @default 0.5 */
  alpha: number({}, 0.5),
}

const options = {
  ...dynamicOptions,
  /** Whether channels are the last axis, as in transformers, or the one after the batch. @default true */
  channelsLast: boolean(true),
}
export interface DynamicTanhOptions extends OptionsOf<typeof options> {}

/**
 * Bounds each element by a learned hyperbolic tangent, in place of a normalization. Identical in `train` and `eval`.
 *
 *     y = weight · tanh(alpha · x) + bias
 *
 * Not scale-invariant: larger weights before it saturate it.
 *
 * Source: Zhu et al. 2025, https://arxiv.org/abs/2503.10622, equation 2.
 */
export class DyT implements Module {
  /** Factor of the inputs, `[1]`. */
  readonly alpha: Variable
  /** Scale, `[channels]`; initialized to 1. */
  readonly weight: Variable
  /** Shift, `[channels]`; initialized to 0. */
  readonly bias: Variable
  readonly #options: ValuesOf<typeof options>

  /** @throws {ArgumentError} when `numChannels` is not a positive integer. */
  constructor(numChannels: number, given?: DynamicTanhOptions) {
    this.#options = readOptions('DyT', options, given)
    size.read('DyT', 'numChannels', numChannels)
    this.alpha = new Variable([1], filled(this.#options.alpha))
    this.weight = new Variable([numChannels], filled(1))
    this.bias = new Variable([numChannels])
  }

  /** @param x `[…, channels]`, or `[batch, channels, …]` without `channelsLast` @returns a tensor of the same shape */
  forward(x: Tensor): Tensor {
    return perChannel(this, 'DyT', x, tanh(mul(x, this.alpha.value)), this.#options.channelsLast)
  }
}

/**
 * Bounds each element by a learned error function, in place of a normalization. Identical in `train` and `eval`.
 *
 *     y = weight · erf(alpha · x + shift) + bias
 *
 * Source: Chen et al. 2025, https://arxiv.org/abs/2512.10938.
 */
export class Derf implements Module {
  /** Factor of the inputs, `[1]`. */
  readonly alpha: Variable
  /** Summand of the inputs, `[1]`; initialized to 0. */
  readonly shift: Variable
  /** Scale, `[channels]`; initialized to 1. */
  readonly weight: Variable
  /** Shift of the outputs, `[channels]`; initialized to 0. */
  readonly bias: Variable
  readonly #options: ValuesOf<typeof options>

  /** @throws {ArgumentError} when `numChannels` is not a positive integer. */
  constructor(numChannels: number, given?: DynamicTanhOptions) {
    this.#options = readOptions('Derf', options, given)
    size.read('Derf', 'numChannels', numChannels)
    this.alpha = new Variable([1], filled(this.#options.alpha))
    this.shift = new Variable([1])
    this.weight = new Variable([numChannels], filled(1))
    this.bias = new Variable([numChannels])
  }

  /** @param x `[…, channels]`, or `[batch, channels, …]` without `channelsLast` @returns a tensor of the same shape */
  forward(x: Tensor): Tensor {
    const inner = add(mul(x, this.alpha.value), this.shift.value)
    return perChannel(this, 'Derf', x, erf(inner), this.#options.channelsLast)
  }
}

/** Scales and shifts `bounded`, which has the shape of `x`, channel by channel. */
function perChannel(layer: DyT | Derf, kind: string, x: Tensor, bounded: Tensor, last: boolean): Tensor {
  const { weight, bias } = layer
  const [channels] = weight.shape
  const axis = last ? x.shape.length - 1 : 1
  if (x.shape.length < 2 || x.shape[axis] !== channels) {
    throw misfit(called(layer, kind), last ? `[…, ${channels}]` : `[batch, ${channels}, …]`, x.shape)
  }
  return last ? add(mul(bounded, weight.value), bias.value) : scaleAndShift(bounded, weight.value, bias.value)
}
