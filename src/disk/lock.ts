import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { kill, pid as ownPid } from 'node:process'
import { MachineError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { onFile, systemCode } from './fault.ts'
import { readInside } from './inside.ts'
import { writeBytes } from './whole-file.ts'

// A lock is a file in the locked folder that says which process holds it. Node.js has no locks that end with their
// process, so whoever takes one looks whether the holders of the others are alive:
//
// 1. It creates its own file, under a name that nobody has used.
// 2. It lists the others, and removes those of processes that have ended.
// 3. If one is left, it removes its own and begins again or gives up.
//
// Of two processes, the one that lists later sees the other's file, so both never get the lock. No name is used
// twice, so removing the file of a process that has ended cannot remove that of its successor.

/** A lock on a folder. It is released at the latest when the process ends, even if it is killed. */
export interface FolderLock {
  /** Whether the lock is still there: not released, nor removed with its folder or by another machine. */
  readonly isHeld: boolean
  release(): void
}

/** Error when a folder is locked. */
export class LockedError extends MachineError {
  override readonly name = 'LockedError'
  /**
   * The lock's last sign of life, if whether its process lives cannot be looked up: the time at which its file was
   * written. The lock ends if no other sign follows within a minute.
   */
  readonly lastSign: number | undefined

  constructor(message: string, lastSign?: number) {
    super(message)
    this.lastSign = lastSign
  }
}

/** The process that holds a lock. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** The running kernel and its table of processes, within which a pid means one process; only on Linux. */
  readonly kernel?: string | undefined
  /** When the process started, in the kernel's ticks: a later process may have the same pid; only on Linux. */
  readonly started?: string | undefined
}

const prefix = 'run.lock-'

/** Milliseconds between signs of life: the holder rewrites its file. */
const pulse = 10_000

/** Milliseconds without a sign of life after which a process that cannot be looked up counts as ended. */
const patience = 60_000

/** Milliseconds to wait for a holder on this machine: a process that was just killed takes a while to end. */
const grace = 1000

/**
 * Takes the lock on a run's folder.
 *
 * @throws {LockedError} when another process, or another part of this process, holds it.
 */
export function lockRun(folder: string): FolderLock {
  let before: string | undefined
  for (const begun = performance.now(); ; ) {
    const name = `${prefix}${randomBytes(6).toString('hex')}`
    const path = join(folder, name)
    onFile(folder, () => create(path))
    const other = others(folder, name)
    if (other === undefined) return held(path)
    rmSync(path, { force: true })
    const mayEnd = isHere(other.holder) && !isOwn(other.holder)
    const isSure = other.name === before && !mayEnd
    if (isSure || performance.now() - begun > grace) throw refusal(folder, other)
    before = other.name // it may only have tried at the same moment: look again after a while
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + 30 * Math.random())
  }
}

function create(path: string): void {
  const file = openSync(path, 'wx')
  try {
    writeHolder(file, path)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

const writeHolder = (file: number, path: string): void =>
  writeBytes(file, new TextEncoder().encode(JSON.stringify(self())), path, 0)

function held(path: string): FolderLock {
  const timer = setInterval(() => beat(path), pulse)
  timer.unref()
  return {
    get isHeld() {
      return existsSync(path)
    },
    release() {
      clearInterval(timer)
      rmSync(path, { force: true })
    },
  }
}

/** Gives a sign of life. Writing, unlike setting a time, takes the clock of the machine that has the files. */
function beat(path: string): void {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_WRONLY)
    writeHolder(file, path)
  } catch {
    // A full disk gives no sign of life, and a removed lock is noticed by `isHeld`.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The lock of another process. */
interface OtherLock {
  readonly name: string
  /** Undefined when the lock's file is not whole. */
  readonly holder: Holder | undefined
  /** Time in milliseconds at which the lock's file was written. */
  readonly written: number
}

/** Returns a lock of a living process other than `own`, and removes those of processes that have ended. */
function others(folder: string, own: string): OtherLock | undefined {
  const now = statSync(join(folder, own)).mtimeMs
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || name === own) continue
    const path = join(folder, name)
    const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs
    const holder = holderIn(path)
    if (written === undefined) continue // released meanwhile
    const age = now - written
    if (holder === undefined ? age <= patience : isAlive(holder, age)) return { name, holder, written }
    rmSync(path, { force: true })
  }
  return undefined
}

/** Reads who holds a lock; undefined when its file is not whole, such as while it is being created. */
function holderIn(path: string): Holder | undefined {
  try {
    const json = Object(jsonIn(readInside(path) ?? '')) as Partial<Holder>
    return typeof json.pid === 'number' && typeof json.host === 'string' ? (json as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Whether a process can be looked up by its id. */
function isHere(holder: Holder | undefined): boolean {
  const { kernel, host } = self()
  return holder?.kernel === kernel && (kernel !== undefined || holder?.host === host)
}

function isAlive(holder: Holder, age: number): boolean {
  if (!isHere(holder)) return age <= patience
  const started = startOf(holder.pid)
  if (started !== undefined && holder.started !== undefined) return started === holder.started
  return age <= patience && exists(holder.pid)
}

let me: Holder | undefined

function self(): Holder {
  me ??= { pid: ownPid, host: hostname(), kernel: kernelOf(), started: startOf(ownPid) }
  return me
}

/** Returns the identity of the running kernel and of its table of processes, of which containers have their own. */
function kernelOf(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** Returns when a living process started, in the kernel's ticks; undefined when that cannot be known. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ') // after the name, which may be anything
    return state === 'Z' || state === 'X' ? 'ended' : fields[18]
  } catch {
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    return kill(pid, 0)
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

function isOwn(holder: Holder | undefined): boolean {
  const { host, kernel } = self()
  return holder?.pid === ownPid && holder.host === host && holder.kernel === kernel
}

function refusal(folder: string, { holder, written }: OtherLock): LockedError {
  const where = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const [who, fix] = isOwn(holder)
    ? [`this process, ${ownPid} on ${self().host},`, 'close it there first']
    : [where, 'wait, or stop it first']
  const message = `${folder}: wanted a run that nobody has open, got one that ${who} has; ${fix}`
  return new LockedError(message, isHere(holder) ? undefined : written)
}
