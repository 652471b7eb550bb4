import { join } from 'node:path'
import type { AbortSignalLike } from '../../core/abort.ts'
import { DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { present } from '../../core/options.ts'
import { sourceFingerprint } from '../../data/fingerprint.ts'
import { isStream } from '../../data/stream.ts'
import { readInside } from '../../disk/inside.ts'
import { writeWhole } from '../../disk/whole-file.ts'
import { withNaN } from '../../train/event-log.ts'
import type { Experiment } from '../../train/experiment.ts'
import { open } from '../../train/open.ts'
import { testDataOf } from '../../train/test-part.ts'
import type { WinnerTest } from '../analysis/findings.ts'
import { keyOf } from '../settings.ts'
import type { Trial } from '../trial.ts'
import { runFolder } from './run-trial.ts'

/**
 * Measures the model of a winning trial on the experiment's test data, and adds that to `test.json` in `folder`. The
 * same trial is not measured again on the same data.
 *
 * @param folder folder of a study or of advice
 * @param experiment experiment of the trial
 * @returns the measurement, and those of other winners made before it
 */
export async function testWinner(
  folder: string,
  experiment: Experiment,
  trial: Trial,
  signal?: AbortSignalLike,
): Promise<{ readonly test: WinnerTest; readonly before: readonly WinnerTest[] }> {
  const source = testDataOf('study', experiment)
  const data = sourceFingerprint(source)
  const known = winnerTests(folder)
  const at = known.findIndex((one) => one.data === data && isOf(trial, one))
  if (at >= 0) return { test: known[at]!, before: known.slice(0, at) }
  const run = await open(runFolder(join(folder, 'trials'), trial), { experiment })
  const evaluated = await run.evaluate('test', present({ intervals: true, signal }))
  const { id, settings, seed, steps } = trial
  const examples = isStream(source) ? {} : { examples: source.length }
  const test: WinnerTest = { part: 'test', trial: id, settings, seed, steps, ...examples, ...evaluated, data }
  writeWhole(join(folder, 'test.json'), `${JSON.stringify([...known, test], null, 2)}\n`)
  return { test, before: known }
}

/** Reads `test.json`: the winners measured so far, oldest first; none without the file. */
export function winnerTests(folder: string): readonly WinnerTest[] {
  const file = join(folder, 'test.json')
  const bytes = readInside(file)
  if (bytes === undefined) return []
  const json = jsonIn(bytes)
  if (Array.isArray(json) && json.every(isTest)) return json.map(withNaN)
  throw new DamagedError(`${file}: wanted a list of measurements, got something else; move the file away`)
}

/** Whether a measurement is of this trial: a study that was changed may have another trial of the same number. */
const isOf = ({ id, settings, seed, steps }: Trial, one: WinnerTest): boolean =>
  one.trial === id && one.seed === seed && one.steps === steps && keyOf(one.settings) === keyOf(settings)

function isTest(value: unknown): value is WinnerTest {
  const { trial, settings, seed, steps, loss, data } = Object(value) as Record<string, unknown>
  const numbers = [trial, seed, steps, loss].every((number) => typeof number === 'number')
  return numbers && Object(settings) === settings && typeof data === 'string'
}
