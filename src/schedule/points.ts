/** Schedules that go through given points. */

import { mismatch } from '../core/mismatch.ts'
import { countUpTo } from './bisect.ts'
import { type Fields, numbers, type Point, points, type Values } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { After, Curve, Schedule } from './schedule.ts'

export interface PointsOptions {
  readonly after?: After
}

const through = { points: points('a list of [step, value] with rising steps') } satisfies Fields

export const piecewiseLinearKind: Kind = kind({
  type: 'piecewiseLinear',
  about: 'goes through points in straight lines',
  fields: through,
  span: lastPoint,
  curve: ({ points }) => interpolate(points, (share) => share),
})

/**
 * Straight lines through points. Before the first point its value holds.
 *
 * @param points [step, value] in rising steps, the first step >= 0
 * @throws {ArgumentError} unless the steps rise
 * Source: Optax's piecewise_interpolate_schedule, Ignite's PiecewiseLinear.
 * @example schedule.piecewiseLinear([[0, 0], [10, 1], [30, 0]])(20) // 0.5
 */
export function piecewiseLinear(points: readonly Point[], options: PointsOptions = {}): Schedule {
  return make(piecewiseLinearKind, points, options)
}

export const piecewiseCosineKind: Kind = kind({
  type: 'piecewiseCosine',
  about: 'goes through points in half cosines',
  fields: through,
  span: lastPoint,
  curve: ({ points }) => interpolate(points, (share) => (1 - Math.cos(Math.PI * share)) / 2),
})

/**
 * Half cosines through points: level at each, steepest between two. Before the first point its value holds.
 *
 * @param points [step, value] in rising steps, the first step >= 0
 * @throws {ArgumentError} unless the steps rise
 * Source: Optax's piecewise_interpolate_schedule with 'cosine'; its cosine_onecycle is three such points.
 * @example schedule.piecewiseCosine([[0, 0], [10, 1]])(5) // 0.5
 */
export function piecewiseCosine(points: readonly Point[], options: PointsOptions = {}): Schedule {
  return make(piecewiseCosineKind, points, options)
}

export const tableKind: Kind = kind({
  type: 'table',
  about: 'lists the value of each step',
  fields: { values: numbers('a list of one value a step') },
  check: ({ values }) =>
    values.length > 0
      ? undefined
      : mismatch('schedule.table', '1 or more values', 0, 'list one value a step'),
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

/**
 * The values of a list, one a step; a straight line for the steps between.
 *
 * @example schedule.table([0.1, 0.2, 0.1])(1) // 0.2
 */
export function table(values: readonly number[], options: PointsOptions = {}): Schedule {
  return make(tableKind, values, options)
}

function lastPoint({ points }: Values<typeof through>): { end: number; period: number } {
  const end = points.at(-1)![0]
  return { end, period: Math.max(end, 1) }
}

function interpolate(points: readonly Point[], shape: Curve): Curve {
  const steps = points.map(([step]) => step)
  const values = points.map(([, value]) => value)
  const lastLeft = Math.max(steps.length - 2, 0)
  if (steps.length === 1) return () => values[0]!
  return (step) => {
    if (step <= steps[0]!) return values[0]!
    const left = Math.min(countUpTo(steps, step) - 1, lastLeft)
    const from = steps[left]!
    const share = (step - from) / (steps[left + 1]! - from)
    return values[left]! + (values[left + 1]! - values[left]!) * shape(share)
  }
}
