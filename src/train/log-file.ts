import { closeSync, constants, fstatSync, ftruncateSync, lstatSync } from '#files'
import { DamagedError, MachineError } from '../core/errors.ts'
import { onFile } from '../disk/fault.ts'
import { openInside } from '../disk/inside.ts'
import { flushed, writeBytes } from '../disk/whole-file.ts'
import { logFile } from './event-log.ts'

/** The log of a run, open for writing. */
export class LogFile {
  readonly #folder: string
  readonly #path: string
  readonly #file: number
  #length: number

  /**
   * Opens the log in a run's folder, or creates it.
   *
   * @param length number of leading bytes to keep; `write` appends after them
   * @throws {DamagedError} when the log is shorter than `length`.
   */
  constructor(folder: string, length: number) {
    this.#folder = folder
    this.#path = logFile(folder)
    this.#length = length
    this.#file = openInside(this.#path, constants.O_RDWR | constants.O_CREAT)!
    try {
      checkLength(this.#path, length, fstatSync(this.#file).size, 'that the last checkpoint covers')
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** Truncates the log after the bytes to keep: the later steps will be taken and logged again. */
  cut(): void {
    onFile(this.#path, () => ftruncateSync(this.#file, this.#length))
  }

  /**
   * Appends text.
   *
   * @returns the new length of the log in bytes
   * @throws {DamagedError} when another program has shortened the log.
   */
  write(text: string): number {
    const bytes = new TextEncoder().encode(text)
    this.#checkLength()
    onFile(this.#path, () => writeBytes(this.#file, bytes, this.#path, this.#length))
    this.#length += bytes.length
    return this.#length
  }

  /**
   * Checks that the log is still in the run's folder, and has all bytes written so far.
   *
   * @throws {MachineError} when the folder or the log was removed or replaced.
   * @throws {DamagedError} when the log is too short.
   */
  check(): void {
    const own = fstatSync(this.#file, { bigint: true })
    const there = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    if (there?.ino !== own.ino || there.dev !== own.dev) {
      const got = there === undefined ? 'none; it was removed' : 'another; it was replaced'
      throw new MachineError(
        `${this.#folder}: wanted the folder of this run, got ${got} while the run trained`,
      )
    }
    this.#checkLength()
  }

  #checkLength(): void {
    checkLength(this.#path, this.#length, fstatSync(this.#file).size, 'that the run has logged')
  }

  /** Flushes the log to disk; resolves when done. */
  flushed(): Promise<void> {
    return flushed(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

function checkLength(path: string, length: number, size: number, which: string): void {
  if (size >= length) return
  throw new DamagedError(`${path}: wanted the ${length} bytes ${which}, got ${size}; the file is damaged`)
}
