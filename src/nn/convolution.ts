import { ArgumentError } from '../core/errors.ts'
import { boolean, choice, type OptionsOf, readOptions, size } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
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
import { uniform } from './init.ts'
import { toDType } from './initialize.ts'
import type { Module } from './module.ts'

const biasOption = {
  /** Whether to add a bias, which batch normalization right after makes redundant. @default true */
  bias: boolean(true),
}

const convOptions = (rank: number) => ({
  ...convolutionOptions(rank),
  ...biasOption,
  /** The padding: zeros, a mirror image, copies of the edge, or the other end. @default 'zeros' */
  paddingMode: choice(['zeros', 'reflect', 'replicate', 'circular'], 'zeros'),
})
export interface ConvOptions extends OptionsOf<ReturnType<typeof convOptions>> {}

const convTransposeOptions = (rank: number) => ({ ...convolutionTransposeOptions(rank), ...biasOption })
export interface ConvTransposeOptions extends OptionsOf<ReturnType<typeof convTransposeOptions>> {}

type Convolve<O> = (x: Tensor, weight: Tensor, bias?: Tensor, options?: O) => Tensor

/** A kind of convolution: its class, the axes of its window, its operator. */
type Kind<O> = readonly [who: string, rank: number, convolve: Convolve<O>]

/** The variables of a convolution, which start uniform in ±1/√(elements of `weight[0]`). */
abstract class Weighted implements Module {
  /** `[outChannels, inChannels / groups, …kernel]`, or `[inChannels, outChannels / groups, …kernel]`. */
  readonly weight: Variable
  /** `[outChannels]`; absent with `bias: false`. */
  readonly bias: Variable | undefined

  protected constructor(weight: readonly number[], outChannels: number, bias: boolean) {
    // As in PyTorch: Kaiming's uniform draw with a = √5. Transposed, the second size counts outputs, there too.
    const limit = 1 / Math.sqrt(sizeOf(weight.slice(1)))
    this.weight = new Variable(weight, uniform(-limit, limit))
    this.bias = bias ? new Variable([outChannels], uniform(-limit, limit)) : undefined
  }

  abstract forward(x: Tensor): Tensor
}

abstract class Convolution extends Weighted {
  readonly #convolve: (x: Tensor) => Tensor
  readonly #another: (options: ConvOptions) => this

  constructor(
    [who, rank, convolve]: Kind<ConvolutionOptions>,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    given?: ConvOptions,
  ) {
    const { bias, paddingMode, ...options } = readOptions(who, convOptions(rank), given)
    checkChannels(who, inChannels, outChannels, options.groups)
    const kernel = sizes(rank).read(who, 'kernelSize', kernelSize)
    super([outChannels, inChannels / options.groups, ...kernel], outChannels, bias)
    const Kind = new.target as unknown as Sized<this>
    this.#another = (changes) => new Kind(inChannels, outChannels, kernelSize, { ...given, ...changes })
    const apply = (x: Tensor, changes: ConvolutionOptions = {}): Tensor =>
      convolve(x, this.weight.value, this.bias?.value, { ...options, ...changes })
    const border: Pads[] = [unpadded, unpadded, ...padsOf(kernel, options.dilation, options.padding)]
    this.#convolve =
      paddingMode === 'zeros' ? apply : (x) => apply(pad(x, border, { mode: paddingMode }), { padding: 0 })
  }

  forward(x: Tensor): Tensor {
    return this.#convolve(x)
  }

  /** A new layer with the same sizes, options and element type, with a bias and uninitialized. */
  withBias(): this {
    return toDType(this.#another({ bias: true }), this.weight.dtype === 'float64' ? 'float64' : 'float32')
  }
}

type Sized<C> = new (inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvOptions) => C

function checkChannels(who: string, inChannels: number, outChannels: number, groups: number): void {
  size.read(who, 'inChannels', inChannels)
  size.read(who, 'outChannels', outChannels)
  if (inChannels % groups === 0 && outChannels % groups === 0) return
  throw new ArgumentError(
    `${who}: wanted channels that ${groups} groups divide, got ${inChannels} and ${outChannels}`,
  )
}

/**
 * Convolution of `[batch, inChannels, length]`. As PyTorch's `nn.Conv1d`; see `ops.conv1d`.
 *
 * `weight` is `[outChannels, inChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 */
export class Conv1d extends Convolution {
  /** @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv1d', 1, conv1d], inChannels, outChannels, kernelSize, options)
  }
}

/** Convolution of `[batch, inChannels, height, width]`. As PyTorch's `nn.Conv2d`; see `ops.conv2d`. */
export class Conv2d extends Convolution {
  /** @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv2d', 2, conv2d], inChannels, outChannels, kernelSize, options)
  }
}

/** Convolution of `[batch, inChannels, depth, height, width]`. As PyTorch's `nn.Conv3d`; see `ops.conv3d`. */
export class Conv3d extends Convolution {
  /** @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv3d', 3, conv3d], inChannels, outChannels, kernelSize, options)
  }
}

abstract class ConvolutionTranspose extends Weighted {
  readonly #convolve: (x: Tensor) => Tensor

  constructor(
    [who, rank, convolve]: Kind<ConvolutionTransposeOptions>,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    given?: ConvTransposeOptions,
  ) {
    const { bias, ...options } = readOptions(who, convTransposeOptions(rank), given)
    checkChannels(who, inChannels, outChannels, options.groups)
    const kernel = sizes(rank).read(who, 'kernelSize', kernelSize)
    super([inChannels, outChannels / options.groups, ...kernel], outChannels, bias)
    this.#convolve = (x) => convolve(x, this.weight.value, this.bias?.value, options)
  }

  forward(x: Tensor): Tensor {
    return this.#convolve(x)
  }
}

/**
 * Transposed convolution of `[batch, inChannels, length]`. As PyTorch's `nn.ConvTranspose1d`; see
 * `ops.convTranspose1d`.
 *
 * `weight` is `[inChannels, outChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 */
export class ConvTranspose1d extends ConvolutionTranspose {
  /** @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvTransposeOptions) {
    super(['ConvTranspose1d', 1, convTranspose1d], inChannels, outChannels, kernelSize, options)
  }
}

/** Transposed convolution of `[batch, inChannels, height, width]`. As PyTorch's `nn.ConvTranspose2d`. */
export class ConvTranspose2d extends ConvolutionTranspose {
  /** @throws {ArgumentError} unless all sizes are positive integers and `groups` divides the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvTransposeOptions) {
    super(['ConvTranspose2d', 2, convTranspose2d], inChannels, outChannels, kernelSize, options)
  }
}
