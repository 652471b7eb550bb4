import { figure } from '../core/text.ts'
import { type ExperimentChange, phrase } from './change.ts'
import type { Subject } from './subject.ts'

/** Text and change of a finding or lint: what was measured, then the instruction to make the change, if any. */
export interface Advised {
  readonly advice: string
  readonly change?: ExperimentChange
}

/** Returns the advice that states what was measured and ends with the instruction to make `change`, if given. */
export const advised = (measured: string, change?: ExperimentChange): Advised =>
  change ? { advice: `${measured}: ${phrase(change)}`, change } : { advice: measured }

/** Returns the same finding or lint without its change: what was measured, and then perhaps a reason. */
export function unadvised<A extends Advised>(
  { change, ...found }: A,
  reason: string = '',
): Omit<A, 'change'> {
  const end = change ? found.advice.length - phrase(change).length - 2 : found.advice.length
  return { ...found, advice: `${found.advice.slice(0, end)}${reason}` }
}

/** Returns a change that multiplies the rate; rounds the factor, so that the sentence says exactly the change. */
export const rateBy = (factor: number): ExperimentChange => ({
  type: 'rate',
  factor: factor < 1 ? 1 / Number(figure(1 / factor)) : Number(figure(factor)),
})

/**
 * Returns a change that lets the rate fall to 0 over the last fifth of a run. None if evaluation uses averaged
 * weights: an average has the effect of such a fall already.
 */
export const fallAtEnd = ({ length, evaluatesOthers }: Subject): ExperimentChange | undefined =>
  evaluatesOthers ? undefined : { type: 'fall', steps: Math.max(1, Math.round(length.steps! / 5)) }

/** Returns a change that divides the weight decay, by a rounded divisor: the sentence says exactly the change. */
export const decayDividedBy = (divisor: number): ExperimentChange => ({
  type: 'weightDecay',
  factor: 1 / Number(figure(divisor)),
})
