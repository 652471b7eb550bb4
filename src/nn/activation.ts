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

// Activations as layers. Each applies the operator of its name, with PyTorch's arguments and defaults.

type Layer<D extends Declared> = new (options?: OptionsOf<D>) => { forward(x: Tensor): Tensor } & ValuesOf<D>

/** Returns a base class for layers that apply the operator `op`; its options, `declared`, become fields. */
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
export class ReLU extends /* @__PURE__ */ layer(ops.relu) {}

/** `x` clamped to the range from 0 to 6. */
export class ReLU6 extends /* @__PURE__ */ layer(ops.relu6) {}

/** `x` where x > 0, `negativeSlope · x` elsewhere. */
export class LeakyReLU extends /* @__PURE__ */ layer(
  (x, { negativeSlope }) => ops.leakyRelu(x, negativeSlope),
  {
    /** Slope for negative inputs. @default 0.01 */
    negativeSlope: number({}, 0.01),
  },
) {}

const preluOptions = {
  /** Number of learned slopes: 1, shared by all channels, or the number of channels, for one each. @default 1 */
  numParameters: integer({ min: 1 }, 1),
  /** Initial value of the learned slopes. @default 0.25 */
  init: number({}, 0.25),
}
export interface PReLUOptions extends OptionsOf<typeof preluOptions> {}

/** `x` where x > 0, `weight · x` elsewhere, with one learned slope, or one per channel. */
export class PReLU implements Module {
  /** Learned slopes, `[numParameters]`. */
  readonly weight: Variable
  constructor(options?: PReLUOptions) {
    const { numParameters, init } = readOptions('PReLU', preluOptions, options)
    this.weight = new Variable([numParameters], filled(init))
  }
  /** @param x `[batch, channels, …]` if each channel has its own slope, otherwise any shape */
  forward(x: Tensor): Tensor {
    const along = x.shape.map((_, i) => (i === 1 ? this.weight.shape[0]! : 1))
    return ops.prelu(x, this.weight.shape[0] === 1 ? this.weight.value : reshape(this.weight.value, along))
  }
}

const alphaOption = {
  /** Scale of the negative side: the output tends to `-alpha` as x tends to −∞. @default 1 */
  alpha: number({}, 1),
}

/** `x` where x > 0, `alpha · (eˣ − 1)` elsewhere. */
export class ELU extends /* @__PURE__ */ layer((x, { alpha }) => ops.elu(x, alpha), alphaOption) {}

/** `x` where x > 0, `alpha · (e^(x/alpha) − 1)` elsewhere. */
export class CELU extends /* @__PURE__ */ layer((x, { alpha }) => ops.celu(x, alpha), alphaOption) {}

/** `s · elu(x, alpha)` with constants s ≈ 1.05 and alpha ≈ 1.67, which keep activations at mean 0 and variance 1. */
export class SELU extends /* @__PURE__ */ layer(ops.selu) {}

/** `x · Φ(x)`, where Φ is the cumulative distribution function of the standard normal distribution. */
export class GELU extends /* @__PURE__ */ layer(
  (x, { approximate }) => gelu(x, { approximate }),
  geluOptions,
) {}

/** `x · sigmoid(x)`. */
export class SiLU extends /* @__PURE__ */ layer(silu) {}

/** `x · tanh(ln(1 + eˣ))`. */
export class Mish extends /* @__PURE__ */ layer(mish) {}

/** `(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)`. */
export class Tanh extends /* @__PURE__ */ layer(tanh) {}

/** `1/(1 + e⁻ˣ)`. */
export class Sigmoid extends /* @__PURE__ */ layer(sigmoid) {}

/** `ln sigmoid(x)`. */
export class LogSigmoid extends /* @__PURE__ */ layer(logSigmoid) {}

/** `ln(1 + e^(beta·x))/beta`. */
export class Softplus extends /* @__PURE__ */ layer((x, { beta }) => softplus(x, beta), {
  /** Sharpness of the bend at x = 0: the larger, the closer to ReLU. @default 1 */
  beta: number({}, 1),
}) {}

/** `x` clamped to the range from `minVal` to `maxVal`. */
export class Hardtanh extends /* @__PURE__ */ layer(
  (x, { minVal, maxVal }) => ops.hardtanh(x, minVal, maxVal),
  {
    /** Lower bound of the output. @default -1 */
    minVal: number({ min: -Infinity, max: Infinity }, -1),
    /** Upper bound of the output. @default 1 */
    maxVal: number({ min: -Infinity, max: Infinity }, 1),
  },
) {}

/** `(x + 3)/6` clamped to the range from 0 to 1. */
export class Hardsigmoid extends /* @__PURE__ */ layer(ops.hardsigmoid) {}

/** `x · hardsigmoid(x)`. */
export class Hardswish extends /* @__PURE__ */ layer(ops.hardswish) {}

const softmaxOptions = {
  /** Axis along which to normalize: the probabilities along it sum to 1. @default -1 */
  dim: integer({}, -1),
}

/** `eˣ / Σ eˣ` along the axis `dim`. */
export class Softmax extends /* @__PURE__ */ layer((x, { dim }) => softmax(x, dim), softmaxOptions) {}

/** `x − ln Σ eˣ` along the axis `dim`. */
export class LogSoftmax extends /* @__PURE__ */ layer((x, { dim }) => logSoftmax(x, dim), softmaxOptions) {}
