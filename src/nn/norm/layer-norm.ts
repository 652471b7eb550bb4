import { boolean, number, type OptionsOf, readOptions, size } from '../../core/options.ts'
import { misfit, type Shape, sameShape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { filled, Variable } from '../../core/variable.ts'
import { add, mul } from '../../ops/arithmetic.ts'
import { rootMeanSquareNorm, standardize } from '../../ops/standardize.ts'
import { called, type Module } from '../module.ts'

// Both layers normalize the last axes of each example; only `LayerNorm` subtracts the mean.

const layerNormOptions = {
  /** Added to the variance to avoid division by zero. @default 1e-5 */
  eps: number({ above: 0 }, 1e-5),
  /** Whether to learn a scale and a shift for each element. @default true */
  elementwiseAffine: boolean(true),
  /** Whether to learn a shift in addition to the scale. @default true */
  bias: boolean(true),
}
export interface LayerNormOptions extends OptionsOf<typeof layerNormOptions> {}

/**
 * Normalizes elements along the last axes by their mean and biased variance. Like PyTorch's `nn.LayerNorm`.
 *
 *     y = weight · (x − μ)/√(σ² + eps) + bias
 *
 * Source: Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450.
 */
export class LayerNorm implements Module {
  /** Scale, of shape `normalizedShape`; initialized to 1. */
  readonly weight: Variable | undefined
  /** Shift, of shape `normalizedShape`; initialized to 0. */
  readonly bias: Variable | undefined
  readonly #shape: Shape
  readonly #eps: number

  /** @param normalizedShape sizes of the last axes, or the size of the last axis */
  constructor(normalizedShape: number | Shape, options?: LayerNormOptions) {
    const { eps, elementwiseAffine, bias } = readOptions('LayerNorm', layerNormOptions, options)
    this.#shape = readShape('LayerNorm', normalizedShape)
    this.#eps = eps
    if (elementwiseAffine) this.weight = new Variable(this.#shape, filled(1))
    if (elementwiseAffine && bias) this.bias = new Variable(this.#shape)
  }

  /** @param x `[…, ...normalizedShape]` @returns `x`, normalized @throws {ShapeError} when `x` has another shape. */
  forward(x: Tensor): Tensor {
    const { y } = standardize(x, lastAxes(called(this, 'LayerNorm'), x, this.#shape), this.#eps)
    const scaled = this.weight ? mul(y, this.weight.value) : y
    return this.bias ? add(scaled, this.bias.value) : scaled
  }
}

const rmsNormOptions = {
  /** Added to the mean square to avoid division by zero. @default machine epsilon of the input's type */
  eps: number({ above: 0 }),
  /** Whether to learn a scale for each element. @default true */
  elementwiseAffine: boolean(true),
}
export interface RMSNormOptions extends OptionsOf<typeof rmsNormOptions> {}

/**
 * Divides the elements along the last axes by their root mean square. Like PyTorch's `nn.RMSNorm`.
 *
 *     y = weight · x/√(mean(x²) + eps)
 *
 * Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467.
 */
export class RMSNorm implements Module {
  /** Scale, of shape `normalizedShape`; initialized to 1. */
  readonly weight: Variable | undefined
  readonly #shape: Shape
  readonly #eps: number | undefined

  /** @param normalizedShape sizes of the last axes, or the size of the last axis */
  constructor(normalizedShape: number | Shape, options?: RMSNormOptions) {
    const { eps, elementwiseAffine } = readOptions('RMSNorm', rmsNormOptions, options)
    this.#shape = readShape('RMSNorm', normalizedShape)
    this.#eps = eps
    if (elementwiseAffine) this.weight = new Variable(this.#shape, filled(1))
  }

  /** @param x `[…, ...normalizedShape]` @returns `x`, normalized @throws {ShapeError} when `x` has another shape. */
  forward(x: Tensor): Tensor {
    const eps = this.#eps ?? (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23)
    const y = rootMeanSquareNorm(x, lastAxes(called(this, 'RMSNorm'), x, this.#shape), eps)
    return this.weight ? mul(y, this.weight.value) : y
  }
}

const readShape = (who: string, normalizedShape: number | Shape): Shape =>
  [normalizedShape].flat().map((n) => size.read(who, 'normalizedShape', n))

function lastAxes(who: string, x: Tensor, shape: Shape): number[] {
  const lead = x.shape.length - shape.length
  if (lead >= 0 && sameShape(x.shape.slice(lead), shape)) return shape.map((_, i) => lead + i)
  throw misfit(who, `[…, ${shape.join(', ')}]`, x.shape)
}
