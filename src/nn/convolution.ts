import { ArgumentError } from '../core/errors.ts'
import { checkKnown } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  type PerAxis,
} from '../ops/convolution.ts'
import { type PadOptions, type Pads, pad } from '../ops/slice.ts'
import { perAxis } from '../ops/window.ts'
import { sizes } from './arguments.ts'
import { uniform } from './init.ts'
import { toDType } from './initialize.ts'
import type { Module } from './module.ts'

export interface ConvOptions extends ConvolutionOptions {
  /** Whether to add a bias; true. Before batch normalization it has no effect, and can be left out. */
  readonly bias?: boolean
  /** What is imagined around the input: zeros, its mirror image, its edge, or its other end; zeros. */
  readonly paddingMode?: 'zeros' | Exclude<PadOptions['mode'], 'constant' | undefined>
}

const common = { stride: true, padding: true, dilation: true, groups: true, bias: true } as const
const convNames = { ...common, paddingMode: true } as const
const convTransposeNames = { ...common, outputPadding: true } as const

type Convolve = (x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionOptions) => Tensor

/** The common part of the convolutions: variables that start uniform in ±1/√(inputs of one output). */
abstract class Convolution implements Module {
  /** `[outChannels, inChannels / groups, …kernel]` */
  readonly weight: Variable
  /** `[outChannels]`; absent with `bias: false`. */
  readonly bias: Variable | undefined
  readonly #convolve: Convolve
  readonly #options: ConvolutionOptions
  readonly #border: Border | undefined
  readonly #another: (options: ConvOptions) => this

  constructor(
    [who, rank, convolve]: readonly [who: string, rank: number, convolve: Convolve],
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    given: ConvOptions = {},
  ) {
    checkKnown(who, given, convNames)
    const { bias = true, paddingMode = 'zeros', ...options } = given
    const Kind = new.target as unknown as Kind<this>
    this.#another = (changes) =>
      new Kind(inChannels, outChannels, kernelSize, { paddingMode, ...options, ...changes })
    const { groups = 1, padding = 0, dilation = 1 } = options
    checkChannels(who, inChannels, outChannels, groups)
    const kernel = perAxis(who, 'kernelSize', kernelSize, rank, 1)
    const weight = [outChannels, inChannels / groups, ...kernel]
    // Kaiming's uniform draw with a = √5, PyTorch's choice, has these limits.
    const limit = 1 / Math.sqrt(sizeOf(weight.slice(1)))
    this.weight = new Variable(weight, uniform(-limit, limit))
    this.bias = bias ? new Variable([outChannels], uniform(-limit, limit)) : undefined
    this.#convolve = convolve
    if (paddingMode === 'zeros' || padding === 'valid') this.#options = options
    else {
      const dilations = perAxis(who, 'dilation', dilation, rank, 1)
      const both =
        padding === 'same'
          ? kernel.map((k, i) => dilations[i]! * (k - 1))
          : perAxis(who, 'padding', padding, rank, 0).map((p) => 2 * p)
      this.#border = {
        mode: paddingMode,
        pads: [[0, 0], [0, 0], ...both.map((n): Pads => [Math.floor(n / 2), Math.ceil(n / 2)])],
      }
      this.#options = { ...options, padding: 0 }
    }
  }

  forward(x: Tensor): Tensor {
    const seen = this.#border ? pad(x, this.#border.pads, { mode: this.#border.mode }) : x
    return this.#convolve(seen, this.weight.value, this.bias?.value, this.#options)
  }

  /** A new layer of the same sizes, options and element type with a bias, without numbers. */
  withBias(): this {
    return toDType(this.#another({ bias: true }), this.weight.dtype === 'float64' ? 'float64' : 'float32')
  }
}

type Kind<C> = new (inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvOptions) => C

interface Border {
  readonly mode: NonNullable<PadOptions['mode']>
  readonly pads: readonly Pads[]
}

