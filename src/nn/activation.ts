import {
  type Declared,
  integer,
  number,
  type OptionsOf,
  readOptions,
  type ValuesOf,
} from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import * as ops from '../ops/activation.ts'
import { reshape } from '../ops/broadcast.ts'
import { gelu, geluOptions } from '../ops/gelu.ts'
import { logSigmoid, mish, sigmoid, silu, softplus, tanh } from '../ops/sigmoid.ts'
import { logSoftmax, softmax } from '../ops/softmax.ts'
import type { Module } from './module.ts'

// Activations as layers: each is the operator of its name, with PyTorch's arguments and defaults.

type Layer<D extends Declared> = new (options?: OptionsOf<D>) => { forward(x: Tensor): Tensor } & ValuesOf<D>

/** The base class of a layer that applies `op`, with its options as fields. */
function layer<D extends Declared = Record<never, never>>(
  op: (x: Tensor, options: ValuesOf<D>) => Tensor,
  declared: D = {} as D,
): Layer<D> {
  class Activation implements Module {
    constructor(options?: OptionsOf<D>) {
      Object.assign(this, readOptions(new.target.name, declared, options))
    }
    forward(x: Tensor): Tensor {
      return op(x, this as unknown as ValuesOf<D>)
    }
  }
  return Activation as unknown as Layer<D>
}

/** `max(x, 0)`. */
export class ReLU extends layer(ops.relu) {}

/** `x` clamped to 0 … 6. */
export class ReLU6 extends layer(ops.relu6) {}

/** `x` above 0, `negativeSlope · x` below. */
export class LeakyReLU extends layer((x, { negativeSlope }) => ops.leakyRelu(x, negativeSlope), {
  /** Slope below 0. @default 0.01 */
  negativeSlope: number({}, 0.01),
}) {}

const preluOptions = {
  /** 1, or the number of channels. @default 1 */
  numParameters: integer({ min: 1 }, 1),
  /** The slope to start from. @default 0.25 */
  init: number({}, 0.25),
}
export interface PReLUOptions extends OptionsOf<typeof preluOptions> {}

/** `x` above 0, `weight · x` below, with one trained slope, or one per channel. */
export class PReLU implements Module {
  /** `[numParameters]`. */
  readonly weight: Variable
  constructor(options?: PReLUOptions) {
    const { numParameters, init } = readOptions('PReLU', preluOptions, options)
    this.weight = new Variable([numParameters], filled(init))
  }
  /** @param x `[batch, channels, …]` where each channel has its own slope */
  forward(x: Tensor): Tensor {
    const along = x.shape.map((_, i) => (i === 1 ? this.weight.shape[0]! : 1))
    return ops.prelu(x, this.weight.shape[0] === 1 ? this.weight.value : reshape(this.weight.value, along))
  }
}

/** `x` above 0, `alpha · (eˣ − 1)` below. */
export class ELU extends layer((x, { alpha }) => ops.elu(x, alpha), {
  /** Minus the limit far below 0. @default 1 */
  alpha: number({}, 1),
}) {}

/** `x` above 0, `alpha · (e^(x/alpha) − 1)` below. */
export class CELU extends layer((x, { alpha }) => ops.celu(x, alpha), {
  /** Minus the limit far below 0. @default 1 */
  alpha: number({}, 1),
}) {}

/** `ELU` with the scale and alpha that keep mean 0 and variance 1 from layer to layer. */
export class SELU extends layer(ops.selu) {}

/** `x · Φ(x)`, Φ the cumulative distribution function of the standard normal. */
export class GELU extends layer((x, { approximate }) => gelu(x, { approximate }), geluOptions) {}

/** `x · sigmoid(x)`. */
export class SiLU extends layer(silu) {}

/** `x · tanh(ln(1 + eˣ))`. */
export class Mish extends layer(mish) {}

/** `(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)`. */
export class Tanh extends layer(tanh) {}

/** `1/(1 + e⁻ˣ)`. */
export class Sigmoid extends layer(sigmoid) {}

/** `ln sigmoid(x)`. */
export class LogSigmoid extends layer(logSigmoid) {}

/** `ln(1 + e^(beta·x))/beta`. */
export class Softplus extends layer((x, { beta }) => softplus(x, beta), {
  /** Sharpness of the bend at 0. @default 1 */
  beta: number({}, 1),
}) {}

/** `x` clamped to `minVal … maxVal`. */
export class Hardtanh extends layer((x, { minVal, maxVal }) => ops.hardtanh(x, minVal, maxVal), {
  /** Least output. @default -1 */
  minVal: number({ min: -Infinity, max: Infinity }, -1),
  /** Greatest output. @default 1 */
  maxVal: number({ min: -Infinity, max: Infinity }, 1),
}) {}

/** `(x + 3)/6` clamped to 0 … 1. */
export class Hardsigmoid extends layer(ops.hardsigmoid) {}

/** `x · hardsigmoid(x)`. */
export class Hardswish extends layer(ops.hardswish) {}

const softmaxOptions = {
  /** Axis along which the exponentials are summed. @default -1 */
  dim: integer({}, -1),
}

/** `eˣ / Σ eˣ` along the axis `dim`. */
export class Softmax extends layer((x, { dim }) => softmax(x, dim), softmaxOptions) {}

/** `x − ln Σ eˣ` along the axis `dim`. */
export class LogSoftmax extends layer((x, { dim }) => logSoftmax(x, dim), softmaxOptions) {}
