import { MachineError } from './errors.ts'

/** A lock on a folder. When its process ends, even if killed, the lock is released automatically. */
export interface FolderLock {
  /** Whether the lock still exists: neither released nor removed with its folder or by another machine. */
  readonly isHeld: boolean
  release(): void
}

/** Error when a folder is locked: the same command succeeds once the lock is released. */
export class LockedError extends MachineError {
  override readonly name = 'LockedError'
  /**
   * Time, in milliseconds since 1970, at which the lock file was last written, if its holder cannot be looked up, as on
   * another machine; otherwise undefined. The lock ends unless the file is written again within a minute.
   */
  readonly lastSign: number | undefined

  constructor(message: string, lastSign?: number) {
    super(message)
    this.lastSign = lastSign
  }
}
