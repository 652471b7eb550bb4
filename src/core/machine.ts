import { EvenstepError, MachineError, machineExitCode } from './errors.ts'

/** For each error code, what the error means (`got …`) and what to do about it, as messages state them. */
const faults: Readonly<Record<string, readonly [meaning: string, fix: string]>> = {
  ENOSPC: ['a full disk', 'free some space, then repeat'],
  EDQUOT: ['a disk quota that is used up', 'free some space, then repeat'],
  EFBIG: ['a file beyond the size that is allowed', 'raise the limit (ulimit -f), then repeat'],
  EACCES: ['no permission', 'change the permissions, or choose another path'],
  EPERM: ['no permission', 'change the permissions, or choose another path'],
  EROFS: ['a file system that is read-only', 'choose another path'],
  EIO: ['a disk that fails', 'check the disk, then repeat'],
  EMFILE: ['too many open files in this process', 'raise the limit (ulimit -n), then repeat'],
  ENFILE: ['too many open files on this machine', 'close some, then repeat'],
  ENOMEM: ['no memory', 'free some, then repeat'],
  EAGAIN: ['no process or thread to spare', 'end some, or raise the limit (ulimit -u), then repeat'],
  ELOOP: ['symbolic links that lead in a circle', 'remove them'],
  ENOENT: ['a path that does not exist', 'check the path'],
  ENOTDIR: ['a file where a folder should be', 'check the path'],
  EISDIR: ['a folder where a file should be', 'check the path'],
  EEXIST: ['a path that exists already', 'check the path'],
  ENAMETOOLONG: ['a name that is too long', 'choose a shorter one'],
  EBUSY: ['a file that another program uses', 'end that program, then repeat'],
  ESTALE: ['a network file that is gone', 'check the network drive, then repeat'],
  ERR_FS_FILE_TOO_LARGE: ['a file too large to read at once', 'split it'],
}

/** Matches messages by which ONNX Runtime reports that memory ran out. */
const engineWords = /std::bad_alloc|bad allocation|failed to allocate memory/i

/** Matches a RangeError's message by which V8 reports that memory ran out, or that a size is too large. */
const rangeWords =
  /^(Invalid (typed )?array( buffer)? length|Array buffer allocation failed|Invalid string length|(Map|Set) maximum size)/i

const memoryCodes: readonly unknown[] = [
  'ERR_STRING_TOO_LONG',
  'ERR_BUFFER_TOO_LARGE',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
]

/** What a system call does, to complete `wanted to …` in messages, for calls whose names do not say so. */
const actions: Readonly<Record<string, string>> = {
  mkdir: 'make the folder',
  rmdir: 'remove the folder',
  scandir: 'list the folder',
  stat: 'look at it',
  lstat: 'look at it',
  unlink: 'remove it',
  rm: 'remove it',
  fsync: 'flush it to disk',
  ftruncate: 'shorten it',
  spawn: 'start a process',
}

/**
 * Returns the one-line error for a fault of the machine: an operating-system error, or memory that ran out. An
 * operating-system error is recognized by its code, lack of memory by the message of ONNX Runtime or V8.
 *
 * @param path file to name if the error carries no path, as errors of `write` do not
 * @returns undefined for any other error, such as a bug or an error that Evenstep itself threw
 */
export function machineError(error: unknown, path?: string): MachineError | undefined {
  if (error instanceof MachineError) return error
  if (!(error instanceof Error) || error instanceof EvenstepError) return undefined
  const { syscall = '', path: own = path, dest } = error as NodeJS.ErrnoException & { dest?: string }
  const code = codeOf(error)
  const options = { cause: error }
  if (isMemory(error, code)) {
    const fix = 'free some, or use smaller sizes, smaller batches or fewer workers'
    return new MachineError(`${own ?? 'evenstep'}: wanted more memory, got none; ${fix}`, options)
  }
  if (!isSystemCode(error, code)) return undefined
  const [meaning, fix] = faults[code] ?? [`the error ${code}`, 'check the machine, then repeat']
  const known = code in faults ? ` (${code})` : ''
  const at = dest ?? own
  const verb = syscall.split(' ')[0] || 'read'
  const action = actions[verb] ?? (at === undefined ? verb : `${verb} it`)
  return new MachineError(`${at ?? 'evenstep'}: wanted to ${action}, got ${meaning}${known}; ${fix}`, options)
}

/** Whether an error or one of its causes is a fault of the machine, such as a full disk, not of the experiment. */
export function isMachineFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof EvenstepError && error.exitCode === machineExitCode) return true
  return machineError(error) !== undefined || isMachineFault(error.cause)
}

const isMemory = (error: Error, code: unknown): boolean =>
  memoryCodes.includes(code) ||
  engineWords.test(error.message) ||
  (error.name === 'RangeError' && rangeWords.test(error.message))

/** Error codes by number on Linux, for native libraries that report only the number. */
const numbers: Readonly<Record<number, string>> = {
  ...{ 5: 'EIO', 12: 'ENOMEM', 13: 'EACCES', 23: 'ENFILE', 24: 'EMFILE', 27: 'EFBIG', 28: 'ENOSPC' },
  ...{ 30: 'EROFS', 122: 'EDQUOT' },
}

/** Returns an error's code, or the code for the number in a message such as `… (os error 24)`. */
const codeOf = (error: Error): unknown =>
  (error as NodeJS.ErrnoException).code ?? numbers[Number(/\(os error (\d+)\)/.exec(error.message)?.[1])]

/** Whether `code` is an operating system's error code, or Node.js's code for an operating system's limit. */
function isSystemCode(error: Error, code: unknown): code is string {
  if (typeof code !== 'string') return false
  return code in faults || ('errno' in error && 'syscall' in error && /^E[A-Z0-9]+$/.test(code))
}
