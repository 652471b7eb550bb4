import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { sub } from '../ops/arithmetic.ts'
import { batchNorm as channelStatistics } from '../ops/batch-norm.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { concat } from '../ops/concat.ts'
import { linear } from '../ops/matmul.ts'
import { squared } from '../optim/norm.ts'
import type { Steps } from './steps.ts'

// What is logged of normalization layers. A step's graph returns one short vector for all layers, of which the host
// makes the logged numbers: each further operator and output of a graph takes time.

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

/** A vector in the graph of a step, of which the host makes the logged numbers of a layer. */
interface Piece {
  readonly path: string
  /** Number of channels. */
  readonly channels: number
  /** Names of the averages whose sums over the channels stand first in `values`. */
  readonly averages: readonly (typeof averages)[number][]
  /** These sums and, if a weight w from which the step subtracts d feeds the layer, ‖w‖², ‖d‖² and ⟨w, d⟩: `[n, 1]`. */
  readonly values: Tensor
}

/** Returns what is logged of a layer, after the step that updates its variables was traced. */
export function pieceOf({ path, module, x, gamma, fed }: Layer): Piece {
  const { mean: batchMean, variance: batchVar } = channelStatistics(x, undefined, undefined, 1)
  const given: Readonly<Record<(typeof averages)[number], Tensor | undefined>> = {
    batchMean,
    batchVar,
    runningMean: module.runningMean?.value,
    runningVar: module.runningVar?.value,
    weight: gamma,
  }
  const found = averages.filter((name) => given[name])
  const channels = x.shape[1]!
  const all = reshape(concat(found.map((name) => given[name]!)), [found.length, channels])
  const sums = sum(all, [1], { keepDims: true })
  return { path, channels, averages: found, values: fed ? concat([sums, ...movesOf(fed)]) : sums }
}

/** Returns ‖w‖², ‖d‖² and ⟨w, d⟩ of a weight w from which the step subtracts d, each with shape `[1, 1]`. */
function movesOf({ variable, value: w }: FedWeight): Tensor[] {
  const { op, inputs } = variable.value
  const d = op === 'Sub' && inputs[0] === w ? inputs[1]! : sub(w, variable.value)
  const [ofW, ofD] = [w, d].map((t) => reshape(t, [1, sizeOf(t.shape)])) as [Tensor, Tensor]
  // A product of matrices is faster than a product of elements and its sum.
  const product = linear(ofW, ofD)
  return [squared(w, true), squared(d, true), product].map((t) => reshape(t, [1, 1]))
}

/**
 * Returns the logged quantities by name, such as `bn.angle`, from the values of the pieces in K steps, `[K, …]`.
 *
 * @param lr returns the learning rate of the call's step k, from 0
 */
export function readPieces(
  pieces: readonly Piece[],
  data: Data,
  lr: (k: number) => number,
): Required<Steps>['logs'] {
  const width = pieces.reduce((all, { values }) => all + values.shape[0]!, 0)
  const steps = Array.from({ length: data.length / width }, (_, k) => k)
  const logs: Record<string, Float64Array> = {}
  let start = 0
  for (const { path, channels, averages: names, values } of pieces) {
    const at = (i: number): number[] => steps.map((k) => Number(data[k * width + i]))
    const log = (name: string, of: readonly number[]): void => {
      logs[layerLog(path, name)] = Float64Array.from(of)
    }
    for (const [i, name] of names.entries())
      log(
        name,
        at(start + i).map((total) => total / channels),
      )
    const rest = start + names.length
    start += values.shape[0]!
    if (start === rest) continue
    const [ww, dd, wd] = [at(rest), at(rest + 1), at(rest + 2)]
    log(
      'effectiveRate',
      ww.map((square, k) => lr(k) / square),
    )
    log(
      'angle',
      ww.map((square, k) => angleOf(square, dd[k]!, wd[k]!)),
    )
  }
  return logs
}

/**
 * Returns the angle between a weight w and its next value w₊ = w − d, precise for small angles:
 *
 *     angle = 2 · asin(½ · ‖w₊/‖w₊‖ − w/‖w‖‖)
 *     ‖w₊/‖w₊‖ − w/‖w‖‖² = (‖d‖² − (‖w₊‖ − ‖w‖)²) / (‖w‖ · ‖w₊‖)        ‖w₊‖² − ‖w‖² = ‖d‖² − 2 · ⟨w, d⟩
 */
function angleOf(ww: number, dd: number, wd: number): number {
  const [before, after] = [Math.sqrt(ww), Math.sqrt(Math.max(0, ww - 2 * wd + dd))]
  const longer = (dd - 2 * wd) / (before + after)
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
