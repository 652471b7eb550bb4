import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  type Convolve,
  conv1d,
  conv2d,
  conv3d,
  convolutionOptions,
  convolutionTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  padsOf,
} from '../ops/convolution.ts'
import { type Pads, pad, unpadded } from '../ops/slice.ts'
import { type PerAxis, sizes } from '../ops/window.ts'
import { checkChannels, type LayerClass } from './convolution-layer.ts'
import { uniform } from './init.ts'
import { toDType } from './initialize.ts'
import { biasOption } from './linear.ts'
import type { Module } from './module.ts'

const convOptions = (rank: number) => ({
  ...convolutionOptions(rank),
  ...biasOption,
  /** What to fill padding with: zeros, or elements of the input as in `ops.pad` with this mode. @default 'zeros' */
  paddingMode: choice(['zeros', 'reflect', 'replicate', 'circular'], 'zeros'),
})
export interface ConvOptions extends OptionsOf<ReturnType<typeof convOptions>> {}

const convTransposeOptions = (rank: number) => ({ ...convolutionTransposeOptions(rank), ...biasOption })
export interface ConvTransposeOptions extends OptionsOf<ReturnType<typeof convTransposeOptions>> {}

/** Convolutional layer. Weight and bias are initialized uniformly in [−a, a], a = 1/√(elements in `weight[0]`). */
abstract class Weighted implements Module {
  /**
   * Weight, `[outChannels, inChannels / groups, …kernelSize]`; transposed: `[inChannels, outChannels / groups, …]`.
   */
  readonly weight: Variable
  /** Bias, `[outChannels]`; absent with `bias: false`. */
  readonly bias: Variable | undefined
  readonly #convolve: Convolve<undefined>

  protected constructor(weight: Shape, outChannels: number, bias: boolean, convolve: Convolve<undefined>) {
    // As in PyTorch: `kaimingUniform` with a = √5, whose fan-in is the number of outputs if transposed.
    const limit = 1 / Math.sqrt(sizeOf(weight.slice(1)))
    this.weight = new Variable(weight, uniform(-limit, limit))
    this.bias = bias ? new Variable([outChannels], uniform(-limit, limit)) : undefined
    this.#convolve = convolve
  }

  forward(x: Tensor): Tensor {
    return this.#convolve(x, this.weight.value, this.bias?.value)
  }
}

interface Convolution extends Weighted {
  /** Returns a new, uninitialized layer with the same sizes, options and element type, but with a bias. */
  withBias(): this
}

/** Returns a base class for convolutional layers over `rank` spatial axes. */
function convolution(
  who: string,
  rank: number,
  convolve: Convolve<ConvolutionOptions>,
): LayerClass<Convolution, ConvOptions> {
  return class extends Weighted implements Convolution {
    readonly #another: (options: ConvOptions) => this

    constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, given?: ConvOptions) {
      const { bias, paddingMode, ...options } = readOptions(who, convOptions(rank), given)
      checkChannels(who, inChannels, outChannels, options.groups)
      const kernel = sizes(rank).read(who, 'kernelSize', kernelSize)
      const border: Pads[] = [unpadded, unpadded, ...padsOf(kernel, options.dilation, options.padding)]
      super([outChannels, inChannels / options.groups, ...kernel], outChannels, bias, (x, w, b) =>
        paddingMode === 'zeros'
          ? convolve(x, w, b, options)
          : convolve(pad(x, border, { mode: paddingMode }), w, b, { ...options, padding: 0 }),
      )
      const Kind = new.target as unknown as LayerClass<this, ConvOptions>
      this.#another = (changes) => new Kind(inChannels, outChannels, kernelSize, { ...given, ...changes })
    }

    withBias(): this {
      return toDType(this.#another({ bias: true }), this.weight.dtype === 'float64' ? 'float64' : 'float32')
    }
  }
}

/**
 * Convolution of `[batch, inChannels, length]`. Like PyTorch's `nn.Conv1d`; see `ops.conv1d`.
 *
 * `weight` is `[outChannels, inChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 *
 * @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels.
 */
export class Conv1d extends convolution('Conv1d', 1, conv1d) {}

/** Convolution of `[batch, inChannels, height, width]`. Like PyTorch's `nn.Conv2d`; see `ops.conv2d`. */
export class Conv2d extends convolution('Conv2d', 2, conv2d) {}

/** Convolution of `[batch, inChannels, depth, height, width]`. Like PyTorch's `nn.Conv3d`; see `ops.conv3d`. */
export class Conv3d extends convolution('Conv3d', 3, conv3d) {}

/** Returns a base class for layers of transposed convolution over `rank` spatial axes. */
function transposed(
  who: string,
  rank: number,
  convolve: Convolve<ConvolutionTransposeOptions>,
): LayerClass<Weighted, ConvTransposeOptions> {
  return class extends Weighted {
    constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, given?: ConvTransposeOptions) {
      const { bias, ...options } = readOptions(who, convTransposeOptions(rank), given)
      checkChannels(who, inChannels, outChannels, options.groups)
      const kernel = sizes(rank).read(who, 'kernelSize', kernelSize)
      const weight = [inChannels, outChannels / options.groups, ...kernel]
      super(weight, outChannels, bias, (x, w, b) => convolve(x, w, b, options))
    }
  }
}

/**
 * Transposed convolution of `[batch, inChannels, length]`. Like PyTorch's `nn.ConvTranspose1d`.
 *
 * `weight` is `[inChannels, outChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 *
 * @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels.
 */
export class ConvTranspose1d extends transposed('ConvTranspose1d', 1, convTranspose1d) {}

/** Transposed convolution of `[batch, inChannels, height, width]`. Like PyTorch's `nn.ConvTranspose2d`. */
export class ConvTranspose2d extends transposed('ConvTranspose2d', 2, convTranspose2d) {}
