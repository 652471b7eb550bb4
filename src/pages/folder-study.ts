import { basename, join, resolve } from 'node:path'
import { checkInside } from '../disk/inside.ts'
import type { StoredStudy, WatchedStudy } from '../study/run/watched-study.ts'
import type { Found } from './found.ts'
import { runningOr } from './run-row.ts'
import { studyState } from './study-files.ts'
import type { StudyNow, StudyPlace } from './study-place.ts'

/** A study in a folder of its own. */
export class FolderStudy implements StudyPlace {
  readonly #found: Found
  #study: WatchedStudy | undefined
  #stored: StoredStudy | undefined
  #version = Number.NaN

  constructor(found: Found) {
    this.#found = found
  }

  async look(): Promise<StudyNow> {
    // Imported late: nobody who watches runs alone loads SQLite.
    const { WatchedStudy } = await import('../study/run/watched-study.ts')
    const { path } = this.#found
    this.#study ??= new WatchedStudy(path)
    const { version } = this.#study
    if (version !== this.#version) this.#stored = undefined
    this.#version = version
    this.#stored ??= this.#study.read()
    const state = studyState(path)
    const running = state === 'running' ? runningTrials(path, this.#stored) : []
    return {
      sign: `${version} ${state} ${running}`,
      name: basename(resolve(path)),
      stored: this.#stored,
      state,
      running,
      hasReport: state === 'ended' && checkInside(join(path, 'report.html')),
    }
  }

  close(): void {
    this.#study?.close()
  }
}

/** Returns the ids of the trials that some process trains. */
function runningTrials(path: string, { planned, finished }: StoredStudy): number[] {
  const done = new Set(finished.map((one) => one.id))
  const folder = (id: number): string => join(path, 'trials', String(id).padStart(4, '0'))
  return planned.map(({ id }) => id).filter((id) => !done.has(id) && runningOr(folder(id), '') === 'running')
}
