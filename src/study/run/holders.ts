import { appendFileSync, constants, existsSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { kill, pid } from 'node:process'

// Whoever takes a lock notes its process beside the lock file, so that others can name who holds it.

const fileOf = (lock: string): string => `${lock}.pids`

/** Appends to a file, or makes it; refuses a symbolic link, which may lead anywhere. */
const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)

/** Notes this process as a holder of the lock on the file `lock`. */
export function recordHolder(lock: string): void {
  try {
    appendFileSync(fileOf(lock), `${pid} ${hostname()}\n`, { flag: flag as never })
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
  return [...noted].flatMap(([, id, host]) => {
    if (host !== hostname()) return [`${id} on ${host}`]
    return isRunning(Number(id)) ? [id!] : []
  })
}

function isRunning(id: number): boolean {
  try {
    kill(id, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
