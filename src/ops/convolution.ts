import { ArgumentError } from '../core/errors.ts'
import { integer, type Option, type OptionsOf, readOptions, size } from '../core/options.ts'
import { misfit, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { correlate, correlateInput } from './correlate.ts'
import { withBias } from './correlate-lowering.ts'
import type { Pads } from './slice.ts'
import { checkAxes, inputOf, type PerAxis, perAxis, type Window, windowsOn } from './window.ts'

/** Declares the options that convolutions and transposed convolutions over `rank` axes share. */
const slidingOptions = (rank: number) => ({
  /** Distance between neighbouring positions of the window, in elements. @default 1 */
  stride: perAxis(rank, size, 1),
  /** Distance between neighbouring elements within the window; 1 for no gaps. @default 1 */
  dilation: perAxis(rank, size, 1),
  /** Number of groups that the channels are split into, each with separate weights. @default 1 */
  groups: integer({ min: 1 }, 1),
})

/** Signature of a convolution of an input by a weight, with an optional bias. */
export type Convolve<Options> = (x: Tensor, weight: Tensor, bias?: Tensor, options?: Options) => Tensor

type Padding = PerAxis | 'same' | 'valid'

function paddingOption(rank: number): Option<Padding, readonly number[] | 'same'> {
  const zeros = perAxis(rank, integer({ min: 0 }), 0)
  return {
    ...zeros,
    read(who, name, value) {
      if (value === 'same') return value
      return zeros.read(who, name, value === 'valid' ? 0 : value)
    },
  }
}

export const convolutionOptions = (rank: number) => ({
  ...slidingOptions(rank),
  /** Number of zeros at each end of each axis, `'same'` to keep axis sizes, or `'valid'` for 0. @default 0 */
  padding: paddingOption(rank),
})
export interface ConvolutionOptions extends OptionsOf<ReturnType<typeof convolutionOptions>> {}

/**
 * Convolution over one axis (strictly, correlation: the window is not flipped). As PyTorch's `conv1d`.
 *
 *     y[n, o, i] = bias[o] + Σ weight[o, c, k] · x[n, c, i · stride + k · dilation − padding]    over c and k
 *
 * @param x `[n, c, length]`
 * @param weight `[o, c / groups, k]`
 * @param bias `[o]`, or omitted
 * @returns `[n, o, ⌊(length + 2 · padding − dilation · (k − 1) − 1) / stride⌋ + 1]`
 * @throws {ShapeError} when shapes or types do not fit, or the window is longer than the padded input.
 */
export const conv1d = convolution('conv1d', 1)

/** Convolves `[n, c, height, width]` by weight `[o, c / groups, kh, kw]`. As PyTorch's `conv2d`. */
export const conv2d = convolution('conv2d', 2)

/** Convolves `[n, c, depth, height, width]` by weight `[o, c / groups, kd, kh, kw]`. As PyTorch's `conv3d`. */
export const conv3d = convolution('conv3d', 3)

function convolution(who: string, rank: number): Convolve<ConvolutionOptions> {
  const declared = convolutionOptions(rank)
  return (x, weight, bias, options) => {
    const { stride, padding, dilation, groups } = readOptions(who, declared, options)
    const [o, inside, ...kernel] = weight.shape
    check(who, rank, o!, x, weight, bias)
    if (x.shape[1] !== inside! * groups || o! % groups !== 0) {
      const wanted = `${inside! * groups} channels and outputs in ${groups} groups`
      throw misfit(who, wanted, `x ${showShape(x.shape)} and weight ${showShape(weight.shape)}`)
    }
    if (padding === 'same' && stride.some((s) => s !== 1)) {
      throw new ArgumentError(`${who}: wanted stride 1 for padding 'same', got ${showShape(stride)}`)
    }
    const windows = windowsOn(who, x, kernel, stride, dilation, padsOf(kernel, dilation, padding))
    return correlate(x, weight, { windows, groups }, bias)
  }
}

/** Returns the padding before and after each axis. An odd zero for `'same'` goes after, as in PyTorch. */
export const padsOf = (
  kernel: readonly number[],
  dilation: readonly number[],
  padding: readonly number[] | 'same',
): Pads[] =>
  kernel.map((k, i) => {
    const both = padding === 'same' ? dilation[i]! * (k - 1) : 2 * padding[i]!
    return [Math.floor(both / 2), Math.ceil(both / 2)]
  })

function check(who: string, rank: number, outputs: number, x: Tensor, weight: Tensor, bias?: Tensor): void {
  checkAxes(who, rank, x)
  if (weight.shape.length !== rank + 2 || weight.dtype !== x.dtype) {
    throw misfit(who, `a weight of ${x.dtype} with ${rank + 2} axes`, weight)
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs || bias.dtype !== x.dtype)) {
    throw misfit(who, `a bias of ${x.dtype} [${outputs}]`, bias)
  }
}

