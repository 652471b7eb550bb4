import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { choice, number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Random } from '../core/random.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { filled, type Initializer } from '../core/variable.ts'

// Initial values of variables, by the names of PyTorch's `nn.init`. To choose one, before `nn.initialize`:
//
//     layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })

/** Returns an initializer that calls `draw` for each element. */
const drawn =
  (draw: (random: Random) => number): Initializer =>
  (random, shape) => {
    const values = new Float64Array(sizeOf(shape))
    for (let i = 0; i < values.length; i++) values[i] = draw(random)
    return values
  }

/** Returns an initializer that sets every element to `value`; error messages call it `name`. */
function always(name: string, value: number): Initializer {
  return (random, shape) => {
    if (Array.isArray(shape)) return filled(value)(random, shape)
    const fix = `assign nn.init.${name} itself: layer.weight.initializer = nn.init.${name}`
    throw mismatch(`init.${name}`, 'a random stream and a shape', shape, fix)
  }
}

/** Draws each element uniformly from `[low, high)`. */
export const uniform = (low: number = 0, high: number = 1): Initializer =>
  drawn((random) => random.uniform(low, high))

/** Draws each element from the normal distribution of mean `mean` and standard deviation `std`. */
export const normal = (mean: number = 0, std: number = 1): Initializer =>
  drawn((random) => random.normal(mean, std))

/** Sets each element to `value`. */
export function constant(value: number): Initializer {
  number().read('init.constant', 'value', value)
  return filled(value)
}
/** Sets each element to 0; useful for the scale γ of the last normalization layer in a residual branch. */
export const zeros: Initializer = always('zeros', 0)
/** Sets each element to 1. */
export const ones: Initializer = always('ones', 1)

/**
 * Draws each element from a normal distribution, redrawing it until it lies in `[low, high]`. As in PyTorch's
 * `trunc_normal_`, these bounds are values of elements, not multiples of `std`.
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

/** Draws from U(−b, b), b = `gain · √(6/(fanIn + fanOut))`. Source: Glorot & Bengio 2010, equation 16. */
export const xavierUniform = (gain: number = 1): Initializer =>
  byFans('xavierUniform', ({ fanIn, fanOut }) => {
    const limit = gain * Math.sqrt(6 / (fanIn + fanOut))
    return uniform(-limit, limit)
  })

/** Draws from N(0, σ²), σ² = `gain² · 2/(fanIn + fanOut)`. Source: Glorot & Bengio 2010, equation 12. */
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

/** Name of the activation after a layer, which determines the scale of the layer's initial weights. */
export type Nonlinearity = keyof typeof gains
const nonlinearities = Object.keys(gains) as readonly Nonlinearity[]

/**
 * Returns the gain g of an activation function: the weights of the preceding layer should have standard deviation
 * g/√fan. Like PyTorch's `calculate_gain`.
 *
 * @param slope slope of the leaky ReLU for negative inputs
 */
export function calculateGain(nonlinearity: Nonlinearity, slope: number = 0.01): number {
  choice(nonlinearities).read('calculateGain', 'nonlinearity', nonlinearity)
  return gains[nonlinearity](slope)
}

const kaimingOptions = {
  /** Negative slope of the leaky ReLU that follows the layer. @default 0 */
  a: number({}, 0),
  /** Which variance to preserve: of activations (`fanIn`) or of gradients (`fanOut`). @default 'fanIn' */
  mode: choice(['fanIn', 'fanOut'], 'fanIn'),
  /** Activation that follows the layer. @default 'leakyRelu' */
  nonlinearity: choice(nonlinearities, 'leakyRelu'),
}
export interface Kaiming extends OptionsOf<typeof kaimingOptions> {}

/**
 * Draws from U(−b, b), b = `gain · √(3/fan)`. The option `mode` selects the fan, `nonlinearity` the gain. Source: He
 * et al. 2015, https://arxiv.org/abs/1502.01852, equations 10 and 15.
 */
export const kaimingUniform = (options?: Kaiming): Initializer =>
  kaiming('kaimingUniform', options, (std) => uniform(-Math.sqrt(3) * std, Math.sqrt(3) * std))

/** Draws from N(0, σ²), σ = `gain/√fan`; options as for `kaimingUniform`. Source: as `kaimingUniform`. */
export const kaimingNormal = (options?: Kaiming): Initializer =>
  kaiming('kaimingNormal', options, (std) => normal(0, std))

function kaiming(who: string, options: Kaiming | undefined, draw: (std: number) => Initializer): Initializer {
  const { a, mode, nonlinearity } = readOptions(who, kaimingOptions, options)
  const gain = calculateGain(nonlinearity, a)
  return byFans(who, (fans) => draw(gain / Math.sqrt(fans[mode])))
}

/** Returns the number of inputs and outputs of one unit, for a layer whose weight is `[out, in, …kernel]`. */
function fansOf(who: string, shape: Shape): Record<'fanIn' | 'fanOut', number> {
  const [out, into, ...kernel] = shape
  if (out === undefined || into === undefined) {
    throw new ArgumentError(`${who}: wanted a weight of [out, in, …], got ${showShape(shape)}`)
  }
  return { fanIn: into * sizeOf(kernel), fanOut: out * sizeOf(kernel) }
}

const byFans =
  (who: string, initializer: (fans: ReturnType<typeof fansOf>) => Initializer): Initializer =>
  (random, shape) =>
    initializer(fansOf(who, shape))(random, shape)

/**
 * Draws `gain` times a random matrix with orthonormal rows (orthonormal columns if it has fewer columns than rows). A
 * weight with more than two axes is flattened to a matrix: all axes after the first become its columns.
 * Source: Saxe, McClelland & Ganguli 2013, https://arxiv.org/abs/1312.6120.
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

/** Makes vectors orthonormal in place, by the Gram–Schmidt process, removing each projection twice for precision. */
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
