import { appendFileSync, constants, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { pid } from 'node:process'
import { isRunning } from '../../disk/running.ts'

// A process that takes a lock records itself in a file beside the lock file, so that others can name the holder.

const fileOf = (lock: string): string => `${lock}.pids`

/**
 * Flags to open a file for appending, creating it if needed, but not through a symbolic link: it may lead anywhere.
 */
const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)

/** Records this process, in a file beside the lock file `lock`, as a holder of the lock. */
export function recordHolder(lock: string): void {
  try {
    appendFileSync(fileOf(lock), `${pid} ${hostname()}\n`, { flag: flag as never })
  } catch {
    // The lock works without this record, which only error messages use.
  }
}

/** Deletes the record of a lock's holders; the caller must hold the lock exclusively. */
export function forgetHolders(lock: string): void {
  try {
    rmSync(fileOf(lock), { force: true })
  } catch {
    // An old record does no harm: only error messages use it.
  }
}

function noteOf(lock: string): string {
  try {
    return readFileSync(fileOf(lock), 'utf8')
  } catch {
    return ''
  }
}

/** Returns the ids of the processes that may hold a lock: recorded holders that are still running. */
export function holdersOf(lock: string): string[] {
  const noted = noteOf(lock).matchAll(/^(\d+) ([\w.-]+)$/gm)
  return [...noted].flatMap(([, id, host]) => {
    if (host !== hostname()) return [`${id} on ${host}`]
    return isRunning(Number(id)) ? [id!] : []
  })
}
