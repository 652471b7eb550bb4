import { appendFileSync, constants, existsSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'

// Whoever takes a lock notes its process beside the lock file, so that others can name who holds it.

const fileOf = (lock: string): string => `${lock}.pids`

/** Appends to a file, or makes it; refuses a symbolic link, which may lead anywhere. */
const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)

/** Notes this process as a holder of the lock on the file `lock`. */
export function recordHolder(lock: string): void {
  try {
    appendFileSync(fileOf(lock), `${process.pid} ${hostname()}\n`, { flag: flag as never })
  } catch {
    // The lock holds without the note, which only messages read.
  }
}

/** Forgets the noted holders of a lock; the caller must hold it alone. */
export const forgetHolders = (lock: string): void => rmSync(fileOf(lock), { force: true })

/** Returns the ids of the processes that may hold a lock: those that were noted and still run. */
export function holdersOf(lock: string): string[] {
  if (!existsSync(fileOf(lock))) return []
  const noted = readFileSync(fileOf(lock), 'utf8').matchAll(/^(\d+) ([\w.-]+)$/gm)
  return [...noted].flatMap(([, pid, host]) => {
    if (host !== hostname()) return [`${pid} on ${host}`]
    return isRunning(Number(pid)) ? [pid!] : []
  })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