function checkChannels(who: string, inChannels: number, outChannels: number, groups: number): void {
  sizes(who, { inChannels, outChannels, groups })
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ArgumentError(
      `${who}: wanted channels that ${groups} groups divide, got ${inChannels} and ${outChannels}`,
    )
  }
}

/**
 * Convolution of `[batch, inChannels, length]`. As PyTorch's `nn.Conv1d`; see `ops.conv1d`.
 *
 * `weight` is `[outChannels, inChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 */
export class Conv1d extends Convolution {
  /** @throws {ArgumentError} when a size is not a positive integer, or `groups` does not divide the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv1d', 1, conv1d], inChannels, outChannels, kernelSize, options)
  }
}

/** Convolution of `[batch, inChannels, height, width]`. As PyTorch's `nn.Conv2d`; see `ops.conv2d`. */
export class Conv2d extends Convolution {
  /** @throws {ArgumentError} when a size is not a positive integer, or `groups` does not divide the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv2d', 2, conv2d], inChannels, outChannels, kernelSize, options)
  }
}

/** Convolution of `[batch, inChannels, depth, height, width]`. As PyTorch's `nn.Conv3d`; see `ops.conv3d`. */
export class Conv3d extends Convolution {
  /** @throws {ArgumentError} when a size is not a positive integer, or `groups` does not divide the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvOptions) {
    super(['Conv3d', 3, conv3d], inChannels, outChannels, kernelSize, options)
  }
}

export interface ConvTransposeOptions extends ConvolutionTransposeOptions {
  /** Whether to add a bias; true. */
  readonly bias?: boolean
}

type ConvolveTransposed = (
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvolutionTransposeOptions,
) => Tensor

abstract class ConvolutionTranspose implements Module {
  /** `[inChannels, outChannels / groups, …kernel]` */
  readonly weight: Variable
  /** `[outChannels]`; absent with `bias: false`. */
  readonly bias: Variable | undefined
  readonly #convolve: ConvolveTransposed
  readonly #options: ConvolutionTransposeOptions

  constructor(
    [who, rank, convolve]: readonly [who: string, rank: number, convolve: ConvolveTransposed],
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    given: ConvTransposeOptions = {},
  ) {
    checkKnown(who, given, convTransposeNames)
    const { bias = true, ...options } = given
    const { groups = 1 } = options
    checkChannels(who, inChannels, outChannels, groups)
    const weight = [inChannels, outChannels / groups, ...perAxis(who, 'kernelSize', kernelSize, rank, 1)]
    // As in PyTorch, by the second size, although here that counts outputs.
    const limit = 1 / Math.sqrt(sizeOf(weight.slice(1)))
    this.weight = new Variable(weight, uniform(-limit, limit))
    this.bias = bias ? new Variable([outChannels], uniform(-limit, limit)) : undefined
    this.#convolve = convolve
    this.#options = options
  }

  forward(x: Tensor): Tensor {
    return this.#convolve(x, this.weight.value, this.bias?.value, this.#options)
  }
}

/**
 * Transposed convolution of `[batch, inChannels, length]`. As PyTorch's `nn.ConvTranspose1d`; see `ops.convTranspose1d`.
 *
 * `weight` is `[inChannels, outChannels / groups, kernelSize]`, `bias` is `[outChannels]`.
 */
export class ConvTranspose1d extends ConvolutionTranspose {
  /** @throws {ArgumentError} when a size is not a positive integer, or `groups` does not divide the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvTransposeOptions) {
    super(['ConvTranspose1d', 1, convTranspose1d], inChannels, outChannels, kernelSize, options)
  }
}

/** Transposed convolution of `[batch, inChannels, height, width]`. As PyTorch's `nn.ConvTranspose2d`. */
export class ConvTranspose2d extends ConvolutionTranspose {
  /** @throws {ArgumentError} when a size is not a positive integer, or `groups` does not divide the channels. */
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: ConvTransposeOptions) {
    super(['ConvTranspose2d', 2, convTranspose2d], inChannels, outChannels, kernelSize, options)
  }
}
