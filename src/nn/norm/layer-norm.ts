import { ShapeError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import { type Shape, sameShape, showShape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { add, mul } from '../../ops/arithmetic.ts'
import { rootMeanSquareNorm, standardize } from '../../ops/standardize.ts'
import { called, positive, sizes } from '../arguments.ts'
import type { Module } from '../module.ts'

// Both normalise the last axes of each example, and differ in whether they centre.

export interface LayerNormOptions {
  /** Added to the variance; 1e-5. */
  readonly eps?: number
  /** Whether to scale and shift each element by a trained weight and bias; true. */
  readonly elementwiseAffine?: boolean
  /** Whether there is a bias beside the weight; true. */
  readonly bias?: boolean
}

/**
 * Normalises the last axes of each example by their own mean and biased variance. As PyTorch's `nn.LayerNorm`.
 *
 *     y = weight · (x − μ)/√(σ² + eps) + bias
 *
 * Source: Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450.
 */
export class LayerNorm implements Module {
  /** The shape of the normalised axes, starts at 1. */
  readonly weight: Variable | undefined
  /** The shape of the normalised axes, starts at 0. */
  readonly bias: Variable | undefined
  readonly #shape: Shape
  readonly #eps: number

  /**
   * @param normalizedShape the sizes of the last axes, or the size of the last one
   * @throws {ArgumentError} when a size is not a positive integer, or `eps` not positive.
   */
  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    checkKnown('LayerNorm', options, { eps: true, elementwiseAffine: true, bias: true })
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options
    this.#shape = checked('LayerNorm', normalizedShape)
    positive('LayerNorm', eps)
    this.#eps = eps
    if (elementwiseAffine) this.weight = new Variable(this.#shape, filled(1))
    if (elementwiseAffine && bias) this.bias = new Variable(this.#shape)
  }

  /** @param x `[…, ...normalizedShape]` @returns the shape of `x` @throws {ShapeError} when it ends otherwise. */
  forward(x: Tensor): Tensor {
    const { y } = standardize(x, lastAxes(called(this, 'LayerNorm'), x, this.#shape), this.#eps)
    const scaled = this.weight ? mul(y, this.weight.value) : y
    return this.bias ? add(scaled, this.bias.value) : scaled
  }
}

export interface RMSNormOptions {
  /** Added to the mean square; by default the distance from 1 to the next number of the input's type. */
  readonly eps?: number
  /** Whether to scale each element by a trained weight; true. */
  readonly elementwiseAffine?: boolean
}

/**
 * Divides the last axes of each example by their root mean square. As PyTorch's `nn.RMSNorm`.
 *
 *     y = weight · x/√(mean(x²) + eps)
 *
 * Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467.
 */
export class RMSNorm implements Module {
  /** The shape of the normalised axes, starts at 1. */
  readonly weight: Variable | undefined
  readonly #shape: Shape
  readonly #eps: number | undefined

  /**
   * @param normalizedShape the sizes of the last axes, or the size of the last one
   * @throws {ArgumentError} when a size is not a positive integer, or `eps` not positive.
   */
  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    checkKnown('RMSNorm', options, { eps: true, elementwiseAffine: true })
    const { eps, elementwiseAffine = true } = options
    this.#shape = checked('RMSNorm', normalizedShape)
    if (eps !== undefined) positive('RMSNorm', eps)
    this.#eps = eps
    if (elementwiseAffine) this.weight = new Variable(this.#shape, filled(1))
  }

  /** @param x `[…, ...normalizedShape]` @returns the shape of `x` @throws {ShapeError} when it ends otherwise. */
  forward(x: Tensor): Tensor {
    const eps = this.#eps ?? (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23)
    const y = rootMeanSquareNorm(x, lastAxes(called(this, 'RMSNorm'), x, this.#shape), eps)
    return this.weight ? mul(y, this.weight.value) : y
  }
}

function checked(kind: string, normalizedShape: number | Shape): Shape {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
  for (const normalizedShape of shape) sizes(kind, { normalizedShape })
  return shape
}

function lastAxes(who: string, x: Tensor, shape: Shape): number[] {
  const lead = x.shape.length - shape.length
  if (lead >= 0 && sameShape(x.shape.slice(lead), shape)) return shape.map((_, i) => lead + i)
  throw new ShapeError(`${who}: wanted […, ${shape.join(', ')}], got ${showShape(x.shape)}`)
}
