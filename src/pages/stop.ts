import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { platform } from 'node:os'
import { ArgumentError, MachineError } from '../core/errors.ts'
import { isHere, lockHolder } from '../disk/holder.ts'
import { interrupt } from '../disk/running.ts'
import { logFile } from '../train/event-log.ts'

/**
 * Asks the process that trains a run to save it and end, as Ctrl-C in its terminal does.
 *
 * @throws {ArgumentError} when no process on this machine trains the run.
 */
export function stopRun(folder: string): void {
  const holder = lockHolder(folder)
  if (holder === undefined) throw new ArgumentError(`${folder}: wanted a run that is being trained, got none`)
  if (!isHere(holder))
    throw new ArgumentError(
      `${folder}: wanted a run that this machine trains, got one of ${holder.host}; stop it there`,
    )
  if (!hasOpen(holder.pid, logFile(folder)))
    throw new ArgumentError(
      `${folder}: wanted a process that writes the run's log, got process ${holder.pid}, which does not; end it by hand`,
    )
  interrupt(holder.pid)
}

/** Whether a process has a file open: anybody can write a lock that names another process. */
function hasOpen(pid: number, path: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  if (platform() === 'win32')
    throw new MachineError('stop: wanted a system with signals, got Windows; press Ctrl-C in its terminal')
  const file = realpathSync(path)
  const open = `/proc/${pid}/fd`
  if (existsSync('/proc/self/fd')) return readdirSync(open).some((name) => linkOf(`${open}/${name}`) === file)
  // macOS: its lsof prints the names of open files, each on a line that starts with n.
  const listed = execFileSync('lsof', ['-a', '-p', String(pid), '-Fn', '--', file], { encoding: 'utf8' })
  return listed.split('\n').includes(`n${file}`)
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // closed meanwhile
  }
}
