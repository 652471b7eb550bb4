import type { Data } from '../core/dtype.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { mul, sub } from '../ops/arithmetic.ts'
import { batchNorm as channelStatistics } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { rowSquares } from '../optim/norm.ts'
import type { Steps } from './steps.ts'

// What is logged of normalization layers. An average or a sum over a short vector is cheaper on the host than as an
// operator: a step's graph returns one vector for all layers, of which the host makes the logged numbers.

/** A normalization layer with running statistics. */
interface Normalizer {
  readonly runningMean: Variable | undefined
  readonly runningVar: Variable | undefined
  readonly weight?: Variable | undefined
}

/** Whether an object is a normalization layer with running statistics. */
export const isNormalizer = (object: object): object is Normalizer =>
  'runningMean' in object && 'runningVar' in object

/** The last weight before a normalization layer: its variable, and its traced value before the step. */
export interface FedWeight {
  readonly variable: Variable
  readonly value: Tensor
}

/** A call of a normalization layer. */
export interface Layer {
  readonly path: string
  readonly module: Normalizer
  /** Input of the layer. */
  readonly x: Tensor
  /** The layer's scale γ before the step. */
  readonly gamma: Tensor | undefined
  readonly fed: FedWeight | undefined
}

/** Quantities that are averages over a layer's channels. */
const averages = ['batchMean', 'batchVar', 'runningMean', 'runningVar', 'weight'] as const

/** Sums over the rows of the weight w before a layer, which moves by d: ‖w‖², ‖d‖² and ⟨w, d⟩. */
const sums = ['ww', 'dd', 'wd'] as const

/** A vector in the graph of a step, of which the host takes the average or the sum. */
interface Piece {
  readonly path: string
  readonly name: (typeof averages)[number] | (typeof sums)[number]
  readonly values: Tensor
}

/** Returns the vectors of a layer, after the step that updates its variables was traced. */
export function piecesOf({ path, module, x, gamma, fed }: Layer): Piece[] {
  const { mean: batchMean, variance: batchVar } = channelStatistics(x, undefined, undefined, 1)
  const d = fed && sub(fed.variable.value, fed.value)
  const found: Readonly<Record<Piece['name'], Tensor | undefined>> = {
    batchMean,
    batchVar,
    runningMean: module.runningMean?.value,
    runningVar: module.runningVar?.value,
    weight: gamma,
    ww: fed && rowSquares(fed.value),
    dd: d && rowSquares(d),
    wd: d && sum(mul(fed.value, d), rest(d)),
  }
  return [...averages, ...sums].flatMap((name): Piece[] => {
    const values = found[name]
    return values ? [{ path, name, values }] : []
  })
}

/** Lists all axes but the first. */
const rest = ({ shape }: Tensor): number[] => shape.map((_, i) => i).slice(1)

/**
 * Returns the logged quantities by name, such as `bn.angle`, from the values of the vectors in K steps, `[K, …]`.
 *
 * @param lr returns the learning rate of the call's step k, from 0
 */
export function readPieces(
  pieces: readonly Piece[],
  data: Data,
  lr: (k: number) => number,
): Required<Steps>['logs'] {
  const width = pieces.reduce((all, { values }) => all + values.shape[0]!, 0)
  const count = width === 0 ? 0 : data.length / width
  const logs = new Map<string, Float64Array>()
  const known = new Map<string, Float64Array>()
  let start = 0
  for (const { path, name, values } of pieces) {
    const [size = 0] = values.shape
    const total = Float64Array.from({ length: count }, (_, k) => sumOf(data, k * width + start, size))
    const of = (sum: (typeof sums)[number]): Float64Array => known.get(layerLog(path, sum))!
    start += size
    known.set(layerLog(path, name), total)
    if (name === 'ww')
      logs.set(
        layerLog(path, 'effectiveRate'),
        total.map((square, k) => lr(k) / square),
      )
    else if (name === 'wd') {
      const angles = total.map((wd, k) => angleOf(of('ww')[k]!, of('dd')[k]!, wd))
      logs.set(layerLog(path, 'angle'), angles)
    } else if (name !== 'dd')
      logs.set(
        layerLog(path, name),
        total.map((all) => all / size),
      )
  }
  return Object.fromEntries(logs)
}

function sumOf(data: Data, start: number, size: number): number {
  let total = 0
  for (let i = start; i < start + size; i++) total += Number(data[i])
  return total
}

/**
 * Returns the angle between a weight w and its next value w₊ = w + d, precise for small angles:
 *
 *     angle = 2 · asin(½ · ‖w₊/‖w₊‖ − w/‖w‖‖)
 *     ‖w₊/‖w₊‖ − w/‖w‖‖² = (‖d‖² − (‖w₊‖ − ‖w‖)²) / (‖w‖ · ‖w₊‖)        ‖w₊‖² − ‖w‖² = 2 · ⟨w, d⟩ + ‖d‖²
 */
function angleOf(ww: number, dd: number, wd: number): number {
  const [before, after] = [Math.sqrt(ww), Math.sqrt(Math.max(0, ww + 2 * wd + dd))]
  const longer = (2 * wd + dd) / (before + after)
  const across = Math.max(0, dd - longer * longer)
  return 2 * Math.asin(Math.min(1, Math.sqrt(across / (before * after)) / 2))
}

/** Returns the name of a logged quantity of the layer at `path`, such as `bn.angle`. */
export const layerLog = (path: string, quantity: string): string => (path ? `${path}.${quantity}` : quantity)

/** Returns the layer's path from `name`, such as `bn.angle`, if it ends in `quantity`; otherwise undefined. */
export function layerOf(name: string, quantity: string): string | undefined {
  if (name === quantity) return ''
  return name.endsWith(`.${quantity}`) ? name.slice(0, -quantity.length - 1) : undefined
}
