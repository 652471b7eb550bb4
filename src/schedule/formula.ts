import { mismatch } from '../core/mismatch.ts'
import type { Option } from '../core/options.ts'
import type { Unserialisable } from './schedule.ts'
import { compileExpression, type Expression, maxLength } from './text/expression.ts'

/** A function given by the user. Its `spec` is its text, if it was compiled from an expression. */
export interface Formula extends Expression {
  readonly spec: string | Unserialisable
}

/** Returns an option for a function of these variables: a JavaScript function, or the text of an expression. */
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
    const toJSON = (): never => {
      const wanted = `${name} as an expression to write the schedule as JSON or text`
      throw mismatch(who, wanted, given, `give text like '1 / (${variables[0]} + 1)'`)
    }
    return Object.assign((a: number, b: number) => given(a, b), { spec: { toJSON } })
  },
})
