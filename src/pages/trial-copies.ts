import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onFile } from '../disk/fault.ts'
import { checkInside } from '../disk/inside.ts'
import { unpackFiles } from '../study/shared/trial-files.ts'
import type { WatchedDatabase } from '../study/shared/watched-database.ts'
import type { Found } from './found.ts'
import { OpenLogs } from './open-logs.ts'

/** A trial in a database, by its id on pages and by the numbers that it has there. */
export interface TrialPlace {
  readonly id: string
  readonly study: number
  readonly trial: number
}

/** Bytes of compressed files that are kept, some tenth of what they take: of the trials that were looked at last. */
const mostBytes = 64 * 2 ** 20

/** Copies of what workers sent of trials' runs, in a temporary folder: so they are read like any run. */
export class TrialCopies {
  readonly database: WatchedDatabase
  readonly logs: OpenLogs = new OpenLogs()
  #root: string | undefined
  /** Compressed bytes of each copy by its folder, those that were used last at the end. */
  readonly #bytes = new Map<string, number>()

  constructor(database: WatchedDatabase) {
    this.database = database
  }

  /** Returns where the copy of a trial's run is, or would be. @param attempt which of its attempts: each has its own run */
  found({ id, study, trial }: TrialPlace, attempt: number): Found {
    this.#root ??= onFile(tmpdir(), () => mkdtempSync(join(tmpdir(), 'evenstep-ui-')))
    return { id, path: join(this.#root, `${study}-${trial}-${attempt}`), kind: 'run' }
  }

  /**
   * Copies the run of a finished trial, unless it is here.
   *
   * @returns whether there is one: trials that ended their process have none
   * @throws {DamagedError} when a file is damaged.
   */
  async fetch(place: TrialPlace, attempt: number): Promise<boolean> {
    const { path } = this.found(place, attempt)
    const known = this.#bytes.get(path)
    if (known !== undefined && checkInside(path, 'a folder')) {
      this.#bytes.delete(path)
      this.#bytes.set(path, known)
      return true
    }
    const files = await this.database.files(place.study, place.trial)
    if (!files.some(({ name }) => name === 'run.json')) return false
    rmSync(path, { recursive: true, force: true })
    unpackFiles(`${path}.new`, files, `${this.database.shown}, ${place.id}`)
    onFile(path, () => renameSync(`${path}.new`, path))
    this.#bytes.set(
      path,
      files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    )
    this.#forget(path)
    return true
  }

  /** Removes what was not used for longest, until the rest is small enough. @param kept folder that stays */
  #forget(kept: string): void {
    let all = [...this.#bytes.values()].reduce((a, b) => a + b)
    for (const [path, bytes] of this.#bytes) {
      if (all <= mostBytes || path === kept) return
      all -= bytes
      this.#bytes.delete(path)
      rmSync(path, { recursive: true, force: true })
    }
  }

  async close(): Promise<void> {
    await this.database.close()
    if (this.#root !== undefined) rmSync(this.#root, { recursive: true, force: true })
  }
}
