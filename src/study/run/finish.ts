import { join } from 'node:path'
import { writeWhole } from '../../disk/whole-file.ts'
import type { StudyFacts } from '../analysis/analyse.ts'
import type { Findings, Finished } from '../analysis/findings.ts'
import { findingsOf, resultsFile } from './stored-findings.ts'

/** Names of the files that `finish` writes into the study's folder. */
export const written: readonly string[] = [
  'report.html',
  'report.md',
  'findings.json',
  'sources.bib',
  resultsFile,
]

/** Analyses finished trials, and writes results and a report into the study's folder. @returns the findings */
export async function finish(
  folder: string,
  facts: StudyFacts,
  finished: readonly Finished[],
): Promise<Findings> {
  const findings = findingsOf(folder, facts, finished)
  const results = { ...facts, trials: finished }
  writeWhole(join(folder, resultsFile), `${JSON.stringify(results, null, 2)}\n`)
  // Imported here, so that only those who write a report load the charts.
  const { writeReport } = await import('../report/report.ts')
  await writeReport(folder, findings)
  return findings
}
