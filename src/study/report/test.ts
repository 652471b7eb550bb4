import { dash } from '../../core/text.ts'
import type { Findings, WinnerTest } from '../analysis/findings.ts'
import { testRows, testSentences } from '../analysis/tested.ts'
import { keyOf } from '../settings.ts'
import { interval, numeral } from './number.ts'
import { type Content, tableBlock } from './section.ts'

/** Makes the report section on test data: the winner's score, which chose it, beside those that nothing chose on. */
export function testSection(findings: Findings): Content {
  const last = findings.tests?.at(-1)
  if (last === undefined) return []
  const columns = ['score', 'chosen on it', 'value', '95 % interval', 'interval from']
  const rows = [
    ...chosenRow(findings, last),
    ...testRows(last, numeral).map(([name, ...rest]) => [`test ${name}`, 'no', ...rest]),
  ]
  return [
    ...testSentences(findings).map((text) => ({ type: 'paragraph' as const, text })),
    tableBlock('The measured winner on the data that chose it, and on the test data', 1, columns, rows),
  ]
}

/** Returns the row of the score by which the winner was chosen; none if its trials are no longer in the findings. */
function chosenRow({ cells, metric }: Findings, { settings, steps }: WinnerTest): string[][] {
  const cell = cells.find((one) => keyOf(one.settings) === keyOf(settings) && one.steps === steps)
  if (!cell?.score) return []
  const seeds = Object.keys(cell.scores).length
  const ends = cell.score.interval ? interval(cell.score) : dash
  return [[`${metric.name}, mean of ${seeds} seeds`, 'yes', numeral(cell.score.value), ends, 'seeds']]
}
