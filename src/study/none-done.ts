import { EvenstepError } from '../core/errors.ts'
import { counted, listed } from '../core/text.ts'
import type { TrialResult } from './trial.ts'

/** Error thrown when no trial gave a comparable result, because all of them diverged or failed. */
export class NoneDoneError extends EvenstepError {
  override readonly name = 'NoneDoneError'
  /** Exit code: 3 (the code for divergence) if at least one trial diverged; 2 if all failed. */
  override readonly exitCode: number

  /** @param who name at the start of the message @param results results of all trials, none with status `done` */
  constructor(who: string, results: readonly TrialResult[]) {
    const having = (status: TrialResult['status']): number =>
      results.filter((result) => result.status === status).length
    const [diverged, failed] = [having('diverged'), having('failed')]
    const got = [
      ...(diverged > 0 ? [`${counted(diverged, 'trial')} that diverged`] : []),
      ...(failed > 0 ? [`${counted(failed, 'trial')} that failed`] : []),
    ]
    const first = results.find(({ error }) => error !== undefined)?.error
    super(
      `${who}: wanted a trial that is done, got ${listed(got) || 'none'}${first ? `; the first: ${first}` : ''}`,
    )
    this.exitCode = diverged > 0 ? 3 : 2
  }
}
