import { randomBytes } from 'node:crypto'
import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type FolderLock, LockedError } from '../core/locked.ts'
import { onFile } from './fault.ts'
import { type Holder, holderIn, isAlive, isHere, isSelf, lockPrefix, patience, self } from './holder.ts'
import { writeBytes } from './whole-file.ts'

// A lock is a file in the locked folder that names the process that holds it. Node.js has no locks that end with
// their process, so a process that takes a lock checks whether the holders of other lock files are still alive:
//
// 1. It creates its own lock file, under a name that was never used before.
// 2. It lists the other lock files, and removes those of processes that have ended.
// 3. If another one is left, it removes its own, and tries again or gives up.
//
// Of two processes, the one that lists later sees the other's file, so they never both get the lock. No name is used
// twice, so removing the file of a process that has ended cannot remove its successor's file.

/** Milliseconds between heartbeats: the holder of a lock rewrites its lock file. */
const pulse = 10_000

/** Milliseconds to wait for a lock's holder on this machine: a killed process takes a while to end. */
const grace = 1000

/**
 * Takes the lock on a run's folder.
 *
 * @throws {LockedError} when another process, or other code in this process, holds the lock.
 */
export function lockRun(folder: string): FolderLock {
  let before: string | undefined
  for (const begun = performance.now(); ; ) {
    const name = `${lockPrefix}${randomBytes(6).toString('hex')}`
    const path = join(folder, name)
    onFile(folder, () => create(path))
    const other = orRemoved(path, () => others(folder, name))
    if (other === undefined) return held(path)
    rmSync(path, { force: true })
    const mayEnd = isHere(other.holder) && !isSelf(other.holder)
    const isSure = other.name === before && !mayEnd
    if (isSure || performance.now() - begun > grace) throw refusal(folder, other)
    before = other.name // that process may just be trying, too: look again after a while
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + 30 * Math.random())
  }
}

function create(path: string): void {
  const file = openSync(path, 'wx')
  try {
    orRemoved(path, () => writeHolder(file, path))
  } finally {
    closeSync(file)
  }
}

/** Calls `work`; if it throws, removes the lock file at `path`. */
function orRemoved<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    rmSync(path, { force: true })
    throw error
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

/** Rewrites the lock file as a heartbeat: the machine that stores the file sets the time of a write. */
function beat(path: string): void {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_WRONLY)
    writeHolder(file, path)
  } catch {
    // On a full disk, there is no heartbeat; if the lock file was removed, `isHeld` notices that.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The lock of another process. */
interface OtherLock {
  readonly name: string
  /** Holder of the lock; undefined when the lock file is incomplete. */
  readonly holder: Holder | undefined
  /** Time at which the lock file was last written, in milliseconds since 1970. */
  readonly written: number
}

/** Returns a lock file of a living process, other than `own`; removes lock files of processes that ended. */
function others(folder: string, own: string): OtherLock | undefined {
  const now = statSync(join(folder, own)).mtimeMs
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(lockPrefix) || name === own) continue
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

function refusal(folder: string, { holder, written }: OtherLock): LockedError {
  const where = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const [who, fix] = isSelf(holder)
    ? [`this process, ${self().pid} on ${self().host},`, 'close it there first']
    : [where, 'wait, or stop it first']
  const message = `${folder}: wanted a run that nobody has open, got one that ${who} has; ${fix}`
  return new LockedError(message, isHere(holder) ? undefined : written)
}
