import { ArgumentError, ShapeError } from '../core/errors.ts'
import { showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'
import type { PerAxis } from './convolution.ts'
import { type Weights, weighAxes } from './resample.ts'
import { perAxis } from './window.ts'

export interface InterpolateOptions {
  /** The new size of each axis behind `[batch, channels, …]`; or give `scaleFactor`. */
  readonly size?: PerAxis
  /** New size over old size; the new one is rounded down. */
  readonly scaleFactor?: number | readonly number[]
  /** The nearest element (nearest), or a blend of the two nearest along each axis: `linear` for 3 axes, `bilinear` for 4. */
  readonly mode?: 'nearest' | 'linear' | 'bilinear'
  /** Whether the first and last elements stay where they are, rather than the outer edges of them; false. */
  readonly alignCorners?: boolean
}

/**
 * `x` with its axes behind `[batch, channels, …]` made longer or shorter. As PyTorch's `interpolate`.
 *
 *     nearest    y[i] = x[⌊i · s⌋]                       s = old / new, or 1 / scaleFactor where that is given
 *     linear     y[i] between its neighbours at  (i + ½) · s − ½;  with alignCorners at  i · (old − 1) / (new − 1)
 *
 * @param x `[n, c, length]`, or for nearest and bilinear `[n, c, height, width]`
 * @throws {ArgumentError} when neither or both of `size` and `scaleFactor` are given, or one is out of its range.
 * @throws {ShapeError} when `x` has other axes than the mode takes.
 */
export function interpolate(
  x: Tensor,
  { size, scaleFactor, mode = 'nearest', alignCorners = false }: InterpolateOptions,
): Tensor {
  const rank = x.shape.length - 2
  if (rank < 1 || (mode === 'linear' && rank !== 1) || (mode === 'bilinear' && rank !== 2)) {
    const axes = { nearest: '3 axes or more', linear: '3 axes', bilinear: '4 axes' }[mode]
    throw new ShapeError(`interpolate: wanted ${axes} for ${mode}, got ${showShape(x.shape)}`)
  }
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(
      `interpolate: wanted size or scaleFactor, got ${size === undefined ? 'neither' : 'both'}`,
    )
  }
  const spatial = x.shape.slice(2)
  const factors = scaleFactor === undefined ? undefined : factorsOf(scaleFactor, rank)
  const target = factors
    ? spatial.map((n, i) => Math.floor(n * factors[i]!))
    : perAxis('interpolate', 'size', size!, rank, 1)
  if (target.some((n) => n < 1)) {
    throw new ArgumentError(`interpolate: wanted a size of 1 or more, got ${showShape(target)}`)
  }
  const ratios = spatial.map((n, i) => (factors ? 1 / factors[i]! : n / target[i]!))
  if (
    mode === 'nearest' &&
    ratios.every((s, i) => s * target[i]! === spatial[i] && Number.isInteger(1 / s))
  ) {
    return repeat(
      x,
      ratios.map((s) => 1 / s),
    )
  }
  return weighAxes(
    x,
    spatial.map((n, i) =>
      mode === 'nearest'
        ? nearest(n, target[i]!, ratios[i]!)
        : blend(n, target[i]!, ratios[i]!, alignCorners),
    ),
  )
}

function factorsOf(scaleFactor: number | readonly number[], rank: number): readonly number[] {
  const factors = typeof scaleFactor === 'number' ? new Array<number>(rank).fill(scaleFactor) : scaleFactor
  if (factors.length !== rank || !factors.every((f) => f > 0 && Number.isFinite(f))) {
    throw new ArgumentError(
      `interpolate: wanted scaleFactor as a positive number or ${rank} of them, got ${showShape(factors)}`,
    )
  }
  return factors
}

/** Each element `times` times along each axis: moves memory, and multiplies nothing. */
function repeat(x: Tensor, times: readonly number[]): Tensor {
  const [n, c, ...spatial] = x.shape
  const apart = reshape(x, [n!, c!, ...spatial.flatMap((size) => [size, 1])])
  const wide = expand(apart, [n!, c!, ...spatial.flatMap((size, i) => [size, times[i]!])])
  return reshape(wide, [n!, c!, ...spatial.map((size, i) => size * times[i]!)])
}

const nearest = (n: number, target: number, ratio: number): Weights =>
  Array.from({ length: target }, (_, i) => new Map([[Math.min(n - 1, Math.floor(i * ratio)), 1]]))

const blend = (n: number, target: number, ratio: number, alignCorners: boolean): Weights =>
  Array.from({ length: target }, (_, i) => {
    const step = target > 1 ? (n - 1) / (target - 1) : 0
    const at = alignCorners ? i * step : Math.max(0, (i + 0.5) * ratio - 0.5)
    const first = Math.min(n - 1, Math.floor(at))
    const part = at - first
    return first === n - 1 || part === 0
      ? new Map([[first, 1]])
      : new Map([
          [first, 1 - part],
          [first + 1, part],
        ])
  })
