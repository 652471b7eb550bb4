import { EvenstepError } from '../core/errors.ts'
import { counted, listed } from '../core/text.ts'
import type { TrialResult } from './trial.ts'

/** Error when none of several trials gave a result that can be compared: all diverged or failed. */
export class NoneDoneError extends EvenstepError {
  override readonly name = 'NoneDoneError'
  /** 3, as after a run that diverged, if a trial diverged; 2 if all failed. */
  override readonly exitCode: number

  /** @param who what the message begins with @param results results of all trials, none of which is done */
  constructor(who: string, results: readonly TrialResult[]) {
    const having = (status: TrialResult['status']): number =>
      results.filter((result) => result.status === status).length
    const [diverged, failed] = [having('diverged'), having('failed')]
    const got = [
      ...(diverged > 0 ? [`${counted(diverged, 'trial')} that diverged`] : []),
      ...(failed > 0 ? [`${counted(failed, 'trial')} that failed`] : []),
    ]
    const first = results.find(({ error }) => error !== undefined)?.error
    super(`${who}: wanted a trial that is done, got ${listed(got)}${first ? `; the first: ${first}` : ''}`)
    this.exitCode = diverged > 0 ? 3 : 2
  }
}
