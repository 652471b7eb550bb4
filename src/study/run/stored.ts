import { checkedJson, withChecksum } from '../../core/checksum.ts'
import { DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import type { Finished } from '../analysis/findings.ts'
import { trialKey } from '../design/design.ts'
import type { Trial, TrialResult } from '../trial.ts'

/** A row of the database table `trial`; settings and result are stored as JSON text. */
export type Row = Omit<Trial, 'settings'> & {
  readonly key: string
  readonly settings: string
  readonly result: string
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a value parsed from JSON is a number, or null, which stands for NaN and infinities. */
const isNumber = (value: unknown): boolean => value === null || typeof value === 'number'

const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(isNumber)

/** Whether a value parsed from JSON is a valid trial result; a file may contain anything. */
export function isResult(value: unknown): value is TrialResult {
  if (!isObject(value)) return false
  const { status, error, metrics, steps, time, curve, layers, drift } = value
  return (
    ['done', 'diverged', 'failed'].includes(status as string) &&
    (error === undefined || typeof error === 'string') &&
    isObject(metrics) &&
    Object.values(metrics).every(isNumber) &&
    Number.isInteger(steps) &&
    isObject(time) &&
    [time.training, time.total].every(Number.isFinite) &&
    isObject(curve) &&
    [curve.steps, curve.trainLoss, curve.lr].every(isNumbers) &&
    (curve.validation === undefined || isValidation(curve.validation)) &&
    (layers === undefined || isLayers(layers)) &&
    (drift === undefined || isDrift(drift))
  )
}

const isValidation = (value: unknown): boolean =>
  isObject(value) && [value.steps, value.loss].every(isNumbers)

const isDrift = (value: unknown): boolean =>
  isObject(value) && [value.kl, value.validationLoss, value.recalibratedLoss].every(isNumber)

const isLayers = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every((layer) => isObject(layer) && Object.values(layer).every(isNumbers))

/** Whether a value parsed from JSON is a trial, identified by its settings, seed and steps. */
export const isTrial = (value: unknown): value is Trial => isObject(value) && isObject(value.settings)

/** Whether a value parsed from JSON is a finished trial, with all its fields. */
export function isFinished(value: unknown): value is Finished {
  if (!isTrial(value)) return false
  const { id, seed, steps, rung, result } = value as Finished
  return [id, seed, steps, rung].every(Number.isInteger) && isResult(result)
}

/** Returns the text of a trial's result in the database: JSON with a checksum. */
export const resultText = (id: number, result: TrialResult): string => withChecksum(result, `${id}`)

/** Converts a database row to a finished trial. @throws {DamagedError} when the row is invalid. */
export function finishedOf(path: string, { id, key, settings, seed, steps, rung, result }: Row): Finished {
  const [own, got] = [jsonIn(settings), checkedJson(result, `${id}`)]
  const isOwn = isObject(own) && trialKey({ settings: own as Finished['settings'], seed, steps }) === key
  if (!isOwn || !isResult(got)) {
    throw new DamagedError(
      `${path}: wanted the result of trial ${id} as it was written, got something else; move the file away`,
    )
  }
  return { id, settings: own as Finished['settings'], seed, steps, rung, result: got }
}

/** Parses a study's description from the database. @throws {DamagedError} when the text is not a description. */
export function descriptionOf(path: string, text: string): Json {
  const json = jsonIn(text)
  if (isObject(json) && [json.experiment, json.factors, json.design].every(isObject)) return json
  throw new DamagedError(`${path}: wanted the description of a study, got something else; move the file away`)
}
