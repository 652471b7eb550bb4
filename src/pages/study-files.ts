import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkInside } from '../disk/inside.ts'
import { holdersOf } from '../study/run/holders.ts'

/** Returns the ids of the processes on this machine that run the study in a folder. */
export function studyProcesses(folder: string): number[] {
  const lock = join(folder, 'study.lock')
  try {
    if (!checkInside(`${lock}.pids`)) return []
    return holdersOf(lock).map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** Returns the number of trials that have a folder in a study's. */
export function trialFolders(folder: string): number {
  try {
    const trials = join(folder, 'trials')
    return checkInside(trials, 'a folder') ? readdirSync(trials).length : 0
  } catch {
    return 0
  }
}
