/** Kinds of options that only schedules have, and options that several of them share. */

import { mismatch } from '../core/mismatch.ts'
import { choice, number, type Option, type RequiredOption, required } from '../core/options.ts'
import { isSchedule, type Schedule, type Unserialisable } from './schedule.ts'
import { compileExpression, type Expression, maxLength } from './text/expression.ts'

export const initial = {
  /** Value of step 0. */
  initial: required(number()),
}

export const afterEnd = {
  /** What follows the last step: its value, the curve from step 0, its formula, or an error. @default 'hold' */
  after: choice(['hold', 'repeat', 'extrapolate', 'throw'], 'hold'),
}

/** Another schedule. */
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
  /** Schedule to change. */
  schedule: inner,
}

/** One or more other schedules. */
export const inners: RequiredOption<readonly Schedule[]> = {
  wanted: 'a list of schedules',
  required: true,
  json: { type: 'array', items: inner.json, minItems: 1 },
  read(who, name, value) {
    if (!Array.isArray(value) || value.length === 0) throw mismatch(who, `${name} as ${this.wanted}`, value)
    return value.map((one, i) => inner.read(who, `${name}[${i}]`, one))
  },
}

/** A point of a piecewise schedule: the step, and the value there. */
export type Point = readonly [step: number, value: number]

const stepOfPoint = required(number({ min: 0 }))
const valueOfPoint = required(number())

/** Points in rising steps. */
export const points: RequiredOption<readonly Point[]> = {
  wanted: 'a list of [step, value]',
  required: true,
  json: {
    type: 'array',
    items: {
      type: 'array',
      prefixItems: [stepOfPoint.json, valueOfPoint.json],
      items: false,
      minItems: 2,
      maxItems: 2,
    },
    minItems: 1,
  },
  read(who, name, value) {
    if (!Array.isArray(value) || value.length === 0) throw mismatch(who, `${name} as ${this.wanted}`, value)
    const list = value.map((point, i) => readPoint(who, `${name}[${i}]`, point))
    const late = list.findIndex(([step], i) => i > 0 && step <= list[i - 1]![0])
    if (late < 0) return list
    const steps = [list[late - 1]![0], list[late]![0]]
    throw mismatch(who, `${name} with rising steps`, steps, 'sort them, each step once')
  },
}

function readPoint(who: string, name: string, point: unknown): Point {
  if (!Array.isArray(point) || point.length !== 2) throw mismatch(who, `${name} as [step, value]`, point)
  return [stepOfPoint.read(who, `${name}[0]`, point[0]), valueOfPoint.read(who, `${name}[1]`, point[1])]
}

/** A factor as a function that, like a schedule, has a spec: the text that it was compiled from. */
export interface Formula extends Expression {
  readonly spec: string | Unserialisable
}

/** A function of one or two variables, or the text of an expression of them. */
export const formula = (
  ...variables: readonly [string, string?]
): Option<string | Expression, Formula | undefined> => ({
  wanted: `a function of ${variables.join(' and ')}, or an expression such as '1 / (${variables[0]} + 1)'`,
  json: { type: 'string', maxLength },
  read(who, name, value) {
    if (typeof value === 'string')
      return Object.assign(compileExpression(value, variables, who), { spec: value })
    if (typeof value !== 'function') throw mismatch(who, `${name} as ${this.wanted}`, value)
    const given = value as Expression
    return Object.assign((a: number, b: number) => given(a, b), { spec: unwritable(who, name, variables[0]) })
  },
})

function unwritable(who: string, name: string, variable: string): Unserialisable {
  const wanted = `${name} as an expression to write the schedule as JSON or text`
  return {
    toJSON(): never {
      throw mismatch(who, wanted, () => 0, `give text like '1 / (${variable} + 1)'`)
    },
  }
}
