import { jsonIn } from '../core/json.ts'
import { duration, figure } from '../core/text.ts'
import { isResult } from '../study/run/stored.ts'
import { trialFile } from '../study/run/trial-file.ts'
import type { TrialResult } from '../study/trial.ts'
import { withPieces } from './file-pieces.ts'
import type { RunView } from './views.ts'

/** Maximum size of trial.json in bytes: a longer one is not read. */
const longest = 1 << 24

/** Returns the result of the trial in a folder, for a page; undefined if it has not ended, or is no trial. */
export function trialResultIn(folder: string): RunView['result'] {
  try {
    const json = withPieces(trialFile(folder), ({ size, read }) =>
      size > longest ? undefined : jsonIn(read(0, size)),
    )
    const { result } = Object(json) as { readonly result?: unknown }
    return isResult(result) ? resultPairs(result) : undefined
  } catch {
    return undefined // a link or a device: nothing that a study writes
  }
}

/** Returns a result as pairs of names and texts. */
export const resultPairs = ({
  status,
  error,
  metrics,
  steps,
  time,
}: TrialResult): NonNullable<RunView['result']> => [
  ['status', status],
  ...(error === undefined ? [] : [['error', error] as const]),
  ...Object.entries(metrics).map(([name, value]) => [name, figure(value, 4)] as const),
  ['steps', String(steps)],
  ['time', `${duration(Math.round(time.total))}, of which ${duration(Math.round(time.training))} in steps`],
]
