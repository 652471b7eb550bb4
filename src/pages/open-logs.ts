import { FollowedLog } from './followed-log.ts'

/** Maximum number of numbers that the logs in memory have together, 8 bytes each; the one in use may be larger. */
const mostKept = 12_000_000

/** The logs that pages look at. Those that nobody has looked at for longest are forgotten first. */
export class OpenLogs {
  readonly #logs = new Map<string, FollowedLog>()

  /**
   * Returns the log in a run's folder, with what was appended to it, and whether all of that was read.
   *
   * @param most milliseconds to read for. @default no limit
   * @throws {DamagedError} when the log is damaged.
   */
  async read(folder: string, most = Number.POSITIVE_INFINITY): Promise<readonly [FollowedLog, boolean]> {
    const log = this.#logs.get(folder) ?? new FollowedLog(folder)
    this.#logs.delete(folder)
    this.#logs.set(folder, log)
    const isAll = await log.refresh(most)
    let size = [...this.#logs.values()].reduce((sum, one) => sum + one.size, 0)
    for (const [other, { size: own }] of this.#logs) {
      if (size <= mostKept || other === folder) break
      this.#logs.delete(other)
      size -= own
    }
    return [log, isAll]
  }
}
