import { count, duration, percent } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { type Content, tableBlock } from './section.ts'

/** Makes the report section on what the study cost: its numbers of trials and steps, and the time they took. */
export function costSection({ cost }: Findings): Content {
  const share = cost.total > 0 ? ` (${percent(cost.training / cost.total, 1)} of it)` : ''
  const rows = [
    ['trials', count(cost.trials)],
    ['done', count(cost.done)],
    ['diverged', count(cost.diverged)],
    ['failed', count(cost.failed)],
    ['training steps', count(cost.steps)],
    ['time of trials', duration(cost.total)],
    ['time of training steps', `${duration(cost.training)}${share}`],
  ]
  return [tableBlock('What the study took; times are summed over workers', 1, ['what', 'how much'], rows)]
}
