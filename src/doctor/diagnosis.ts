import type { Subject } from './subject.ts'

export { figure as short, percent } from '../core/text.ts'

/** How much a diagnosis asks for: nothing, to be known, to be looked at, to be changed. */
export type Severity = 'ok' | 'note' | 'warning' | 'alarm'

/** Every severity, the gravest first. */
export const severities: readonly Severity[] = ['alarm', 'warning', 'note', 'ok']

/** What was measured, and what to make of it. */
export interface Finding {
  readonly severity: Severity
  /** The number that the threshold is about. */
  readonly value: number
  /** What it was made from, by name: other numbers, and those of each layer. */
  readonly values?: Readonly<Record<string, number>>
  /** One sentence with the numbers in it. */
  readonly advice: string
}

/** Why there is nothing to measure. */
export interface Inapplicable {
  readonly reason: string
}

/** One thing that can be measured of a run. */
export interface Diagnostic {
  readonly id: string
  readonly title: string
  /** The formula of the value. */
  readonly quantity: string
  /** What the value is held against. */
  readonly threshold: string
  /** What to do about it. */
  readonly remedy: string
  readonly source: string
  /** Measures it. The subject is afterwards as it was, to the bit. */
  examine(subject: Subject): Promise<Finding | Inapplicable>
}

/** Why the run's steps cannot be taken once more where the optimizer's state was not kept. */
export const noSteps: Inapplicable = {
  reason:
    'the optimizer’s state is not that of the run, which kept no checkpoint: steps from here would be others',
}

/** Why there is nothing to evaluate where the weights for evaluation were the optimizer's, and were not kept. */
export const noAverages: Inapplicable = {
  reason:
    'the weights for evaluation are kept by the optimizer, whose state is not that of the run: it kept no checkpoint',
}

type About = Pick<Diagnostic, 'id' | 'title' | 'threshold' | 'source'>

/** What a diagnostic says of a run. */
export type Diagnosis = About & (Finding | Inapplicable)

export const isFinding = <T extends object>(said: T): said is T & Finding => 'severity' in said

/** The entry of the greatest number. @throws nothing: the list has one or more. */
export const greatestEntry = (entries: Iterable<readonly [name: string, value: number]>): [string, number] =>
  [...entries].reduce<[string, number]>(
    (a, [name, value]) => (value > a[1] ? [name, value] : a),
    ['', Number.NEGATIVE_INFINITY],
  )

/** The entry of the least number. */
export const leastEntry = (entries: Iterable<readonly [name: string, value: number]>): [string, number] => {
  const [name, value] = greatestEntry([...entries].map(([name, value]) => [name, -value] as const))
  return [name, -value]
}
