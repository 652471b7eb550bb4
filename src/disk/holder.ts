import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pid as ownPid } from 'node:process'
import { MachineError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { onFile } from './fault.ts'
import { readInside } from './inside.ts'
import { isRunning } from './running.ts'

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Identity of the running kernel and of its PID namespace, within which a pid is unique; only on Linux. */
  readonly kernel?: string | undefined
  /** When the process started, in kernel clock ticks, to detect that its pid was reused; only on Linux. */
  readonly started?: string | undefined
}

/** What the names of lock files begin with. */
export const lockPrefix = 'run.lock-'

/** Milliseconds without a heartbeat after which a process that cannot be looked up is assumed to have ended. */
export const patience = 60_000

/**
 * Reads which process holds a lock; undefined if the lock file is incomplete, as while it is being created.
 *
 * @throws {MachineError} when the lock file cannot be read: its process may well be alive.
 */
export function holderIn(path: string): Holder | undefined {
  try {
    const json = Object(jsonIn(readInside(path) ?? '')) as Partial<Holder>
    return typeof json.pid === 'number' && typeof json.host === 'string' ? (json as Holder) : undefined
  } catch (error) {
    if (error instanceof MachineError) throw error
    return undefined
  }
}

/** Whether a lock's holder can be looked up by its pid: whether its kernel and PID namespace are ours. */
export function isHere(holder: Holder | undefined): boolean {
  const { kernel, host } = self()
  return holder?.kernel === kernel && (kernel !== undefined || holder?.host === host)
}

export function isAlive(holder: Holder, age: number): boolean {
  if (!isHere(holder)) return age <= patience
  const started = startOf(holder.pid)
  if (started !== undefined && holder.started !== undefined) return started === holder.started
  return age <= patience && isRunning(holder.pid)
}

let me: Holder | undefined

export function self(): Holder {
  me ??= { pid: ownPid, host: hostname(), kernel: kernelOf(), started: startOf(ownPid) }
  return me
}

/** Returns the identity of the running kernel and its PID namespace (containers have their own), if known. */
function kernelOf(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** Returns when a process started, in kernel clock ticks, or 'ended' for a zombie; undefined if unknown. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ') // after the name, which may be anything
    return state === 'Z' || state === 'X' ? 'ended' : fields[18]
  } catch {
    return undefined
  }
}

export function isSelf(holder: Holder | undefined): boolean {
  const { host, kernel } = self()
  return holder?.pid === ownPid && holder.host === host && holder.kernel === kernel
}

/**
 * Returns the process that has a run's folder open, as its lock says; undefined if none has. Only reads: the locks of
 * processes that have ended stay where they are.
 */
export function lockHolder(folder: string): Holder | undefined {
  for (const name of onFile(folder, () => readdirSync(folder))) {
    if (!name.startsWith(lockPrefix)) continue
    const path = join(folder, name)
    const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs
    const holder = written === undefined ? undefined : holderIn(path)
    if (holder !== undefined && isAlive(holder, Date.now() - written!)) return holder
  }
  return undefined
}
