import type { study } from 'evenstep'
import { short } from '../support/numbers.ts'
import type { Effect, Question } from './effects.ts'
import { isOpen } from './effects.ts'

/** A number of things: `1 cell`, `3 cells`. */
export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** A list in words: `a, b and c`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

/** A value of a question as a reader takes it: a ratio, or decades. */
export const asRatio = ({ unit }: Question, value: number): string =>
  unit === 'decades' ? signed(value) : ratio(Math.exp(value))

const ratio = (value: number): string => (value > 1e3 ? '> 1000' : value < 1e-3 ? '< 0.001' : short(value))
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${short(Math.abs(value), 2)}`

export const range = (question: Question, [low, high]: readonly [number, number]): string =>
  `${asRatio(question, low)} to ${asRatio(question, high)}`

/** What the numbers of a question are, as the subject of a sentence. */
const subject: Readonly<Record<Question['unit'], string>> = {
  loss: 'the test loss is multiplied by',
  rate: 'the best rate is multiplied by',
  decades: 'the window of usable rates changes, in decades, by',
}

/** Whether an interval of logarithms or differences lies on one side of 0. */
const isOneSided = ([low, high]: readonly [number, number]): boolean => low > 0 || high < 0

/** The mean of a question over cells, as sentences. */
export function meanSentences(
  question: Question,
  meta: study.MetaAnalysis,
  effects: readonly Effect[],
): string {
  const { mean, interval, prediction, problems } = meta
  const alone = effects.filter((effect) => !isOpen(effect))
  const other = `for another such cell, ${range(question, prediction)}`
  const first = `**${question.title}**: over ${count(problems, 'cell')}, ${subject[question.unit]} ${asRatio(question, mean)} on average (95 % interval ${range(question, interval)}; ${other}).`
  const second = isOneSided(interval)
    ? isOneSided(prediction)
      ? 'This is shown for the mean, and expected of another such cell.'
      : 'This is shown for the mean, but another cell may go the other way.'
    : 'No effect on the mean is shown.'
  return `${first} ${second} By itself it is shown in ${alone.length} of ${effects.length}.`
}

/** Text in lines of at most 120 columns. */
export function wrapped(paragraph: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > 120) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}
