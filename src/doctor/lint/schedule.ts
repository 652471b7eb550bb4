import { scheduleWarnings } from '../../train/schedule-advice.ts'
import type { LintRule } from './rule.ts'

/** Lint rules about how schedules fit the run. */
export const scheduleRules: readonly LintRule[] = [
  {
    name: 'schedule-length',
    title: 'a schedule in steps that ends long before or after the run',
    source: 'ours: the two differ by more than 2 % of the run',
    look: ({ given, model }) =>
      scheduleWarnings(given, model).map((advice) => ({ severity: 'warning', advice })),
  },
]
