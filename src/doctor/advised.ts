import { figure } from '../core/text.ts'
import { type ExperimentChange, phrase } from './change.ts'
import type { Subject } from './subject.ts'

/** Text of a finding or lint (what was measured, then an instruction, if any), and the change that it advises. */
export interface Advised {
  readonly advice: string
  readonly change?: ExperimentChange
}

/** Returns advice: text that says what was measured and, if `change` is given, the instruction to make that change. */
export const advised = (measured: string, change?: ExperimentChange): Advised =>
  change ? { advice: `${measured}: ${phrase(change)}`, change } : { advice: measured }

/** Returns a finding or lint without its change; its text says what was measured and, if given, why not to act. */
export function unadvised<A extends Advised>(
  { change, ...found }: A,
  reason: string = '',
): Omit<A, 'change'> {
  const end = change ? found.advice.length - phrase(change).length - 2 : found.advice.length
  return { ...found, advice: `${found.advice.slice(0, end)}${reason}` }
}

/** Returns a change that multiplies the learning rate by `factor`, rounded as in the change's text. */
export const rateBy = (factor: number): ExperimentChange => ({
  type: 'rate',
  factor: factor < 1 ? 1 / Number(figure(1 / factor)) : Number(figure(factor)),
})

/**
 * Returns a change that lets the learning rate fall to 0 over the last fifth of a run. Undefined if evaluation uses
 * averaged weights, because averaging already has the effect of such a fall.
 */
export const fallAtEnd = ({ length, evaluatesOthers }: Subject): ExperimentChange | undefined =>
  evaluatesOthers ? undefined : { type: 'fall', steps: Math.max(1, Math.round(length.steps! / 5)) }

/** Returns a change that divides the weight decay by `divisor`, rounded to the digits that the advice prints. */
export const decayDividedBy = (divisor: number): ExperimentChange => ({
  type: 'weightDecay',
  factor: 1 / Number(figure(divisor)),
})