export const convolutionTransposeOptions = (rank: number) => ({
  ...slidingOptions(rank),
  /** Number of elements cropped from each end of each output axis. @default 0 */
  padding: perAxis(rank, integer({ min: 0 }), 0),
  /** Number of elements added at the end of each output axis: less than its stride or dilation. @default 0 */
  outputPadding: perAxis(rank, integer({ min: 0 }), 0),
})
export interface ConvolutionTransposeOptions
  extends OptionsOf<ReturnType<typeof convolutionTransposeOptions>> {}

/**
 * Transposed convolution over one axis: the gradient of `conv1d` with respect to its input, which lengthens the
 * axis if the stride is above 1. As PyTorch's `conv_transpose1d`.
 *
 *     y[n, o, i · stride + k · dilation − padding] += weight[c, o, k] · x[n, c, i],    y starts as bias[o]
 *
 * @param x `[n, c, length]`
 * @param weight `[c, o / groups, k]`
 * @param bias `[o]`, or omitted
 * @returns `[n, o, (length − 1) · stride − 2 · padding + dilation · (k − 1) + outputPadding + 1]`
 * @throws {ShapeError} when shapes or types do not fit, or the output is empty.
 */
export const convTranspose1d = convolutionTranspose('convTranspose1d', 1)

/** Transposed convolution of `[n, c, height, width]`. As PyTorch's `conv_transpose2d`. */
export const convTranspose2d = convolutionTranspose('convTranspose2d', 2)

/** Transposed convolution of `[n, c, depth, height, width]`. As PyTorch's `conv_transpose3d`. */
export const convTranspose3d = convolutionTranspose('convTranspose3d', 3)

function convolutionTranspose(who: string, rank: number): Convolve<ConvolutionTransposeOptions> {
  const declared = convolutionTransposeOptions(rank)
  return (x, weight, bias, options) => {
    const read = readOptions(who, declared, options)
    const { stride, padding, outputPadding, dilation, groups } = read
    const [c, inside, ...kernel] = weight.shape
    check(who, rank, inside! * groups, x, weight, bias)
    if (x.shape[1] !== c || c! % groups !== 0) {
      const got = `x ${showShape(x.shape)} and weight ${showShape(weight.shape)}`
      throw misfit(who, `${c} channels in ${groups} groups`, got)
    }
    if (outputPadding.some((n, i) => n >= Math.max(stride[i]!, dilation[i]!))) {
      throw new ArgumentError(
        `${who}: wanted outputPadding below stride or dilation, got ${showShape(outputPadding)} at stride ${showShape(stride)}`,
      )
    }
    const windows = kernel.map((k, i): Window => {
      const [s, d, before, output] = [stride[i]!, dilation[i]!, padding[i]!, x.shape[i + 2]!]
      const input = (output - 1) * s - 2 * before + d * (k - 1) + outputPadding[i]! + 1
      return { input, output, kernel: k, stride: s, dilation: d, before }
    })
    const lengths = inputOf(windows)
    if (lengths.some((n) => n < 1)) throw misfit(who, 'an output of 1 or more', lengths, 'pad less')
    return withBias(correlateInput(x, weight, { windows, groups }), bias)
  }
}
