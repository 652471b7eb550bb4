import { duration, figure, percent } from '../../src/core/text.ts'
import type { Score } from '../../src/pages/views.ts'

/** Formats a score: an accuracy as a percentage. */
export const scoreText = ({ name, value }: Pick<Score, 'name' | 'value'>): string =>
  isShare(name) ? percent(value, 2) : figure(value, 4)

/** Whether a quantity is a fraction that people read as a percentage. */
export const isShare = (name: string): boolean => /accuracy$/i.test(name)

/** Says how long ago a time was: `12 s ago`. */
export function ago(time: number): string {
  if (time === 0) return ''
  const seconds = Math.max(0, (Date.now() - time) / 1e3)
  if (seconds < 1.5) return 'now'
  return seconds < 86_400 ? `${duration(Math.round(seconds))} ago` : new Date(time).toISOString().slice(0, 10)
}
