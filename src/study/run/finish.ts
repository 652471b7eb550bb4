import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, type StudyFacts } from '../analysis/analyse.ts'
import type { Findings, Finished } from '../analysis/findings.ts'

/** The files that `finish` writes. */
export const written: readonly string[] = ['report.html', 'report.md', 'findings.json', 'results.json']

/**
 * Analyses the finished trials, and writes their results and the report into the study's folder.
 *
 * @returns the findings
 */
export async function finish(
  folder: string,
  facts: StudyFacts,
  finished: readonly Finished[],
): Promise<Findings> {
  const findings = analyse(facts, finished)
  const results = { ...facts, trials: finished }
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  // Imported late, since it loads the charts, which training need not wait for.
  const { writeReport } = await import('../report/report.ts')
  await writeReport(folder, findings)
  return findings
}
