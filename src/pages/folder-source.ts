import { resolve } from 'node:path'
import { type CompareQuery, CompareWatch } from './compare-view.ts'
import { FolderStudy } from './folder-study.ts'
import { type Found, findById } from './found.ts'
import type { Watch } from './live.ts'
import { OpenLogs } from './open-logs.ts'
import { NotFoundError, type PageSource } from './page-source.ts'
import { changesOf, nothingSent, RunList } from './run-list.ts'
import { type RunQuery, RunWatch } from './run-view.ts'
import { stopRun } from './stop.ts'
import { StudyWatch } from './study-view.ts'

/** The runs and studies in a folder and the folders in it. */
export class FolderSource implements PageSource {
  readonly #list: RunList
  readonly #logs = new OpenLogs()

  constructor(folder: string) {
    this.#list = new RunList(resolve(folder))
  }

  list(): Watch {
    const sent = nothingSent()
    return {
      view: async () => {
        this.#list.refresh()
        return changesOf(this.#list, sent)
      },
      close: () => {},
    }
  }

  run(id: string, query: RunQuery): Watch {
    return new RunWatch(this.#find('run', id), query, this.#logs)
  }

  compare(ids: readonly string[], query: CompareQuery): Watch {
    return new CompareWatch(
      ids.map((id) => this.#find('run', id)),
      query,
      this.#logs,
    )
  }

  study(id: string): Watch {
    return new StudyWatch(id, new FolderStudy(this.#find('study', id)))
  }

  stop(id: string): void {
    stopRun(this.#find('run', id).path)
  }

  async close(): Promise<void> {}

  #find(kind: Found['kind'], id: string): Found {
    const { folder } = this.#list
    const found = findById(folder, id)
    if (found?.kind === kind) return found
    throw new NotFoundError(`${id}: wanted a ${kind} in ${folder}, got none`)
  }
}
