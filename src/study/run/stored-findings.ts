import { join } from 'node:path'
import { ArgumentError, DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { readInside } from '../../disk/inside.ts'
import { analyse, type StudyFacts } from '../analysis/analyse.ts'
import type { Findings, Finished } from '../analysis/findings.ts'
import { partOf } from '../analysis/tested.ts'
import { isFinished } from './stored.ts'
import { winnerTests } from './winner-test.ts'

/** Name of the file in a study's folder with what its analysis needs: its facts and its finished trials. */
export const resultsFile = 'results.json'

/** Analyses finished trials, with the measurements of winners on test data that the study's folder has. */
export function findingsOf(folder: string, facts: StudyFacts, finished: readonly Finished[]): Findings {
  const tests = winnerTests(folder)
  return {
    ...analyse(facts, finished),
    ...(tests.length > 0 && { tests, chosenOn: partOf(facts.metric.name) }),
  }
}

/**
 * Analyses again the results of a study that has ended.
 *
 * @param folder folder of the study
 * @throws {ArgumentError} when the folder has no results.
 * @throws {DamagedError} when the results are damaged.
 */
export function readFindings(folder: string): Findings {
  const file = join(folder, resultsFile)
  const bytes = readInside(file)
  if (bytes === undefined) {
    const wanted = 'wanted the folder of a study that has ended'
    throw new ArgumentError(`${folder}: ${wanted}, got no ${resultsFile}; run evenstep study to its end`)
  }
  const { trials, ...facts } = Object(jsonIn(bytes)) as Record<string, unknown>
  if (isFacts(facts) && Array.isArray(trials) && trials.every(isFinished))
    return findingsOf(folder, facts, trials)
  throw new DamagedError(
    `${file}: wanted the results of a study as JSON, got something else; repeat evenstep study, which writes it again`,
  )
}

const isText = (value: unknown): boolean => typeof value === 'string'

const isRecord = (value: unknown, of: (value: unknown) => boolean): boolean =>
  Object(value) === value && !Array.isArray(value) && Object.values(value as object).every(of)

function isFacts(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & StudyFacts {
  const { name, metric, factors, drawn = [], looks = [], repeat } = value
  const { command, study, seeds, versions } = Object(repeat) as Record<string, unknown>
  return (
    [name, Object(metric).name, command].every(isText) &&
    ['min', 'max'].includes(Object(metric).goal) &&
    isRecord(factors, Array.isArray) &&
    [drawn, looks].every(Array.isArray) &&
    (looks as readonly unknown[]).every(Number.isInteger) &&
    isRecord(study, () => true) &&
    Array.isArray(seeds) &&
    seeds.every(Number.isFinite) &&
    isRecord(versions, isText)
  )
}
