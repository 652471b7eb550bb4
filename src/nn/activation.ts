import type { Tensor } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import {
  celu,
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  prelu,
  relu,
  relu6,
  selu,
} from '../ops/activation.ts'
import { reshape } from '../ops/broadcast.ts'
import { gelu } from '../ops/gelu.ts'
import { logSigmoid, mish, sigmoid, silu, softplus, tanh } from '../ops/sigmoid.ts'
import { logSoftmax, softmax } from '../ops/softmax.ts'
import { sizes } from './arguments.ts'
import type { Module } from './module.ts'

// Activations as layers: each is the operator of its name, with PyTorch's arguments and defaults.

/** `max(x, 0)`. */
export class ReLU implements Module {
  forward(x: Tensor): Tensor {
    return relu(x)
  }
}

/** `x` between 0 and 6, which are its bounds. */
export class ReLU6 implements Module {
  forward(x: Tensor): Tensor {
    return relu6(x)
  }
}

/** `x` above 0, `negativeSlope · x` below. */
export class LeakyReLU implements Module {
  readonly negativeSlope: number
  constructor({ negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}) {
    this.negativeSlope = negativeSlope
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope)
  }
}

/** `x` above 0, `weight · x` below, with one trained slope, or one a channel. */
export class PReLU implements Module {
  /** `[numParameters]`. */
  readonly weight: Variable
  /** @throws {ArgumentError} when `numParameters` is not a positive integer. */
  constructor({ numParameters = 1, init = 0.25 }: PReLUOptions = {}) {
    sizes('PReLU', { numParameters })
    this.weight = new Variable([numParameters], filled(init))
  }
  /** @param x `[batch, channels, …]` where there is a slope for each channel */
  forward(x: Tensor): Tensor {
    const along = x.shape.map((_, i) => (i === 1 ? this.weight.shape[0]! : 1))
    return prelu(x, this.weight.shape[0] === 1 ? this.weight.value : reshape(this.weight.value, along))
  }
}

interface PReLUOptions {
  /** 1, or the number of channels; 1. */
  readonly numParameters?: number
  /** The first slope; 0.25. */
  readonly init?: number
}

/** `x` above 0, `alpha · (eˣ − 1)` below. */
export class ELU implements Module {
  readonly alpha: number
  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    this.alpha = alpha
  }
  forward(x: Tensor): Tensor {
    return elu(x, this.alpha)
  }
}

/** `x` above 0, `alpha · (e^(x/alpha) − 1)` below. */
export class CELU implements Module {
  readonly alpha: number
  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    this.alpha = alpha
  }
  forward(x: Tensor): Tensor {
    return celu(x, this.alpha)
  }
}

/** `ELU` with the scale and alpha that keep mean 0 and variance 1 from layer to layer. */
export class SELU implements Module {
  forward(x: Tensor): Tensor {
    return selu(x)
  }
}

/** `x · Φ(x)`, Φ the normal distribution's; with `approximate: 'tanh'` within 5e-4 of it. */
export class GELU implements Module {
  readonly approximate: 'none' | 'tanh'
  constructor({ approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}) {
    this.approximate = approximate
  }
  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate })
  }
}

/** `x · sigmoid(x)`. */
export class SiLU implements Module {
  forward(x: Tensor): Tensor {
    return silu(x)
  }
}

/** `x · tanh(ln(1 + eˣ))`. */
export class Mish implements Module {
  forward(x: Tensor): Tensor {
    return mish(x)
  }
}

/** `(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)`. */
export class Tanh implements Module {
  forward(x: Tensor): Tensor {
    return tanh(x)
  }
}

/** `1/(1 + e⁻ˣ)`. */
export class Sigmoid implements Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x)
  }
}

/** `ln sigmoid(x)`. */
export class LogSigmoid implements Module {
  forward(x: Tensor): Tensor {
    return logSigmoid(x)
  }
}

/** `ln(1 + e^(beta·x))/beta`. */
export class Softplus implements Module {
  readonly beta: number
  constructor({ beta = 1 }: { readonly beta?: number } = {}) {
    this.beta = beta
  }
  forward(x: Tensor): Tensor {
    return softplus(x, this.beta)
  }
}

/** `x` between `minVal` and `maxVal`, which are its bounds. */
export class Hardtanh implements Module {
  readonly minVal: number
  readonly maxVal: number
  constructor({ minVal = -1, maxVal = 1 }: { readonly minVal?: number; readonly maxVal?: number } = {}) {
    this.minVal = minVal
    this.maxVal = maxVal
  }
  forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal)
  }
}

/** `(x + 3)/6` between 0 and 1, which are its bounds. */
export class Hardsigmoid implements Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x)
  }
}

/** `x · hardsigmoid(x)`. */
export class Hardswish implements Module {
  forward(x: Tensor): Tensor {
    return hardswish(x)
  }
}

/** `eˣ / Σ eˣ` along the axis `dim`, the last by default. */
export class Softmax implements Module {
  readonly dim: number
  constructor({ dim = -1 }: { readonly dim?: number } = {}) {
    this.dim = dim
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.dim)
  }
}

/** `x − ln Σ eˣ` along the axis `dim`, the last by default. */
export class LogSoftmax implements Module {
  readonly dim: number
  constructor({ dim = -1 }: { readonly dim?: number } = {}) {
    this.dim = dim
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim)
  }
}
