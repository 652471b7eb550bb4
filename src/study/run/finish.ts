import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, type StudyFacts } from '../analysis/analyse.ts'
import type { Findings, Finished } from '../analysis/findings.ts'

/** The files that `finish` writes. */
export const written: readonly string[] = ['report.html', 'report.md', 'findings.json', 'results.json']

/**
 * Write into a study's folder what came of each trial, and what all of them say: as a report, and as data.
 *
 * @returns what they say
 */
export async function finish(
  folder: string,
  subject: StudyFacts,
  finished: readonly Finished[],
): Promise<Findings> {
  const findings = analyse(subject, finished)
  const results = { ...subject, trials: finished }
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  const { writeReport } = await import('../report/report.ts') // drawing takes a library that training should not wait for
  await writeReport(folder, findings)
  return findings
}
