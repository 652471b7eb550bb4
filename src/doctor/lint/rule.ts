import { listed } from '../../core/text.ts'
import type { Advised } from '../advised.ts'
import type { Severity } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** A check of an experiment for one kind of flaw, before training. */
export interface LintRule {
  readonly name: string
  /** Description of the flaw that the rule finds. */
  readonly title: string
  readonly source: string
  /** Returns one complaint for each place where a planned, untrained run has the flaw. */
  look(plan: Subject): readonly Complaint[]
}

/** A flaw, as a sentence that names the affected layers or weights, and says what to change if a change helps. */
export interface Complaint extends Advised {
  readonly severity: Exclude<Severity, 'ok'>
}

/** Joins names with commas for a sentence, shortening a list of more than four: `a, b, c and 9 more`. */
export const abridged = (names: readonly string[]): string =>
  listed(names.length <= 4 ? names : [...names.slice(0, 3), `${names.length - 3} more`])
