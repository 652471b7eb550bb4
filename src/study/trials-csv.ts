import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { csvLine } from '../core/csv-line.ts'
import { ArgumentError, DamagedError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { onFile } from '../disk/fault.ts'
import { checkInside, pathExists, readInside } from '../disk/inside.ts'
import type { Finished } from './analysis/findings.ts'
import { isResult, isTrial } from './run/stored.ts'
import { trialFile } from './run/trial-file.ts'
import type { Value } from './trial.ts'

/** Whether a folder is that of a study. */
export const isStudy = (folder: string): boolean => pathExists(join(folder, 'study.db'))

/**
 * Returns the finished trials of a study as lines of CSV, each ending with a line feed: a header, then a row for each
 * trial, with its number, factors, seed, steps, outcome, metrics and seconds. Reads the folders of the trials, so the
 * study may be running or stopped. Missing values are empty cells; values that are lists or objects are JSON.
 *
 * @param folder folder of the study
 * @throws {ArgumentError} when no trial has finished.
 * @throws {DamagedError} when the result of a trial is damaged.
 */
export function trialsCsv(folder: string): string[] {
  const trials = readTrials(folder)
  if (trials.length === 0)
    throw new ArgumentError(`${folder}: wanted a study of which a trial has finished, got none`)
  const factors = namesIn(trials.map(({ settings }) => settings))
  const metrics = namesIn(trials.map(({ result }) => result.metrics))
  const fixed = ['trial', ...factors, 'seed', 'steps', 'round', 'status', 'error']
  const columns = metrics.map((name) => (fixed.includes(name) ? `metrics.${name}` : name))
  const rows = trials.map(({ id, settings, seed, steps, rung, result: { status, error, ...result } }) => [
    ...[id, ...factors.map((name) => settings[name]), seed, steps, rung, status, error],
    ...metrics.map((name) => result.metrics[name]),
    ...[result.time.training, result.time.total],
  ])
  const header = [...fixed, ...columns, 'trainingSeconds', 'totalSeconds']
  return [header, ...rows.map((row) => row.map(cellOf))].map(csvLine)
}

const namesIn = (objects: readonly object[]): string[] => [...new Set(objects.flatMap(Object.keys))]

const cellOf = (value: Value | undefined): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

/** Reads the results in the folders of a study's trials, ordered by number. */
function readTrials(folder: string): Finished[] {
  const trials = join(folder, 'trials')
  if (!checkInside(trials, 'a folder')) return []
  const names = onFile(trials, () => readdirSync(trials)).filter((name) => /^\d+$/.test(name))
  return names
    .flatMap((name) => {
      const file = trialFile(join(trials, name))
      const bytes = checkInside(join(trials, name), 'a folder') ? readInside(file) : undefined
      if (bytes === undefined) return [] // a trial that has not finished
      const { trial, result } = Object(jsonIn(bytes)) as Record<string, unknown>
      if (isTrial(trial) && isResult(result)) return [{ ...trial, result }]
      throw new DamagedError(
        `${file}: wanted the result of a trial as JSON, got something else; the file is damaged`,
      )
    })
    .sort((a, b) => a.id - b.id)
}
