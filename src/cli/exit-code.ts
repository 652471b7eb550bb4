import { resolve } from 'node:path'
import { CommanderError } from 'commander'
import { EvenstepError, machineExitCode } from '../core/errors.ts'
import { isMachineFault, machineError } from '../core/machine.ts'
import { partialSuffix } from '../disk/whole-file.ts'
import { printNote } from './output.ts'

/** Exit codes of all commands, by which schedulers decide whether to repeat a command or to give up. */
export const exitCodes = {
  done: 0,
  /** A bug in Evenstep. */
  bug: 1,
  /** A mistake in the command, the experiment or the data. */
  usage: 2,
  /** Training diverged: a loss is not finite. */
  diverged: 3,
  /** A fault of the machine: disk, permission, memory, a killed worker, a damaged file. */
  machine: machineExitCode,
  SIGHUP: 129,
  SIGINT: 130,
  /** A command that saves its work stopped because the reader of its output, such as `head`, has ended. */
  SIGPIPE: 141,
  SIGTERM: 143,
  /** Ctrl-Break on Windows. */
  SIGBREAK: 149,
} as const

/** Prints an error to stderr: as one line or, for a bug, with its stack. @returns the exit code */
export function printError(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done
    if (error.code !== 'commander.help')
      printNote(`evenstep: ${error.message.replace(/^error: /, '')}; see evenstep --help`)
    return exitCodes.usage
  }
  if (error instanceof EvenstepError) {
    printNote(error.message)
    const isFault = isMachineFault(error.cause) && !isAboutPath(error.cause)
    return error.exitCode === exitCodes.usage && isFault ? exitCodes.machine : error.exitCode
  }
  const fault = machineError(error)
  if (fault !== undefined) {
    printNote(fault.message)
    return isNamed(error) ? exitCodes.usage : fault.exitCode
  }
  printNote(`${error instanceof Error ? error.stack : String(error)}`)
  return exitCodes.bug
}

/** Codes of errors about whether a path exists, and whether it is a file or a folder. */
const pathCodes: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG']

const isAboutPath = (error: unknown): boolean => pathCodes.includes(Object(error).code)

/** Whether an error is about a path given on the command line that is missing or of the wrong kind: a typo. */
function isNamed(error: unknown): boolean {
  if (!isAboutPath(error)) return false
  const { path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string }
  const given = process.argv.slice(2).map((argument) => resolve(argument.replace(/^--[\w-]+=/, '')))
  return [path, dest].some((one) => typeof one === 'string' && given.includes(resolve(withoutSuffix(one))))
}

const withoutSuffix = (path: string): string =>
  path.endsWith(partialSuffix) ? path.slice(0, -partialSuffix.length) : path
