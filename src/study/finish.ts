import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finished } from './findings.ts'
import type { StudyInfo } from './prepared.ts'

/**
 * Write what a study found into its folder.
 *
 * @returns the names of the files
 */
export function finish(folder: string, info: StudyInfo, finished: readonly Finished[]): readonly string[] {
  write(join(folder, 'results.json'), { ...info, trials: finished })
  return ['results.json']
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.partial`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${path}.partial`, path)
}
