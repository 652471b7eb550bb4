import { join } from 'node:path'
import { writeWhole } from '../../disk/whole-file.ts'
import { analyse, type StudyFacts } from '../analysis/analyse.ts'
import type { Findings, Finished } from '../analysis/findings.ts'
import { partOf } from '../analysis/tested.ts'
import { winnerTests } from './winner-test.ts'

/** Names of the files that `finish` writes into the study's folder. */
export const written: readonly string[] = ['report.html', 'report.md', 'findings.json', 'results.json']

/** Analyses finished trials, and writes results and a report into the study's folder. @returns the findings */
export async function finish(
  folder: string,
  facts: StudyFacts,
  finished: readonly Finished[],
): Promise<Findings> {
  const tests = winnerTests(folder)
  const findings = {
    ...analyse(facts, finished),
    ...(tests.length > 0 && { tests, chosenOn: partOf(facts.metric.name) }),
  }
  const results = { ...facts, trials: finished }
  writeWhole(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  // Imported here, so that only those who write a report load the charts.
  const { writeReport } = await import('../report/report.ts')
  await writeReport(folder, findings)
  return findings
}
