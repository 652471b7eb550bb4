import { NotFiniteError } from '../core/errors.ts'
import type { Batch } from '../data/batch.ts'
import type { Steps } from './steps.ts'

/** Error thrown when a loss becomes NaN or infinite. */
export class DivergedError extends NotFiniteError {
  override readonly name = 'DivergedError'
  /** Number, from 0, of the step whose loss is not finite; if a validation loss is not, of the last step before it. */
  readonly step: number
  /** Learning rate of step `step`. */
  readonly lr: number
  /** Results of the earlier steps in the call that threw this error; undefined when there were none. */
  readonly before: Steps | undefined

  constructor(message: string, step: number, lr: number, before?: Steps) {
    super(message)
    this.step = step
    this.lr = lr
    this.before = before
  }
}

/** Returns why a loss is not finite, and what to do. @param culprit first tensor that is not finite, if one was found */
export const notFinite = (culprit: string | undefined): string =>
  `the first tensor that is not finite is ${culprit ?? 'the loss'}; lower the rate or warm up longer`

/** Returns why the loss of a batch is 0/0, and what to do. */
export function emptyBatch({ weights }: Batch): string {
  const none = weights ? 'no example of the batch has a weight above 0' : 'no label of the batch counts'
  const those = weights ? 'with weight 0' : 'without labels that count'
  return `${none}, so the loss is 0/0; use larger batches, leave out examples ${those}, or skip such batches with nonFinite: 'skip'`
}
