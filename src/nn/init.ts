import { ArgumentError } from '../core/errors.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { filled, type Initializer } from '../core/variable.ts'

// The first numbers of a variable, by the names of PyTorch's `nn.init`. To choose one, before `nn.initialize`:
//
//     layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })

/** Each element uniform in `[low, high)`. */
export const uniform =
  (low: number = 0, high: number = 1): Initializer =>
  (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high))

/** Each element normal. */
export const normal =
  (mean: number = 0, std: number = 1): Initializer =>
  (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => random.normal(mean, std))

/** Each element the same number. */
export const constant: (value: number) => Initializer = filled
/** Each element 0, such as the last γ of a residual branch. */
export const zeros: Initializer = filled(0)
/** Each element 1. */
export const ones: Initializer = filled(1)

/**
 * Each element normal, drawn again until it lies in `[low, high]`. As PyTorch's `trunc_normal_`, whose bounds are
 * numbers, not standard deviations.
 *
 * @throws {ArgumentError} when `mean` is more than 2 standard deviations outside the bounds.
 */
export function truncatedNormal(
  mean: number = 0,
  std: number = 1,
  low: number = -2,
  high: number = 2,
): Initializer {
  if (!(low < high && mean > low - 2 * std && mean < high + 2 * std)) {
    throw new ArgumentError(
      `truncatedNormal: wanted a mean at most 2 std outside [${low}, ${high}], got mean ${mean} and std ${std}`,
    )
  }
  return (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => {
      for (;;) {
        const x = random.normal(mean, std)
        if (x >= low && x <= high) return x
      }
    })
}

/** Uniform in `±gain · √(6/(fanIn + fanOut))`. Source: Glorot & Bengio 2010, equation 16. */
export const xavierUniform =
  (gain: number = 1): Initializer =>
  (random, shape) => {
    const { fanIn, fanOut } = fans('xavierUniform', shape)
    const limit = gain * Math.sqrt(6 / (fanIn + fanOut))
    return uniform(-limit, limit)(random, shape)
  }

/** Normal with the variance `gain² · 2/(fanIn + fanOut)`. Source: Glorot & Bengio 2010, equation 12. */
export const xavierNormal =
  (gain: number = 1): Initializer =>
  (random, shape) => {
    const { fanIn, fanOut } = fans('xavierNormal', shape)
    return normal(0, gain * Math.sqrt(2 / (fanIn + fanOut)))(random, shape)
  }

export interface Kaiming {
  /** The slope below zero of the leaky ReLU that follows; 0. */
  readonly a?: number
  /** Whether signals keep their size forwards (`fanIn`) or gradients backwards (`fanOut`); `fanIn`. */
  readonly mode?: 'fanIn' | 'fanOut'
  /** What follows the layer; `leakyRelu`. */
  readonly nonlinearity?: Nonlinearity
}

/**
 * Uniform in `±gain · √(3/fan)`.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1502.01852, equations 10 and 15.
 */
export const kaimingUniform =
  (options: Kaiming = {}): Initializer =>
  (random, shape) => {
    const limit = Math.sqrt(3) * kaimingDeviation('kaimingUniform', shape, options)
    return uniform(-limit, limit)(random, shape)
  }

/** Normal with the standard deviation `gain/√fan`. Source: as `kaimingUniform`. */
export const kaimingNormal =
  (options: Kaiming = {}): Initializer =>
  (random, shape) =>
    normal(0, kaimingDeviation('kaimingNormal', shape, options))(random, shape)

function kaimingDeviation(
  who: string,
  shape: Shape,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: Kaiming,
): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(who, shape)[mode])
}

/** What may follow a layer, as far as its first weights are concerned. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu'

/**
 * How much larger than 1/√fan the weights before a nonlinearity are. As PyTorch's `calculate_gain`.
 *
 * @param slope of the leaky ReLU below zero
 */
export function calculateGain(nonlinearity: Nonlinearity, slope: number = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1
    case 'tanh':
      return 5 / 3
    case 'relu':
      return Math.SQRT2
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2))
    case 'selu':
      return 3 / 4
  }
}

/** Inputs and outputs of one element of `[out, in, …kernel]`. */
function fans(who: string, shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const [out, into, ...kernel] = shape
  if (out === undefined || into === undefined) {
    throw new ArgumentError(`${who}: wanted a weight of [out, in, …], got ${showShape(shape)}`)
  }
  return { fanIn: into * sizeOf(kernel), fanOut: out * sizeOf(kernel) }
}

/**
 * `gain` times a matrix with orthonormal rows, or columns where there are fewer of those; axes after the first count
 * as one. Source: Saxe, McClelland & Ganguli 2013, https://arxiv.org/abs/1312.6120.
 */
export const orthogonal =
  (gain: number = 1): Initializer =>
  (random, shape) => {
    fans('orthogonal', shape)
    const rows = shape[0]!
    const columns = sizeOf(shape.slice(1))
    const [few, many] = rows < columns ? [rows, columns] : [columns, rows]
    const vectors = Array.from({ length: few }, () =>
      Float64Array.from({ length: many }, () => random.normal()),
    )
    orthonormalize(vectors)
    const [down, right] = rows < columns ? [many, 1] : [1, few]
    const weights = new Float64Array(few * many)
    vectors.forEach((vector, i) => {
      for (let j = 0; j < many; j++) weights[down * i + right * j] = gain * vector[j]!
    })
    return weights
  }

/** Gram and Schmidt's method, each vector freed of those before it twice: once leaves their rounding behind. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, i) => {
    for (const u of [...vectors.slice(0, i), ...vectors.slice(0, i)]) {
      const shared = dot(u, v)
      for (let k = 0; k < v.length; k++) v[k]! -= shared * u[k]!
    }
    const length = Math.sqrt(dot(v, v))
    for (let k = 0; k < v.length; k++) v[k]! /= length
  })
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
