#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { EvenstepError } from '../core/errors.ts'
import { adviseCommand } from './advise.ts'
import { csvCommand } from './csv.ts'
import { doctorCommand } from './doctor.ts'
import { evalCommand } from './eval.ts'
import { exportCommand } from './export.ts'
import { findLrCommand } from './find-lr.ts'
import { scheduleCommand } from './schedule.ts'
import { studyCommand } from './study.ts'
import { trainCommand } from './train.ts'
import { version } from './version.ts'
import { workerCommand } from './worker.ts'

const program = new Command('evenstep')
  .description('Trains neural networks, and finds the learning rate and schedule to use.')
  .version(version)
  .addCommand(trainCommand())
  .addCommand(scheduleCommand())
  .addCommand(findLrCommand())
  .addCommand(adviseCommand())
  .addCommand(evalCommand())
  .addCommand(doctorCommand())
  .addCommand(exportCommand())
  .addCommand(csvCommand())
  .addCommand(studyCommand())
  .addCommand(workerCommand(), { hidden: true })

program.exitOverride()
for (const command of program.commands) command.exitOverride().configureOutput({ outputError: () => {} })
program.configureOutput({ outputError: () => {} })

// A reader that has seen enough, such as `head`, closes the pipe: exit quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** Prints the error. @returns 2 for the caller's mistakes, 1 for ours */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.help') return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`evenstep: ${error.message.replace(/^error: /, '')}; see evenstep --help\n`)
    return 2
  }
  if (error instanceof EvenstepError) {
    process.stderr.write(`${error.message}\n`)
    return 2
  }
  if (isSystemError(error)) {
    process.stderr.write(`evenstep: ${error.message}\n`)
    return 2
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}

/** Whether a file or folder could not be read, written or created: the message says which and why. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
