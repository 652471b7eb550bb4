import type { Subject } from './subject.ts'

export { figure as short, percent } from '../core/text.ts'

/** What a diagnosis asks of its reader: nothing, to know, to look, to change something. */
export type Severity = 'ok' | 'note' | 'warning' | 'alarm'

/** Every severity, gravest first. */
export const severities: readonly Severity[] = ['alarm', 'warning', 'note', 'ok']

/** A measurement, and what to make of it. */
export interface Finding {
  readonly severity: Severity
  /** The number that the threshold applies to. */
  readonly value: number
  /** Numbers behind it by name, such as those of each layer. */
  readonly values?: Readonly<Record<string, number>>
  /** One sentence with the numbers in it. */
  readonly advice: string
}

/** The reason why there is nothing to measure. */
export interface Inapplicable {
  readonly reason: string
}

/** Something that can be measured of a run. */
export interface Diagnostic {
  readonly id: string
  readonly title: string
  /** Formula of the value. */
  readonly quantity: string
  /** Limits of the value. */
  readonly threshold: string
  /** What to do beyond the limits. */
  readonly remedy: string
  readonly source: string
  /** Measures it, and leaves the subject unchanged to the bit. */
  examine(subject: Subject): Promise<Finding | Inapplicable>
}

/** Without the run's optimizer state its steps cannot be repeated. */
export const noSteps: Inapplicable = {
  reason: 'the run kept no checkpoint, and without the state of its optimizer its steps cannot be repeated',
}

/** Without the run's optimizer state there are no averages of the weights. */
export const noAverages: Inapplicable = {
  reason: 'the run kept no checkpoint, and the weights for evaluation are part of the state of its optimizer',
}

export const noInvariance: Inapplicable = {
  reason: 'no weight is scale-invariant: there is no BN right after one',
}

export const noStatistics: Inapplicable = { reason: 'no batch normalization learns running statistics' }

type About = Pick<Diagnostic, 'id' | 'title' | 'threshold' | 'source'>

/** The result of a diagnostic for a run. */
export type Diagnosis = About & (Finding | Inapplicable)

export const isFinding = <T extends object>(said: T): said is T & Finding => 'severity' in said

/** The entry with the greatest number, of one or more. */
export const greatestEntry = (entries: Iterable<readonly [name: string, value: number]>): [string, number] =>
  [...entries].reduce<[string, number]>(
    (a, [name, value]) => (value > a[1] ? [name, value] : a),
    ['', Number.NEGATIVE_INFINITY],
  )

/** The entry with the least number, of one or more. */
export const leastEntry = (entries: Iterable<readonly [name: string, value: number]>): [string, number] => {
  const [name, value] = greatestEntry([...entries].map(([name, value]) => [name, -value] as const))
  return [name, -value]
}
