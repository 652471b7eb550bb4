import { ArgumentError, ShapeError } from '../core/errors.ts'
import { showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { correlate, correlateInput } from './correlate.ts'
import { perAxis, type Window } from './window.ts'

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[]

export interface ConvolutionOptions {
  /** Elements from one place of the window to the next; 1. */
  readonly stride?: PerAxis
  /** Zeros on both sides of each axis, 0; `'same'` for an output of the input's size, at stride 1; `'valid'` for none. */
  readonly padding?: PerAxis | 'same' | 'valid'
  /** Elements between neighbours in the window; 1. */
  readonly dilation?: PerAxis
  /** Into how many parts the channels are divided, each with weights of its own; 1. */
  readonly groups?: number
}

/**
 * Convolution over one axis (strictly, correlation: the window is not turned round). As PyTorch's `conv1d`.
 *
 *     y[n, o, i] = bias[o] + Σ weight[o, c, k] · x[n, c, i · stride + k · dilation − padding]
 *
 * @param x `[n, c, length]`
 * @param weight `[o, c / groups, k]`
 * @param bias `[o]`, or none
 * @returns `[n, o, ⌊(length + 2 · padding − dilation · (k − 1) − 1) / stride⌋ + 1]`
 * @throws {ShapeError} when shapes or types do not fit, or the window is longer than the padded input.
 * @throws {ArgumentError} when an option is no whole number of its range.
 */
export const conv1d = (x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionOptions): Tensor =>
  convolve('conv1d', 1, x, weight, bias, options)

/** Convolution of `[n, c, height, width]` with `[o, c / groups, kh, kw]`; see `conv1d`. As PyTorch's `conv2d`. */
export const conv2d = (x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionOptions): Tensor =>
  convolve('conv2d', 2, x, weight, bias, options)

/** Convolution of `[n, c, depth, height, width]` with `[o, c / groups, kd, kh, kw]`; see `conv1d`. As PyTorch's `conv3d`. */
export const conv3d = (x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionOptions): Tensor =>
  convolve('conv3d', 3, x, weight, bias, options)

function convolve(
  who: string,
  rank: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions = {},
): Tensor {
  const [o, inside, ...kernel] = weight.shape
  check(who, rank, x, weight, groups)
  if (x.shape[1] !== inside! * groups || o! % groups !== 0) {
    throw new ShapeError(
      `${who}: wanted ${inside! * groups} channels and outputs in ${groups} groups, ` +
        `got x ${showShape(x.shape)} and weight ${showShape(weight.shape)}`,
    )
  }
  checkBias(who, bias, o!, x)
  const strides = perAxis(who, 'stride', stride, rank, 1)
  const dilations = perAxis(who, 'dilation', dilation, rank, 1)
  if (padding === 'same' && strides.some((s) => s !== 1)) {
    throw new ArgumentError(`${who}: wanted stride 1 for padding 'same', got ${showShape(strides)}`)
  }
  const paddings = typeof padding === 'string' ? [] : perAxis(who, 'padding', padding, rank, 0)
  const windows = kernel.map((k, i): Window => {
    const reach = dilations[i]! * (k - 1)
    const both = padding === 'same' ? reach : 2 * (paddings[i] ?? 0)
    const input = x.shape[i + 2]!
    const output = Math.floor((input + both - reach - 1) / strides[i]!) + 1
    // As in PyTorch, 'same' puts the odd zero at the end.
    const before = Math.floor(both / 2)
    return { input, output, kernel: k, stride: strides[i]!, dilation: dilations[i]!, before }
  })
  if (windows.some(({ output }) => output < 1)) {
    throw new ShapeError(
      `${who}: wanted an input at least as long as the window, got ${showShape(x.shape)} for weight ${showShape(weight.shape)}; ` +
        'pad it or take a smaller window',
    )
  }
  return correlate(x, weight, { windows, groups }, bias)
}

function check(who: string, rank: number, x: Tensor, weight: Tensor, groups: number): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`${who}: wanted groups as a positive integer, got ${groups}`)
  }
  const float = x.dtype === 'float32' || x.dtype === 'float64'
  if (x.shape.length !== rank + 2 || weight.shape.length !== rank + 2 || !float || weight.dtype !== x.dtype) {
    throw new ShapeError(
      `${who}: wanted floats with ${rank + 2} axes, [batch, channels, …] and the weight's, ` +
        `got ${x.dtype} ${showShape(x.shape)} and ${weight.dtype} ${showShape(weight.shape)}`,
    )
  }
}

