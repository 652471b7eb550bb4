import type { WatchedSharedStudy } from '../study/shared/watched-shared-study.ts'
import { trialsOf } from './study-facts.ts'
import type { StudyNow, StudyPlace } from './study-place.ts'

/** A study in a database. */
export class DatabaseStudy implements StudyPlace {
  readonly #name: string
  readonly #find: () => Promise<WatchedSharedStudy>
  #study: WatchedSharedStudy | undefined

  constructor(name: string, find: () => Promise<WatchedSharedStudy>) {
    this.#name = name
    this.#find = find
  }

  async look(): Promise<StudyNow> {
    this.#study ??= await this.#find()
    const stored = await this.#study.read()
    const { version, held, finishedBy, finished, planned, description } = stored
    const isDone = finished.length > 0 && finished.length >= trialsOf(description!, planned.length)
    return {
      sign: version,
      name: this.#name,
      stored,
      state: held.size > 0 ? 'running' : isDone ? 'ended' : 'waiting',
      running: [...held.keys()],
      workers: { held, finishedBy },
      hasReport: false, // where the study was planned
    }
  }

  close(): void {}
}
