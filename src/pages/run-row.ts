import { join } from 'node:path'
import { lockHolder } from '../disk/holder.ts'
import { logFile } from '../train/event-log.ts'
import { type Described, describedIn, lastWriting, stampOf } from './described.ts'
import { EpochScan } from './epoch-scan.ts'
import type { Found } from './found.ts'
import { type Glance, glanceAt, lossesIn } from './glance.ts'
import { judgeOf, resultNumbers } from './run-results.ts'
import type { Best, RunRow, RunState } from './views.ts'

/** A run as the list has it: what its files said when they last changed. */
export class WatchedRun {
  readonly #found: Found
  #described: Described | undefined
  #describedAt: string | undefined
  #glance: Glance | undefined
  #glancedAt: string | undefined
  #losses: RunRow['losses'] = []
  #isDamaged = false
  #state: RunState = 'stopped'
  #changed = 0
  #scan: EpochScan | undefined

  constructor(found: Found) {
    this.#found = found
  }

  get described(): Described | undefined {
    return this.#described
  }

  /** Looks at the ends of the run's files. @returns whether anything changed */
  refresh(): boolean {
    const { path } = this.#found
    const [described, log] = [stampOf(join(path, 'run.json')), lastWriting(logFile(path))]
    const isSame = described === this.#describedAt && log?.stamp === this.#glancedAt
    if (described !== this.#describedAt) {
      this.#describedAt = described
      this.#described = describedIn(path)
      this.#scan = new EpochScan(path, judgeOf(this.#described?.description ?? {}))
    }
    if (log?.stamp !== this.#glancedAt) this.#look(log)
    const state = this.#stateNow()
    const isOther = state !== this.#state
    this.#state = state
    return !isSame || isOther
  }

  #look(log: ReturnType<typeof lastWriting>): void {
    const { path } = this.#found
    this.#glancedAt = log?.stamp
    this.#changed = log?.time ?? 0
    try {
      this.#glance = glanceAt(path)
      this.#isDamaged = false
    } catch {
      this.#isDamaged = true
    }
  }

  #stateNow(): RunState {
    if (this.#isDamaged || this.#described === undefined) return 'damaged'
    return this.#glance?.ended ?? runningOr(this.#found.path, 'stopped')
  }

  /** Reads the log at some places, for the course of its loss. */
  sample(): void {
    if (!this.#isDamaged) this.#losses = lossesIn(this.#found.path)
  }

  /** Reads a part of the log in search of the best epoch. @returns whether there may be more */
  scan(): boolean {
    return !this.#isDamaged && (this.#scan?.advance() ?? false)
  }

  get best(): Best | undefined {
    return this.#scan?.best ?? this.#lastScore()
  }

  /** Returns the score of the last epoch, for as long as the others have not been read. */
  #lastScore(): Best | undefined {
    const { name, goal } = judgeOf(this.#described?.description ?? {})
    const epoch = this.#glance?.epoch
    const value = epoch && resultNumbers(epoch as never)[name]
    return value === undefined ? undefined : { name, goal, value }
  }

  /** @param settings paths of the settings to have in the row */
  row(settings: readonly string[]): RunRow {
    const { steps = 0, total, loss } = this.#glance ?? {}
    const losses = loss === undefined ? [] : [...this.#losses.slice(0, -1), loss] // the last is always known
    const all = this.#described?.settings
    const { best } = this
    return {
      id: this.#found.id,
      state: this.#state,
      steps,
      changed: this.#changed,
      losses,
      ...(total !== undefined && { total }),
      ...(best && { best }),
      settings: Object.fromEntries(
        settings.flatMap((name) => (all?.has(name) ? [[name, all.get(name)!]] : [])),
      ),
    }
  }
}

/** Returns `running` if a process has the run's folder open; otherwise the other state. */
export function runningOr<T extends string>(folder: string, other: T): T | 'running' {
  try {
    return lockHolder(folder) ? 'running' : other
  } catch {
    return other
  }
}
