#!/usr/bin/env node
import { Command } from 'commander'
import { machineError } from '../core/machine.ts'
import { exitCodes, printError } from './exit-code.ts'
import { exitCodeHelp } from './help.ts'
import { hangUp, signals } from './interrupt.ts'
import { ignoreSaveRequests } from './save-requests.ts'
import { version } from './version.ts'

/** Functions that import each command, in the order of the help; importing all commands would take a second. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).initCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  summary: async () => (await import('./summary.ts')).summaryCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  schedule: async () => (await import('./schedule.ts')).scheduleCommand(),
  'find-lr': async () => (await import('./find-lr.ts')).findLrCommand(),
  advise: async () => (await import('./advise.ts')).adviseCommand(),
  eval: async () => (await import('./eval.ts')).evalCommand(),
  predict: async () => (await import('./predict.ts')).predictCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  plot: async () => (await import('./plot-runs.ts')).plotCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  csv: async () => (await import('./csv.ts')).csvCommand(),
  study: async () => (await import('./study.ts')).studyCommand(),
  worker: async () => (await import('./worker.ts')).workerCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  ui: async () => (await import('./ui.ts')).uiCommand(),
  'run-trials': async () => (await import('./run-trials.ts')).runTrialsCommand(),
}

// Before anything is loaded: process 1 of a container ignores signals that nothing listens to.
signals.listen()
ignoreSaveRequests()

const program = new Command('evenstep')
  .description('Trains neural networks, and finds the learning rate and schedule to use.')
  .version(version)
  .addHelpText('after', exitCodeHelp)
  .exitOverride()
  .configureOutput({ outputError: () => {} })
const [asked = ''] = process.argv.slice(2)
const isVersion = asked === '--version' || asked === '-V'
for (const name of Object.hasOwn(commands, asked) ? [asked] : isVersion ? [] : Object.keys(commands)) {
  program.addCommand((await commands[name]!()).copyInheritedSettings(program), {
    hidden: name === 'run-trials',
  })
}

// A reader that has seen enough, such as `head`, closes the pipe: exit quietly, or stop what has work to save. A
// terminal that is closed gives EIO, and SIGHUP. Any other error loses output.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const { code } = error
  if (code === 'EPIPE' ? signals.outputClosed('SIGPIPE') : code === 'EIO' && signals.outputClosed('SIGHUP'))
    return
  process.exit(code === 'EPIPE' ? exitCodes.done : printError(machineError(error, 'stdout') ?? error))
})
process.stderr.on('error', () => {}) // nowhere is left to say so; the exit code still tells
process.on('uncaughtException', (error) => process.exit(printError(error)))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = printError(error)
}
if (process.exitCode === exitCodes.SIGHUP) hangUp()
