import type { StoredStudy } from '../study/run/watched-study.ts'
import type { StudyState } from './views.ts'

/** A study as it is now. */
export interface StudyNow {
  /** Changes whenever anything else here does. */
  readonly sign: string
  readonly name: string
  readonly stored: StoredStudy
  readonly state: StudyState
  /** Ids of the trials that some process trains. */
  readonly running: readonly number[]
  /** Whether there is a finished report. */
  readonly hasReport: boolean
  /** Workers by the trials that they hold, and by those that they finished; absent where nobody notes them. */
  readonly workers?: Readonly<Record<'held' | 'finishedBy', ReadonlyMap<number, string>>>
}

/** Where a study is kept. */
export interface StudyPlace {
  look(): Promise<StudyNow>
  close(): void
}
