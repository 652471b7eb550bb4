import type { Findings } from '../analysis/findings.ts'
import { count, duration, percent } from './number.ts'
import { type Section, section, tableBlock } from './section.ts'

/** What the study took. */
export function costSection({ cost }: Findings): Section {
  const share = cost.total > 0 ? ` (${percent(cost.training / cost.total)} of it)` : ''
  return section(
    'cost',
    'Cost',
    tableBlock(
      'What the study took; times are added up over workers',
      1,
      ['what', 'how much'],
      [
        ['trials', count(cost.trials)],
        ['done', count(cost.done)],
        ['diverged', count(cost.diverged)],
        ['failed', count(cost.failed)],
        ['training steps', count(cost.steps)],
        ['time of trials', duration(cost.total)],
        ['time of training steps', `${duration(cost.training)}${share}`],
      ],
    ),
  )
}
