/** Types of options that only schedules have (schedules, points, formulas), and options that many share. */

import { mismatch } from '../core/mismatch.ts'
import { choice, number, type Option, type RequiredOption, required } from '../core/options.ts'
import { checkIncreasing } from './bisect.ts'
import { type StepCount, steps } from './length.ts'
import { isSchedule, type Schedule } from './schedule.ts'

export const initial = {
  /** Value at step 0. */
  initial: required(number()),
}

export const base = {
  /** Value that the schedule multiplies by its factors. */
  initial: required(number()),
}

export const afterEnd = {
  /** After the last step: hold its value, repeat from step 0, extend the formula, or throw. @default 'hold' */
  after: choice(['hold', 'repeat', 'extrapolate', 'throw'], 'hold'),
}

/** Option whose value is a schedule, such as the schedule that `clamped` limits. */
export const inner: RequiredOption<Schedule> = {
  wanted: 'a schedule',
  required: true,
  json: { $ref: '#/$defs/schedule' },
  read(who, name, value) {
    if (isSchedule(value)) return value
    const made = 'make it with a constructor or with schedule.parse'
    const fix = typeof value === 'number' ? `write constant(${value})` : made
    throw mismatch(who, `${name} as ${this.wanted}`, value, fix)
  },
}

export const changed = {
  /** Schedule to modify. */
  schedule: inner,
}

/** Returns an option whose value is a list of one or more items; `wanted` names that list in errors. */
const listOf = <T>(item: Option<T>, wanted: string): RequiredOption<readonly T[]> => ({
  wanted,
  required: true,
  json: { type: 'array', items: item.json, minItems: 1 },
  read(who, name, value) {
    if (!Array.isArray(value) || value.length === 0) throw mismatch(who, `${name} as ${wanted}`, value)
    return value.map((one, i) => item.read(who, `${name}[${i}]`, one))
  },
})

/** Option whose value is a list of one or more schedules. */
export const inners: RequiredOption<readonly Schedule[]> = listOf(inner, 'a list of schedules')

/** A point that a piecewise schedule goes through: a step, and the value at that step. */
export type Point = readonly [step: StepCount, value: number]

const stepOfPoint = required(steps({ min: 0 }))
const valueOfPoint = required(number())

const point: Option<Point> = {
  wanted: '[step, value]',
  json: {
    type: 'array',
    prefixItems: [stepOfPoint.json, valueOfPoint.json],
    items: false,
    minItems: 2,
    maxItems: 2,
  },
  read(who, name, value) {
    if (!Array.isArray(value) || value.length !== 2) throw mismatch(who, `${name} as ${this.wanted}`, value)
    return [stepOfPoint.read(who, `${name}[0]`, value[0]), valueOfPoint.read(who, `${name}[1]`, value[1])]
  },
}

const anyPoints = listOf(point, 'a list of [step, value]')

/** Option whose value is a list of points with strictly increasing steps. */
export const points: RequiredOption<readonly Point[]> = {
  ...anyPoints,
  read(who, name, value) {
    const read = anyPoints.read(who, name, value)
    const inSteps = read.map(([step]) => step).filter((step) => typeof step === 'number')
    if (inSteps.length === read.length) checkIncreasing(who, `steps in ${name}`, inSteps)
    return read
  },
}
