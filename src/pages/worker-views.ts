import type { Finished } from '../study/analysis/findings.ts'
import type { StudyNow } from './study-place.ts'
import type { WorkerView } from './views.ts'

const names = new Intl.Collator('en', { numeric: true })

/** Returns what each worker does and has done for a study: those that train first, then by name. */
export function workerViews(
  { held, finishedBy }: NonNullable<StudyNow['workers']>,
  finished: readonly Finished[],
  idOf: (trial: number) => string,
): WorkerView[] {
  const times = new Map(finished.map(({ id, result }) => [id, result.time.total]))
  const of = (by: ReadonlyMap<number, string>, worker: string): number[] =>
    [...by].filter(([, name]) => name === worker).map(([trial]) => trial)
  return [...new Set([...held.values(), ...finishedBy.values()])]
    .map((name) => {
      const [running, done] = [of(held, name).map(idOf), of(finishedBy, name)]
      const seconds = done.reduce((sum, trial) => sum + times.get(trial)!, 0) / done.length
      return { name, done: done.length, ...(done.length > 0 && { seconds }), running }
    })
    .toSorted(
      (a, b) => Number(b.running.length > 0) - Number(a.running.length > 0) || names.compare(a.name, b.name),
    )
}
