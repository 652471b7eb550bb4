import type { Findings } from '../analysis/findings.ts'
import { count } from './number.ts'
import { identity } from './settings.ts'

/** What was done, in a line. */
export function summarySection({ factors, cells, cost, metric, repeat }: Findings): string {
  const sizes = Object.entries(factors).map(([name, values]) => `${name} (${values.length})`)
  const lost = [...part(cost.diverged, 'diverged'), ...part(cost.failed, 'failed')]
  return [
    sizes.length > 0 ? sizes.join(' × ') : 'One setting',
    `${plural(new Set(cells.map(({ settings }) => identity(settings))).size, 'combination')}, ${plural(repeat.seeds.length, 'seed')}`,
    `${plural(cost.trials, 'trial')}${lost.length > 0 ? `, of which ${lost.join(' and ')}` : ''}`,
    `judged by ${metric.name}, ${metric.goal === 'max' ? 'more' : 'less'} is better`,
  ].join(' · ')
}

function part(n: number, what: string): string[] {
  return n > 0 ? [`${count(n)} ${what}`] : []
}

function plural(n: number, what: string): string {
  return `${count(n)} ${what}${n === 1 ? '' : 's'}`
}
