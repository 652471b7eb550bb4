import type { Subject } from './subject.ts'

/** Urgency of a finding: from `ok`, no action needed, to `alarm`, results are not to be trusted. */
export type Severity = 'ok' | 'note' | 'warning' | 'alarm'

/** Every severity, most severe first. */
export const severities: readonly Severity[] = ['alarm', 'warning', 'note', 'ok']

/** A measurement of a run, with advice. */
export interface Finding {
  readonly severity: Severity
  /** The measured quantity, to which the threshold applies. */
  readonly value: number
  /** Further measurements by name, such as one per layer. */
  readonly values?: Readonly<Record<string, number>>
  /** One sentence that cites the measurements. */
  readonly advice: string
}

/** The reason why a diagnostic does not apply to a run. */
export interface Inapplicable {
  readonly reason: string
}

/** A kind of measurement, with its formula, limits and source. */
export interface Diagnostic {
  readonly id: string
  readonly title: string
  /** Formula of the measured value. */
  readonly quantity: string
  /** Limits of the value, and the severity beyond each. */
  readonly threshold: string
  /** What to do when a limit is exceeded. */
  readonly remedy: string
  readonly source: string
  /** Measures a run, and leaves its variables unchanged bit for bit. */
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

/** The result of a diagnostic for a run. */
export type Diagnosis = Pick<Diagnostic, 'id' | 'title' | 'threshold' | 'source'> & (Finding | Inapplicable)

/** Whether a diagnostic applied to the run. */
export const isFinding = <T extends object>(result: T): result is T & Finding => 'severity' in result

type Entry = readonly [name: string, value: number]

/** Returns the entry with the greatest value; ties go to the first. */
export const greatestEntry = (entries: Iterable<Entry>): Entry =>
  [...entries].reduce<Entry>((a, b) => (b[1] > a[1] ? b : a), ['', Number.NEGATIVE_INFINITY])

/** Returns the entry with the least value; ties go to the first. */
export const leastEntry = (entries: Iterable<Entry>): Entry =>
  [...entries].reduce<Entry>((a, b) => (b[1] < a[1] ? b : a), ['', Number.POSITIVE_INFINITY])
