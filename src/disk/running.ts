import { kill } from 'node:process'
import { systemCode } from './fault.ts'

/** Whether a process with this id runs on this machine, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    return kill(pid, 0)
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** Sends a process the signal that Ctrl-C sends. */
export function interrupt(pid: number): void {
  kill(pid, 'SIGINT')
}
