import { count, counted, listed } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { keyOf } from '../settings.ts'

/** Returns a line that summarizes a study: its factors, number of trials, and metric by which trials are compared. */
export function summaryOf({ factors, cells, cost, metric, repeat }: Findings): string {
  const sizes = Object.entries(factors).map(([name, values]) => `${name} (${values.length})`)
  const combinations = new Set(cells.map(({ settings }) => keyOf(settings)))
  const lost = [...part(cost.diverged, 'diverged'), ...part(cost.failed, 'failed')]
  return [
    sizes.length > 0 ? sizes.join(' × ') : 'One setting',
    `${counted(combinations.size, 'combination')}, ${counted(repeat.seeds.length, 'seed')}`,
    `${counted(cost.trials, 'trial')}${lost.length > 0 ? `, of which ${listed(lost)}` : ''}`,
    `judged by ${metric.name}, ${metric.goal === 'max' ? 'more' : 'less'} is better`,
  ].join(' · ')
}

const part = (n: number, what: string): string[] => (n > 0 ? [`${count(n)} ${what}`] : [])
