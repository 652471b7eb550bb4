import type { Severity } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Something that an experiment should not have, and that can be seen before it is trained. */
export interface LintRule {
  readonly name: string
  /** What it looks for. */
  readonly title: string
  readonly source: string
  /** What it finds in a run as it is planned: one sentence each, with the names and numbers in it. */
  look(plan: Subject): readonly Complaint[]
}

export interface Complaint {
  readonly severity: Exclude<Severity, 'ok'>
  readonly advice: string
}

/** Names in a sentence: all of a few, or the first and how many more. */
export const list = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
