import { exitCodes } from './exit-code.ts'

const meanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.done, 'done; with --resume=auto, also when nothing was left to do'],
  [exitCodes.bug, 'a bug in Evenstep'],
  [exitCodes.usage, 'a mistake in the command, the experiment or the data'],
  [exitCodes.diverged, 'diverged: a loss or a weight is not finite; repeating gives the same'],
  [exitCodes.machine, 'a fault of the machine: disk, permission, memory, a killed worker, a damaged file'],
  [exitCodes.SIGHUP, 'stopped by SIGHUP, such as a closed terminal, after saving'],
  [exitCodes.SIGINT, 'stopped by SIGINT (Ctrl-C), after saving'],
  [exitCodes.SIGPIPE, 'stopped because the program that read the output has ended, after saving'],
  [exitCodes.SIGTERM, 'stopped by SIGTERM, which schedulers send, after saving'],
  [exitCodes.SIGBREAK, 'stopped by Ctrl-Break, on Windows, after saving'],
]

/** What `evenstep --help` says about exit codes. */
export const exitCodeHelp: string = [
  '',
  'Exit codes:',
  ...meanings.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`),
].join('\n')
