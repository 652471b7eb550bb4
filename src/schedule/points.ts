/** Schedules that interpolate between given points, each a step and a value. */

import { mismatch } from '../core/mismatch.ts'
import { list, number, type OptionsOf, required } from '../core/options.ts'
import { countUpTo } from './bisect.ts'
import { atLeastOne, type Constructor, kind, type Span } from './kind.ts'
import { afterEnd, type Point, points } from './options.ts'
import type { Curve } from './schedule.ts'

export interface PointsOptions extends OptionsOf<typeof afterEnd> {}

type PointInSteps = readonly [step: number, value: number]

type PointsConstructor = Constructor<[points: readonly Point[], options?: PointsOptions]>

const through = {
  /** [step, value] pairs with strictly increasing steps. */
  points,
  ...afterEnd,
}

const lastPoint = ({ points }: { readonly points: readonly PointInSteps[] }): Span =>
  atLeastOne(points.at(-1)![0])

/**
 * Straight lines between points. Steps before the first point have the value of the first point.
 *
 * @param points [step, value] pairs, the steps ≥ 0 and strictly increasing
 * Source: Optax's piecewise_interpolate_schedule, Ignite's PiecewiseLinear.
 * @example schedule.piecewiseLinear([[0, 0], [10, 1], [30, 0]])(20) // 0.5
 */
export const piecewiseLinear: PointsConstructor = kind('piecewiseLinear', {
  fields: through,
  span: lastPoint,
  curve: ({ points }) => interpolate(points, (p) => p),
})

/**
 * Half cosines between points, flat at each point. Steps before the first point have its value.
 *
 * @param points [step, value] pairs, the steps ≥ 0 and strictly increasing
 * Source: Optax's piecewise_interpolate_schedule with 'cosine'; its cosine_onecycle is three such points.
 * @example schedule.piecewiseCosine([[0, 0], [10, 1]])(5) // 0.5
 */
export const piecewiseCosine: PointsConstructor = kind('piecewiseCosine', {
  fields: through,
  span: lastPoint,
  curve: ({ points }) => interpolate(points, (p) => (1 - Math.cos(Math.PI * p)) / 2),
})

/**
 * A list of values, one per step, with linear interpolation at fractional steps.
 *
 * @example schedule.table([0.1, 0.2, 0.1])(1) // 0.2
 */
export const table: Constructor<[values: readonly number[], options?: PointsOptions]> = kind('table', {
  fields: {
    /** One value per step, from step 0. */
    values: required(list(number())),
    ...afterEnd,
  },
  check({ values }, who) {
    if (values.length === 0) throw mismatch(who, '1 or more values', 0, 'list one value per step')
  },
  span: ({ values }) => ({ end: values.length - 1, period: values.length }),
  extrapolates: () => false,
  curve: ({ values }) => {
    const last = values.length - 1
    return (step) => {
      const left = Math.min(Math.floor(step), last)
      const right = Math.min(left + 1, last)
      return values[left]! + (values[right]! - values[left]!) * (step - left)
    }
  },
})

function interpolate(points: readonly PointInSteps[], shape: Curve): Curve {
  const steps = points.map(([step]) => step)
  const values = points.map(([, value]) => value)
  if (steps.length === 1) return () => values[0]!
  return (step) => {
    if (step <= steps[0]!) return values[0]!
    const left = Math.min(countUpTo(steps, step) - 1, steps.length - 2)
    const from = steps[left]!
    const p = (step - from) / (steps[left + 1]! - from)
    return values[left]! + (values[left + 1]! - values[left]!) * shape(p)
  }
}
