import { type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import {
  type ConvolutionOptions,
  type Convolve,
  conv1d,
  conv2d,
  convolutionOptions,
} from '../ops/convolution.ts'
import { type PerAxis, sizes } from '../ops/window.ts'
import { checkChannels, type LayerClass } from './convolution-layer.ts'
import type { Module } from './module.ts'
import {
  type StandardizedState,
  standardizedOptions,
  standardizedState,
  standardizedWeight,
} from './standardized.ts'

const optionsOf = (rank: number) => ({ ...convolutionOptions(rank), ...standardizedOptions })
export interface StandardizedConvOptions extends OptionsOf<ReturnType<typeof optionsOf>> {}

interface StandardizedConvolution extends Module, StandardizedState {
  /** @param x `[batch, inChannels, …]` @returns `[batch, outChannels, …]` */
  forward(x: Tensor): Tensor
}

/** Returns a base class for convolutional layers over `rank` spatial axes whose weights are standardized. */
function standardizedConvolution(
  who: string,
  rank: number,
  convolve: Convolve<ConvolutionOptions>,
): LayerClass<StandardizedConvolution, StandardizedConvOptions> {
  return class implements StandardizedConvolution {
    readonly weight: Variable
    readonly gain: Variable
    readonly bias: Variable | undefined
    readonly #scale: number
    readonly #convolve: Convolve<undefined>

    constructor(
      inChannels: number,
      outChannels: number,
      kernelSize: PerAxis,
      given?: StandardizedConvOptions,
    ) {
      const { bias, scale, ...options } = readOptions(who, optionsOf(rank), given)
      checkChannels(who, inChannels, outChannels, options.groups)
      const shape = [
        outChannels,
        inChannels / options.groups,
        ...sizes(rank).read(who, 'kernelSize', kernelSize),
      ]
      ;({ weight: this.weight, gain: this.gain, bias: this.bias } = standardizedState(shape, bias))
      this.#scale = scale
      this.#convolve = (x, w, b) => convolve(x, w, b, options)
    }

    forward(x: Tensor): Tensor {
      return this.#convolve(x, standardizedWeight(this, this.#scale), this.bias?.value)
    }
  }
}

/**
 * Convolution of `[batch, inChannels, length]` whose weights are standardized per output channel before use, in place
 * of a normalization of activations. Identical in `train` and `eval`; independent of the batch.
 *
 *     y = conv1d(x, ŵ) + bias        ŵᵢ = gainᵢ · c · (wᵢ − mean(wᵢ)) / √(n · (var(wᵢ) + 1e-6))
 *
 * with mean and biased variance over the n = inChannels / groups · kernelSize weights of channel i. Padding with zeros
 * lowers the variance at the borders.
 *
 * `weight` is `[outChannels, inChannels / groups, kernelSize]`; `gain`, initialized to 1, is `[outChannels, 1, 1]`;
 * `bias`, initialized to 0, is `[outChannels]`.
 *
 * Source: Brock et al. 2021, https://arxiv.org/abs/2101.08692, equation 1 (scaled weight standardization).
 *
 * @throws {ArgumentError} unless all sizes are positive integers, `groups` divides the channels and `scale` is above 0.
 */
export class StandardizedConv1d extends standardizedConvolution('StandardizedConv1d', 1, conv1d) {}

/** Convolution of `[batch, inChannels, height, width]` whose weights are standardized, as in `StandardizedConv1d`. */
export class StandardizedConv2d extends standardizedConvolution('StandardizedConv2d', 2, conv2d) {}
