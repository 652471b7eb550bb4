import { duration, figure, percent } from '../../src/core/text.ts'
import type { Best } from '../../src/pages/views.ts'

/** Formats a score: an accuracy as a percentage. */
export const scoreText = ({ name, value }: Pick<Best, 'name' | 'value'>): string =>
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

const names: Readonly<Record<string, string>> = {
  lr: 'learning rate',
  loss: 'training loss',
  trainLoss: 'training loss of epochs',
  validationLoss: 'validation loss',
  validationAccuracy: 'validation accuracy',
}

/** Returns the name of a quantity as people say it. */
export const nameText = (name: string): string => names[name] ?? name

/** Returns a text with a capital first letter. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
