import { ArgumentError } from '../core/errors.ts'
import { choice, number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Random } from '../core/random.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { filled, type Initializer } from '../core/variable.ts'

// The initial numbers of a variable, by the names of PyTorch's `nn.init`. To choose one, before
// `nn.initialize`:
//
//     layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })

/** Each element drawn by itself. */
const drawn =
  (draw: (random: Random) => number): Initializer =>
  (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => draw(random))

/** Each element uniform in `[low, high)`. */
export const uniform = (low: number = 0, high: number = 1): Initializer =>
  drawn((random) => random.uniform(low, high))

/** Each element normal. */
export const normal = (mean: number = 0, std: number = 1): Initializer =>
  drawn((random) => random.normal(mean, std))

/** Each element the same number. */
export const constant: (value: number) => Initializer = filled
/** Each element 0; for example for the last γ of a residual branch. */
export const zeros: Initializer = filled(0)
/** Each element 1. */
export const ones: Initializer = filled(1)

/**
 * Each element normal, redrawn until it lies in `[low, high]`. As in PyTorch's `trunc_normal_`, bounds are
 * values, not multiples of `std`.
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
  return drawn((random) => {
    for (;;) {
      const x = random.normal(mean, std)
      if (x >= low && x <= high) return x
    }
  })
}

/** Uniform in `±gain · √(6/(fanIn + fanOut))`. Source: Glorot & Bengio 2010, equation 16. */
export const xavierUniform = (gain: number = 1): Initializer =>
  byFans('xavierUniform', ({ fanIn, fanOut }) => {
    const limit = gain * Math.sqrt(6 / (fanIn + fanOut))
    return uniform(-limit, limit)
  })

/** Normal with the variance `gain² · 2/(fanIn + fanOut)`. Source: Glorot & Bengio 2010, equation 12. */
export const xavierNormal = (gain: number = 1): Initializer =>
  byFans('xavierNormal', ({ fanIn, fanOut }) => normal(0, gain * Math.sqrt(2 / (fanIn + fanOut))))

const gains = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope: number) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
}

/** A function that may follow a layer, as far as its initial weights are concerned. */
export type Nonlinearity = keyof typeof gains
const nonlinearities = Object.keys(gains) as readonly Nonlinearity[]

/**
 * The factor over 1/√fan for weights before a nonlinearity. As PyTorch's `calculate_gain`.
 *
 * @param slope of the leaky ReLU below zero
 */
export function calculateGain(nonlinearity: Nonlinearity, slope: number = 0.01): number {
  choice(nonlinearities).read('calculateGain', 'nonlinearity', nonlinearity)
  return gains[nonlinearity](slope)
}

const kaimingOptions = {
  /** Slope below zero of the leaky ReLU that follows. @default 0 */
  a: number({}, 0),
  /** Whether signals keep their size forwards (`fanIn`) or gradients backwards (`fanOut`). @default 'fanIn' */
  mode: choice(['fanIn', 'fanOut'], 'fanIn'),
  /** The function that follows the layer. @default 'leakyRelu' */
  nonlinearity: choice(nonlinearities, 'leakyRelu'),
}
export interface Kaiming extends OptionsOf<typeof kaimingOptions> {}

/**
 * Uniform in `±gain · √(3/fan)`.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1502.01852, equations 10 and 15.
 */
export const kaimingUniform = (options?: Kaiming): Initializer =>
  kaiming('kaimingUniform', options, (std) => uniform(-Math.sqrt(3) * std, Math.sqrt(3) * std))

/** Normal with the standard deviation `gain/√fan`. Source: as `kaimingUniform`. */
export const kaimingNormal = (options?: Kaiming): Initializer =>
  kaiming('kaimingNormal', options, (std) => normal(0, std))

function kaiming(
  who: string,
  options: Kaiming | undefined,
  drawing: (std: number) => Initializer,
): Initializer {
  const { a, mode, nonlinearity } = readOptions(who, kaimingOptions, options)
  const gain = calculateGain(nonlinearity, a)
  return byFans(who, (fans) => drawing(gain / Math.sqrt(fans[mode])))
}

/** Inputs and outputs of one unit. */
interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** The fans of `[out, in, …kernel]`. */
function fansOf(who: string, shape: Shape): Fans {
  const [out, into, ...kernel] = shape
  if (out === undefined || into === undefined) {
    throw new ArgumentError(`${who}: wanted a weight of [out, in, …], got ${showShape(shape)}`)
  }
  return { fanIn: into * sizeOf(kernel), fanOut: out * sizeOf(kernel) }
}

const byFans =
  (who: string, initializer: (fans: Fans) => Initializer): Initializer =>
  (random, shape) =>
    initializer(fansOf(who, shape))(random, shape)

/**
 * `gain` times a matrix with orthonormal rows, or columns if there are fewer of those; axes after the first are
 * merged. Source: Saxe, McClelland & Ganguli 2013, https://arxiv.org/abs/1312.6120.
 */
export const orthogonal =
  (gain: number = 1): Initializer =>
  (random, shape) => {
    fansOf('orthogonal', shape)
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

/** The Gram–Schmidt process, each projection removed twice: once leaves rounding errors behind. */
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
