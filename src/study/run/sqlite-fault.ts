import { DamagedError, type EvenstepError, MachineError } from '../../core/errors.ts'

/** For each of SQLite's primary result codes that the machine causes: what it means, and how to fix it. */
const faults: Readonly<Record<number, readonly [meaning: string, fix: string]>> = {
  3: ['no permission', 'change the permissions of the file and of its folder'],
  5: ['one that another process uses', 'wait, or end that process'],
  6: ['one that another process uses', 'wait, or end that process'],
  7: ['no memory for it', 'free some memory, then repeat'],
  8: ['one that is read-only', 'change the permissions of the file and of its folder'],
  10: ['a disk that is full or fails, or a limit on the size of files', 'check the disk, then repeat'],
  13: ['a full disk', 'free some space, then repeat'],
  14: ['one that does not open', 'check that it is a file, and the permissions of it and of its folder'],
  15: ['a file system without locks', 'choose a folder on a local disk'],
  22: ['a file system without large files', 'choose a folder on another disk'],
  23: ['no permission', 'change the permissions of the file and of its folder'],
}

/** SQLite's result codes for a file that is not a database, or has other tables or broken pages. */
const damaged: readonly number[] = [1, 11, 24, 26]

const names: readonly string[] =
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'.split(
    ' ',
  )

/**
 * Returns SQLite's primary result code for an error thrown by either driver, taken from a name such as
 * `SQLITE_IOERR_WRITE`, from a numeric extended code, or from the number in a message that a database could not be
 * opened. Undefined for other errors.
 */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode, message } = Object(error) as Record<string, unknown>
  if (typeof errcode === 'number') return errcode & 0xff
  const name = /^SQLITE_([A-Z]+)/.exec(String(code))?.[1]
  if (name !== undefined && names.includes(name)) return names.indexOf(name)
  const opened = /unable to open .*?: (\d+)/i.exec(String(message))?.[1]
  return opened === undefined ? undefined : Number(opened) & 0xff
}

/** Converts an error of SQLite on the file `path` to an `EvenstepError`; returns undefined for other errors. */
export function sqliteFault(path: string, error: unknown): EvenstepError | undefined {
  const code = sqliteCode(error)
  if (code === undefined) return undefined
  const options = { cause: error }
  if (damaged.includes(code)) {
    const { message } = error as Error
    return new DamagedError(
      `${path}: wanted a database of Evenstep, got ${message}; move the file away`,
      options,
    )
  }
  const fault = faults[code]
  if (fault === undefined) return undefined
  return new MachineError(`${path}: wanted a database to write, got ${fault[0]}; ${fault[1]}`, options)
}

/** Calls `body`, which uses the database `path`. @throws {MachineError} or {DamagedError} for errors of SQLite. */
export function withDatabase<T>(path: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw sqliteFault(path, error) ?? error
  }
}
