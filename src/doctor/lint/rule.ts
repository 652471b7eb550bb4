import type { Severity } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Looks for a flaw that is visible before an experiment is trained. */
export interface LintRule {
  readonly name: string
  /** The flaw. */
  readonly title: string
  readonly source: string
  /** Finds the flaw in a planned run: a sentence for each, with names and numbers. */
  look(plan: Subject): readonly Complaint[]
}

export interface Complaint {
  readonly severity: Exclude<Severity, 'ok'>
  readonly advice: string
}

/** Names in a sentence: all if they are few, or the first three and the number of the rest. */
export const list = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
