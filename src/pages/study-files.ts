import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkInside } from '../disk/inside.ts'
import { holdersOf } from '../study/run/holders.ts'
import { resultsFile } from '../study/run/stored-findings.ts'
import { stampOf } from './described.ts'
import type { StudyState } from './views.ts'

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

/** Returns whether a study is being run, has ended, or was stopped. */
export function studyState(folder: string): StudyState {
  if (studyProcesses(folder).length > 0) return 'running'
  return stampOf(join(folder, resultsFile)) === undefined ? 'stopped' : 'ended'
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
