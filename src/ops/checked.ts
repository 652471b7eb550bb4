import { mismatch } from '../core/mismatch.ts'
import { type OperatorName, showArgument, signatures } from './signatures.ts'

// The operators as users call them. Before an operator runs, its arguments are checked against its signature, so that
// a wrong one is named; within Evenstep, operators call each other without these checks.

/** A function of an operator's arguments. */
export type AnyOperator = (...given: readonly unknown[]) => unknown

/** Returns an operator that checks its arguments first. */
export function checked(who: OperatorName, operator: AnyOperator): AnyOperator {
  const call = (...given: readonly unknown[]): unknown => {
    for (const [i, check] of signatures[who].entries()) check(who, given[i])
    try {
      return operator(...given)
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error
      const fix = `see the operator's arguments: ${error.message}`
      throw mismatch(who, 'arguments that suit it', given.map(showArgument).join(', '), fix)
    }
  }
  return Object.defineProperty(call, 'name', { value: who })
}
