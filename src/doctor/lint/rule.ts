import { listed } from '../../core/text.ts'
import type { Severity } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** A check for a flaw that is visible before an experiment is trained. */
export interface LintRule {
  readonly name: string
  /** Description of the flaw. */
  readonly title: string
  readonly source: string
  /** Returns a complaint for each place where the planned run has the flaw. */
  look(plan: Subject): readonly Complaint[]
}

export interface Complaint {
  readonly severity: Exclude<Severity, 'ok'>
  /** One sentence that names the layers or weights, and says what to change. */
  readonly advice: string
}

/** Names in a sentence; of more than four, the first three and a count: `a, b, c and 9 more`. */
export const abridged = (names: readonly string[]): string =>
  listed(names.length <= 4 ? names : [...names.slice(0, 3), `${names.length - 3} more`])
