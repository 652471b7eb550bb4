import { parse } from '../optim/parse.ts'
import { equilibriumAngles } from '../train/equilibrium-angles.ts'
import type { Steps } from '../train/steps.ts'
import { layerLog, layerOf } from '../train/watch-layers.ts'
import { curveAt, m4, shortened } from './downsample.ts'
import type { CurveView, LayerView } from './views.ts'

type Description = Readonly<Record<string, unknown>>

/** Returns what a run logged of its normalization layers, in steps `range[0]` to `range[1]` (exclusive). */
export function layersIn(
  { logs = {} }: Steps,
  [from, to]: readonly [number, number],
  columns: number,
  equilibrium: CurveView | undefined,
): LayerView[] {
  const paths = Object.keys(logs).flatMap((name) => layerOf(name, 'batchMean') ?? [])
  return paths.map((path) => {
    const log = (name: string): ArrayLike<number> | undefined => logs[layerLog(path, name)]
    const curve = (values: ArrayLike<number> | undefined): CurveView | undefined =>
      values && curveAt(values, m4(values, from, to, columns))
    const given = {
      effectiveRate: curve(log('effectiveRate')),
      angle: curve(log('angle')),
      equilibrium: log('angle') && equilibrium,
      meanDrift: curve(driftOf(log('runningMean'), log('batchMean'), log('batchVar'))),
      varianceDrift: curve(ratioOf(log('runningVar'), log('batchVar'))),
    }
    const known = Object.entries(given).filter(([, one]) => one !== undefined)
    return { path: path || 'model', ...Object.fromEntries(known) }
  })
}

type Values = ArrayLike<number> | undefined

const driftOf = (running: Values, batch: Values, variance: Values): Float64Array | undefined =>
  running && batch && variance
    ? Float64Array.from(running, (mean, i) => (mean - batch[i]!) / Math.sqrt(variance[i]!))
    : undefined

const ratioOf = (running: Values, batch: Values): Float64Array | undefined =>
  running && batch && Float64Array.from(running, (value, i) => value / batch[i]!)

/** Number of steps at which the equilibrium is computed. */
const points = 200

/**
 * Computes the angle at which weight decay and gradients balance over the steps of a run, and again once the run is a
 * twentieth longer: it takes a while.
 */
export class EquilibriumCurve {
  #steps = 0
  #curve: CurveView | undefined

  /** Returns the curve; undefined if there is no equilibrium, or none is known. */
  of(description: Description, { lrs }: Steps): CurveView | undefined {
    if (lrs.length < 1.05 * this.#steps || lrs.length === 0) return this.#curve
    this.#steps = lrs.length
    this.#curve = equilibriumIn(description, lrs)
    return this.#curve
  }
}

function equilibriumIn({ optimizer, model }: Description, lrs: Float64Array): CurveView | undefined {
  const count = Math.min(points, lrs.length)
  const steps = Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * lrs.length) / count) - 1)
  const shapes = Object.entries(Object(model)).filter((entry): entry is [string, number[]] =>
    Array.isArray(entry[1]),
  )
  try {
    const angles = equilibriumAngles(parse(optimizer), new Map(shapes), lrs, steps)
    return angles && { x: steps, y: angles.map(shortened) }
  } catch {
    return undefined // an optimizer of the user's own, or parameter groups that ask for more than names and axes
  }
}
