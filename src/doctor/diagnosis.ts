import type { Advised } from './advised.ts'
import type { Subject } from './subject.ts'

/** Urgency of a diagnostic's finding, from `ok` (no action needed) to `alarm` (do not trust the results). */
export type Severity = 'ok' | 'note' | 'warning' | 'alarm'

/** All severities, most severe first. */
export const severities: readonly Severity[] = ['alarm', 'warning', 'note', 'ok']

/** Finding of a diagnostic: what it measured in a training run, how severe that is, and what to do, if known. */
export interface Finding extends Advised {
  readonly severity: Severity
  /** The measured value, which the diagnostic compares with its limits. */
  readonly value: number
  /** Further measured values by name, such as one per layer. */
  readonly values?: Readonly<Record<string, number>>
  /** Changes of the learning rate that the measured values argue against, even if another finding advises them. */
  readonly opposes?: readonly RateMove[]
}

/** A kind of change of the learning rate: of every step up or down, or a fall to 0 at the end of the run. */
export type RateMove = 'raise' | 'lower' | 'fall'

/** Reason why a diagnostic does not apply to a training run. */
export interface Inapplicable {
  readonly reason: string
}

/** A check of a trained run: it measures a value and compares it with limits taken from a published source. */
export interface Diagnostic {
  readonly id: string
  readonly title: string
  /** Formula or description of the measured value, as text. */
  readonly quantity: string
  /** Limits of the measured value and the severity beyond each limit, as text. */
  readonly threshold: string
  /** What a user can do if the measured value is beyond a limit, as text. */
  readonly remedy: string
  readonly source: string
  /** Examines a run: measures the value, then restores the exact former values of all weights and other variables. */
  examine(subject: Subject): Promise<Finding | Inapplicable>
}

export const noSteps: Inapplicable = {
  reason: 'the run kept no checkpoint, and without the state of its optimizer its steps cannot be repeated',
}

export const noAverages: Inapplicable = {
  reason: 'the run kept no checkpoint, and the weights for evaluation are part of the state of its optimizer',
}

export const noInvariance: Inapplicable = {
  reason: 'no weight is scale-invariant: none lies right before BN',
}

export const noStatistics: Inapplicable = { reason: 'no batch normalization learns running statistics' }

/** Result of a diagnostic for one run: a finding, or why the diagnostic does not apply. */
export type Diagnosis = Pick<Diagnostic, 'id' | 'title' | 'threshold' | 'source'> & (Finding | Inapplicable)

/** Whether a diagnostic's result is a finding, rather than a reason why it does not apply. */
export const isFinding = <T extends object>(result: T): result is T & Finding => 'severity' in Object(result)

type Entry = readonly [name: string, value: number]

/** Returns the [name, value] pair with the greatest value; of equal values, the first. */
export const greatestEntry = (entries: Iterable<Entry>): Entry =>
  [...entries].reduce<Entry>((a, b) => (b[1] > a[1] ? b : a), ['', Number.NEGATIVE_INFINITY])

/** Returns the [name, value] pair with the least value; of equal values, the first. */
export const leastEntry = (entries: Iterable<Entry>): Entry =>
  [...entries].reduce<Entry>((a, b) => (b[1] < a[1] ? b : a), ['', Number.POSITIVE_INFINITY])
