import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const mounted = new Set<string>()

/** Runs a program of the system. @throws the error with what it said */
const system = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Mounts an empty disk in memory. @param options such as `size=64k` */
export function mountDisk(folder: string, options: string): string {
  mkdirSync(folder, { recursive: true })
  system('mount', '-t', 'tmpfs', '-o', `mode=777,${options}`, 'tmpfs', folder)
  mounted.add(folder)
  return folder
}

/** Gives a disk more room than any command needs. */
export const enlarge = (disk: string): void => system('mount', '-o', 'remount,size=200m,nr_inodes=0', disk)

/** Makes the content of a folder read-only, at a second path. @returns that path */
export function mountReadOnly(folder: string, at: string): string {
  mkdirSync(at, { recursive: true })
  system('mount', '--bind', folder, at)
  mounted.add(at)
  system('mount', '-o', 'remount,ro,bind', at)
  return at
}

export function unmount(folder: string): void {
  if (mounted.delete(folder)) system('umount', '-l', folder)
}

/** Unmounts all that this process mounted. */
export function unmountAll(): void {
  for (const folder of [...mounted].reverse()) unmount(folder)
}

/** Writes to a disk until it is full. */
function fill(ballast: number): void {
  for (const length of [65_536, 4096, 256, 16, 1]) {
    const bytes = new Uint8Array(length)
    try {
      for (;;) writeSync(ballast, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

/** Keeps a disk full, whatever is removed from it, until the returned function is called; that makes room again. */
export function keepFull(disk: string): () => void {
  const path = join(disk, 'ballast')
  const ballast = openSync(path, 'w')
  fill(ballast)
  const timer = setInterval(() => fill(ballast), 2)
  return () => {
    clearInterval(timer)
    closeSync(ballast)
    rmSync(path)
  }
}

let refusal: string | undefined | null = null

/** Returns why this process cannot mount; undefined if it can. */
export function cannotMount(): string | undefined {
  if (refusal !== null) return refusal
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-mount-'))
  try {
    mountDisk(folder, 'size=64k')
    unmount(folder)
    refusal = undefined
  } catch {
    refusal = 'this user cannot mount a disk here'
  } finally {
    rmSync(folder, { recursive: true })
  }
  return refusal
}