function checkBias(who: string, bias: Tensor | undefined, outputs: number, x: Tensor): void {
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs || bias.dtype !== x.dtype)) {
    throw new ShapeError(
      `${who}: wanted a bias of ${x.dtype} [${outputs}], got ${bias.dtype} ${showShape(bias.shape)}`,
    )
  }
}

export interface ConvolutionTransposeOptions {
  /** Elements of the output from one place of the window to the next; 1. */
  readonly stride?: PerAxis
  /** How much of both ends of the output is left away; 0. */
  readonly padding?: PerAxis
  /** Elements added at the end of the output; 0. Less than the stride or the dilation. */
  readonly outputPadding?: PerAxis
  readonly dilation?: PerAxis
  readonly groups?: number
}

/**
 * The gradient of a convolution by its input, as a layer: it makes an axis longer. As PyTorch's `conv_transpose1d`.
 *
 *     y[n, o, i · stride + k · dilation − padding] += weight[c, o, k] · x[n, c, i],    y starts as bias[o]
 *
 * @param x `[n, c, length]`
 * @param weight `[c, o / groups, k]`
 * @param bias `[o]`, or none
 * @returns `[n, o, (length − 1) · stride − 2 · padding + dilation · (k − 1) + outputPadding + 1]`
 * @throws {ShapeError} when shapes or types do not fit, or nothing of the output is left.
 * @throws {ArgumentError} when an option is no whole number of its range.
 */
export const convTranspose1d = (
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvolutionTransposeOptions,
): Tensor => convolveTransposed('convTranspose1d', 1, x, weight, bias, options)

/** `[n, c, height, width]` with `[c, o / groups, kh, kw]`; see `convTranspose1d`. As PyTorch's `conv_transpose2d`. */
export const convTranspose2d = (
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvolutionTransposeOptions,
): Tensor => convolveTransposed('convTranspose2d', 2, x, weight, bias, options)

/** `[n, c, depth, height, width]` with `[c, o / groups, kd, kh, kw]`; see `convTranspose1d`. As PyTorch's `conv_transpose3d`. */
export const convTranspose3d = (
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvolutionTransposeOptions,
): Tensor => convolveTransposed('convTranspose3d', 3, x, weight, bias, options)

function convolveTransposed(
  who: string,
  rank: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }: ConvolutionTransposeOptions = {},
): Tensor {
  const [c, inside, ...kernel] = weight.shape
  check(who, rank, x, weight, groups)
  if (x.shape[1] !== c || c! % groups !== 0) {
    throw new ShapeError(
      `${who}: wanted ${c} channels in ${groups} groups, got x ${showShape(x.shape)} and weight ${showShape(weight.shape)}`,
    )
  }
  checkBias(who, bias, inside! * groups, x)
  const strides = perAxis(who, 'stride', stride, rank, 1)
  const dilations = perAxis(who, 'dilation', dilation, rank, 1)
  const paddings = perAxis(who, 'padding', padding, rank, 0)
  const extra = perAxis(who, 'outputPadding', outputPadding, rank, 0)
  if (extra.some((n, i) => n >= Math.max(strides[i]!, dilations[i]!))) {
    throw new ArgumentError(
      `${who}: wanted outputPadding below stride or dilation, got ${showShape(extra)} at stride ${showShape(strides)}`,
    )
  }
  const windows = kernel.map((k, i): Window => {
    const [s, d, p, output] = [strides[i]!, dilations[i]!, paddings[i]!, x.shape[i + 2]!]
    const input = (output - 1) * s - 2 * p + d * (k - 1) + extra[i]! + 1
    return { input, output, kernel: k, stride: s, dilation: d, before: p }
  })
  if (windows.some(({ input }) => input < 1)) {
    throw new ShapeError(
      `${who}: wanted an output of 1 or more, got ${showShape(windows.map(({ input }) => input))}; pad less`,
    )
  }
  const y = correlateInput(x, weight, { windows, groups })
  return bias ? add(y, reshape(bias, [bias.shape[0]!, ...windows.map(() => 1)])) : y
}
