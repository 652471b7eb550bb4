import { counted } from '../../core/text.ts'
import { keyOf } from '../settings.ts'
import { bestOf, cellsOf } from './cells.ts'
import type { Findings, Finished, Objective, WinnerTest } from './findings.ts'
import type { Looks } from './looks.ts'
import { intervalText, methodText, rangeText, scoreText, settingsText } from './words.ts'

/**
 * Returns the trial of a study's best settings with the lowest seed; undefined if no settings can be recommended.
 *
 * Not the best of its seeds: choosing that one would be another choice on the validation data.
 */
export function winnerOf(
  finished: readonly Finished[],
  { name, goal }: Objective,
  looks?: Looks,
): Finished | undefined {
  const last = Math.max(0, ...finished.map(({ rung }) => rung))
  const best = bestOf(
    cellsOf(finished, name, looks).filter(({ rung }) => rung === last),
    goal,
  )
  return best && firstSeedOf(finished, best)
}

/** Returns the trial of a cell (one combination of settings in one round) with the lowest seed. */
export const firstSeedOf = (
  finished: readonly Finished[],
  { settings, steps, rung }: Pick<Finished, 'settings' | 'steps' | 'rung'>,
): Finished =>
  finished
    .filter((one) => keyOf(one.settings) === keyOf(settings) && one.steps === steps && one.rung === rung)
    .reduce((a, b) => (b.seed < a.seed ? b : a))

/** Returns rows on a measurement: name of each value, the value, its interval and how that was found. */
export const testRows = (test: WinnerTest, format: (value: number) => string): string[][] =>
  valuesIn(test).map(([name, value]) => {
    const interval = test.intervals?.[name]
    const range = interval ? [rangeText(interval, format), methodText(interval)] : ['none', '']
    return [name, format(value), ...range]
  })

/** Returns the loss, accuracy and metrics of a measurement that are single numbers. */
const valuesIn = ({ loss, accuracy, metrics }: WinnerTest): [name: string, value: number][] =>
  Object.entries({ loss, accuracy, ...metrics }).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )

/** Says what was measured on test data, and how many other winners were measured on them before. */
export function testSentence(
  { settings, trial, seed, steps, examples }: WinnerTest,
  before: readonly WinnerTest[],
): string {
  const on = examples === undefined ? 'a stream' : counted(examples, 'example')
  const named = settingsText(settings) || 'the experiment as it is'
  const others = counted(before.length, 'other winner')
  const times =
    before.length === 0 ? 'measured once' : `measured after ${others}, which may have led to this one`
  return `Test, ${times}, on ${on}: ${named} (trial ${trial}, seed ${seed}, ${counted(steps, 'step')}).`
}

/** Returns sentences on a study's winners that were measured, and on a winner since then that was not. */
export function testSentences({
  tests = [],
  cells,
  metric,
}: Pick<Findings, 'tests' | 'cells' | 'metric'>): string[] {
  const rung = Math.max(0, ...cells.map((cell) => cell.rung))
  const winner = bestOf(
    cells.filter((cell) => cell.rung === rung),
    metric.goal,
  )
  const isLast = !winner || tests.length === 0 || keyOf(tests.at(-1)!.settings) === keyOf(winner.settings)
  return [
    ...tests.map((test, i) => testSentence(test, tests.slice(0, i))),
    ...(isLast ? [] : [`The winner is now ${settingsText(winner.settings)}, which was not measured.`]),
  ]
}

/** Returns lines with the values of the last measurement, after these sentences; none if nothing was measured. */
export const testLines = (tests: readonly WinnerTest[], sentences: readonly string[]): string[] =>
  tests.slice(-1).flatMap((test) => [
    '',
    ...sentences,
    ...valuesIn(test).map(([name, value]) => {
      const interval = intervalText(test.intervals?.[name], (end) => scoreText(end, name))
      return `  test ${name.padEnd(12)} ${scoreText(value, name)} ${interval}`
    }),
  ])

/** Returns the part of the data on which a metric is measured and so settings were chosen. */
export const partOf = (metric: string): 'train' | 'validation' =>
  metric === 'trainLoss' ? 'train' : 'validation'

/** Describes the part of the data on which the best settings were chosen by a metric: `chosen on validation`. */
export const chosenOn = (metric: string): string =>
  `chosen on ${partOf(metric) === 'train' ? 'the training data' : 'validation'}`
