import type { Tensor } from '../../../core/tensor.ts'
import { weighAxis } from '../../../ops/resample.ts'
import { type NodeCall, type OperatorTable, positive, range, refusal } from '../call.ts'

/** Weights of the elements around a place: offset of the first element, and the weights from there. */
type Weighing = readonly [first: number, weights: readonly number[]]

export const resizing = (): OperatorTable => ({ Resize: resize, Upsample: resize })

/** Maximum number of weights by which one axis is resized. */
const mostWeights = 1 << 26

/** How one axis changes: its old and new size, the factor, and the new size before rounding. */
interface Axis {
  readonly old: number
  readonly size: number
  readonly scale: number
}

function resize(call: NodeCall): Tensor {
  const { x, opset } = call
  const isOld = opset < 11 || call.node.op === 'Upsample'
  const axes = (call.numbers('axes') ?? range(call.rank)).map((axis) => positive(axis, call.rank))
  const scales = isOld ? call.setting('scales', 1) : call.known(2, 'scales')
  const sizes = isOld ? undefined : call.known(3, 'sizes')
  const changed = axesOf(call, axes, scales, sizes)
  return axes.reduce((t, axis, i) => {
    const one = changed[i]!
    if (one.size * one.old > mostWeights)
      throw refusal(`an axis resized by at most ${mostWeights} weights`, one.size)
    return weighAxis(t, axis, rowsOf(call, one, isOld))
  }, x)
}

function axesOf(
  call: NodeCall,
  axes: readonly number[],
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
): Axis[] {
  const { shape } = call.x
  const bySizes = sizes !== undefined && sizes.length > 0
  const factors = axes.map((axis, i) => (bySizes ? sizes[i]! / shape[axis]! : (scales?.[i] ?? Number.NaN)))
  if (!factors.every((f) => f > 0)) throw refusal('scales or sizes above 0', `[${factors.join(', ')}]`)
  const policy = call.text('keep_aspect_ratio_policy', 'stretch')
  const same =
    !bySizes || policy === 'stretch' ? undefined : (policy === 'not_larger' ? Math.min : Math.max)(...factors)
  return axes.map((axis, i) => {
    const old = shape[axis]!
    const scale = same ?? factors[i]!
    if (same !== undefined) return { old, scale, size: Math.floor(scale * old + 0.5) }
    return { old, scale, size: bySizes ? sizes[i]! : Math.floor(old * scale) }
  })
}

/** Returns the weights by which each new element sums old ones. */
function rowsOf(call: NodeCall, axis: Axis, isOld: boolean): ReadonlyMap<number, number>[] {
  const { old, size, scale } = axis
  const mode = call.text('mode', 'nearest')
  const excludes = call.number('exclude_outside', 0) === 1
  return range(size).map((j) => {
    const place = placeOf(call, axis, j, isOld)
    const base = Number.isInteger(place) ? place - 1 : Math.floor(place)
    const ratio = Number.isInteger(place) ? 1 : place - base
    const [first, weights] = weighingOf(call, mode, ratio, scale, isOld)
    const isInside = (k: number): boolean => base + first + k >= 0 && base + first + k < old
    const total = excludes ? weights.reduce((sum, v, k) => sum + (isInside(k) ? v : 0), 0) : 1
    const row = new Map<number, number>()
    weights.forEach((v, k) => {
      if (v === 0 || (excludes && !isInside(k))) return
      const from = Math.min(old - 1, Math.max(0, base + first + k))
      row.set(from, (row.get(from) ?? 0) + v / total)
    })
    return row
  })
}

/** Returns the place in the old axis that the new element `j` shows. */
function placeOf(call: NodeCall, { old, size, scale }: Axis, j: number, isOld: boolean): number {
  const how = call.text('coordinate_transformation_mode', isOld ? 'asymmetric' : 'half_pixel')
  const width = scale * old
  switch (how) {
    case 'half_pixel':
      return (j + 0.5) / scale - 0.5
    case 'asymmetric':
      return j / scale
    case 'pytorch_half_pixel':
      return width === 1 ? -0.5 : (j + 0.5) / scale - 0.5
    case 'align_corners':
      return width === 1 ? 0 : (j * (old - 1)) / (width - 1)
    case 'half_pixel_symmetric':
      return (old / 2) * (1 - size / width) + (j + 0.5) / scale - 0.5
    default:
      throw refusal('another coordinate_transformation_mode', how)
  }
}

/** Returns the weights around a place that lies `ratio` past an element, in (0, 1]. */
function weighingOf(call: NodeCall, mode: string, ratio: number, scale: number, isOld: boolean): Weighing {
  const stretch = call.number('antialias', 0) ? Math.min(1, scale) : 1
  if (mode === 'nearest')
    return nearestAt(ratio, call.text('nearest_mode', isOld ? 'floor' : 'round_prefer_floor'))
  if (mode === 'linear' || mode === 'bilinear') return kernelAt(ratio, stretch, 1, (x) => Math.max(0, 1 - x))
  if (mode !== 'cubic') throw refusal('mode nearest, linear or cubic', mode)
  const a = call.number('cubic_coeff_a', -0.75)
  return kernelAt(ratio, stretch, 2, (x) => {
    if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
    return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0
  })
}

function nearestAt(ratio: number, mode: string): Weighing {
  const before = {
    floor: ratio < 1,
    ceil: false,
    round_prefer_floor: ratio <= 0.5,
    round_prefer_ceil: ratio < 0.5,
  }
  if (!Object.hasOwn(before, mode)) throw refusal('another nearest_mode', mode)
  return [0, before[mode as keyof typeof before] ? [1, 0] : [0, 1]]
}

/** Weights by a kernel that reaches `reach` elements to each side, stretched by 1/scale against aliasing. */
function kernelAt(ratio: number, scale: number, reach: number, f: (distance: number) => number): Weighing {
  const first = Math.floor(-reach / scale) + 1
  const raw = range(2 - 2 * first, first).map((i) => f(Math.abs(scale * (i - ratio))))
  const total = raw.reduce((a, b) => a + b, 0)
  return [first, raw.map((v) => v / total)]
}
