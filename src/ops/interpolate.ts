import { ArgumentError } from '../core/errors.ts'
import { boolean, choice, number, type OptionsOf, readOptions, size, type ValuesOf } from '../core/options.ts'
import { misfit, type Shape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'
import { type Weights, weighAxes } from './resample.ts'
import { perAxis } from './window.ts'

const interpolateOptions = (rank: number) => ({
  /** New size of each axis after batch and channels; required unless `scaleFactor` is given. */
  size: perAxis(rank, size),
  /** Ratio of the new to the old size of each axis after batch and channels; new sizes are rounded down. */
  scaleFactor: perAxis(rank, number({ above: 0 })),
  /**
   * How to compute an element: `nearest` copies the nearest old element; `linear` (for 3 axes) and `bilinear`
   * (for 4) interpolate between the two nearest along each axis. @default 'nearest'
   */
  mode: choice(['nearest', 'linear', 'bilinear'], 'nearest'),
  /**
   * Whether `linear` and `bilinear` align the centres of the outermost elements of old and new axis, rather
   * than the outer edges of these elements. @default false
   */
  alignCorners: boolean(false),
})
export interface InterpolateOptions extends OptionsOf<ReturnType<typeof interpolateOptions>> {}

/** Resizing of an axis from size n to `target`; neighbouring new elements are `step` old elements apart. */
interface Resizing {
  readonly n: number
  readonly target: number
  readonly step: number
}

/**
 * Resizes the axes of `x` after batch and channels. As PyTorch's `interpolate`.
 *
 *     nearest    y[i] = x[⌊i · s⌋]                      where s = 1 / scaleFactor, or old size / new size
 *     linear     y[i] = x at position (i + ½) · s − ½   with alignCorners, at i · (old − 1) / (new − 1)
 *
 * @param x `[n, c, length]`, or for nearest and bilinear `[n, c, height, width]`
 * @throws {ArgumentError} when neither or both of `size` and `scaleFactor` are given, or one is out of range.
 * @throws {ShapeError} when `x` does not have as many axes as the mode requires.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const rank = x.shape.length - 2
  const read = readOptions('interpolate', interpolateOptions(Math.max(1, rank)), options)
  const { mode, alignCorners } = read
  if (rank < 1 || (mode === 'linear' && rank !== 1) || (mode === 'bilinear' && rank !== 2)) {
    const axes = { nearest: '3 axes or more', linear: '3 axes', bilinear: '4 axes' }[mode]
    throw misfit('interpolate', `${axes} for ${mode}`, x.shape)
  }
  const resizings = resizingsOf(x.shape.slice(2), read)
  const times = resizings.map(({ step }) => 1 / step)
  const isWhole = resizings.every(({ n, target, step }) => step * target === n && Number.isInteger(1 / step))
  if (mode === 'nearest' && isWhole) return repeat(x, times)
  const weights = resizings.map((r) => (mode === 'nearest' ? nearest(r) : blend(r, alignCorners)))
  return weighAxes(x, weights)
}

type Sizing = Pick<ValuesOf<ReturnType<typeof interpolateOptions>>, 'size' | 'scaleFactor'>

function resizingsOf(old: Shape, { size, scaleFactor }: Sizing): Resizing[] {
  if ((size === undefined) === (scaleFactor === undefined)) {
    const got = size === undefined ? 'neither' : 'both'
    throw new ArgumentError(`interpolate: wanted size or scaleFactor, got ${got}`)
  }
  const resizings = old.map((n, i): Resizing => {
    if (size) return { n, target: size[i]!, step: n / size[i]! }
    return { n, target: Math.floor(n * scaleFactor![i]!), step: 1 / scaleFactor![i]! }
  })
  if (resizings.every(({ target }) => target >= 1)) return resizings
  const got = showShape(resizings.map(({ target }) => target))
  throw new ArgumentError(`interpolate: wanted a size of 1 or more, got ${got}`)
}

/** Repeats each element `times[i]` times along axis i after batch and channels: copies, without arithmetic. */
function repeat(x: Tensor, times: readonly number[]): Tensor {
  const [n, c, ...spatial] = x.shape
  const apart = reshape(x, [n!, c!, ...spatial.flatMap((size) => [size, 1])])
  const wide = expand(apart, [n!, c!, ...spatial.flatMap((size, i) => [size, times[i]!])])
  return reshape(wide, [n!, c!, ...spatial.map((size, i) => size * times[i]!)])
}

const nearest = ({ n, target, step }: Resizing): Weights =>
  Array.from({ length: target }, (_, i) => new Map([[Math.min(n - 1, Math.floor(i * step)), 1]]))

const blend = ({ n, target, step }: Resizing, alignCorners: boolean): Weights =>
  Array.from({ length: target }, (_, i) => {
    const between = target > 1 ? (n - 1) / (target - 1) : 0
    const at = alignCorners ? i * between : Math.max(0, (i + 0.5) * step - 0.5)
    const first = Math.min(n - 1, Math.floor(at))
    const part = at - first
    if (first === n - 1 || part === 0) return new Map([[first, 1]])
    return new Map([
      [first, 1 - part],
      [first + 1, part],
    ])
  })
