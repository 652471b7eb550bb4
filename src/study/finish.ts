import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, type Subject } from './analyse.ts'
import type { Findings, Finished } from './findings.ts'

/** The files that `finish` writes. */
export const written: readonly string[] = ['results.json', 'findings.json']

/**
 * Write into a study's folder what came of each trial, and what all of them say.
 *
 * @returns what they say
 */
export async function finish(
  folder: string,
  subject: Subject,
  finished: readonly Finished[],
): Promise<Findings> {
  const findings = analyse(subject, finished)
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
  write('results.json', { ...subject, trials: finished })
  write('findings.json', findings)
  return findings
}
