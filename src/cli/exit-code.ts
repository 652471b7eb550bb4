import { CommanderError } from 'commander'
import { EvenstepError } from '../core/errors.ts'
import { printNote } from './output.ts'

/** Exit codes of every command. Schedulers use them to tell what to repeat from what to give up. */
export const exitCodes = {
  done: 0,
  /** A bug in Evenstep. */
  bug: 1,
  /** A mistake in the command, the experiment or the data. */
  usage: 2,
  /** Training diverged: a loss is not finite. */
  diverged: 3,
  /** A fault of the machine: disk, permission, memory, a killed worker, a damaged file. */
  machine: 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const

/** Prints an error to stderr: one line, or the stack of a bug. @returns the exit code */
export function printError(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done
    if (error.code !== 'commander.help')
      printNote(`evenstep: ${error.message.replace(/^error: /, '')}; see evenstep --help`)
    return exitCodes.usage
  }
  if (error instanceof EvenstepError || isSystemError(error)) {
    printNote(`${isSystemError(error) ? 'evenstep: ' : ''}${error.message}`)
    return isSystemError(error) ? exitCodes.usage : error.exitCode
  }
  printNote(`${error instanceof Error ? error.stack : String(error)}`)
  return exitCodes.bug
}

/** Whether the error is of the operating system, such as a file that could not be read or written. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
