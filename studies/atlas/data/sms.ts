import { readFileSync } from 'node:fs'
import { data } from 'evenstep'
import type { Parts } from '../cell.ts'
import { dataPath, once } from './folder.ts'

/** Number of the most frequent words of the training part; 0 is padding, 1 any other word. */
const vocabulary = 1000
const length = 40

interface Message {
  readonly isSpam: boolean
  readonly text: string
  readonly words: readonly string[]
}

const messages = once((): readonly Message[] =>
  readFileSync(dataPath('sms-spam/sms-spam.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [label, text = ''] = line.split('\t')
      const words =
        text
          .toLowerCase()
          .replace(/\d/g, '0')
          .match(/[a-z]+|0+|[^\sa-z0]/g) ?? []
      return { isSpam: label === 'spam', text, words }
    }),
)

/** Short messages, spam or not. */
export const sms = {
  needs: 'sms-spam/sms-spam.tsv',
  about: `5,574 messages, spam or not, as their first ${length} words, of which the ${vocabulary} most frequent of the training part are known; 20 % to test and 10 % to validate by, drawn anew for each seed, equal messages in one part`,
  words: vocabulary + 2,
  length,
  gate: { measure: 'accuracy', value: 0.977, of: 'naive Bayes on words' },
  parts(seed: number): Parts {
    const all = messages()
    const labels = Int32Array.from(all, ({ isSpam }) => Number(isSpam))
    const rows = data.dataset({ x: Int32Array.from(all, (_, i) => i), y: labels, classes: 2 })
    const by = all.map(({ text }) => text)
    const split = data.split(rows, { test: 0.2, validation: 0.1, by, seed })
    const codes = codesOf(split.train.x.data as Int32Array)
    const encoded = ({ x, y }: data.Dataset): data.Dataset => {
      const words = Array.from(x.data as Int32Array, (row) => all[row]!.words)
      const filled = words.flatMap((list) =>
        padded(list.slice(0, length).map((word) => codes.get(word) ?? 1)),
      )
      return data.dataset({ x: Int32Array.from(filled), y: y.data as Int32Array, classes: 2 })
    }
    return { train: encoded(split.train), validation: encoded(split.validation), test: encoded(split.test) }
  },
} as const

const padded = (list: readonly number[]): number[] => [
  ...list,
  ...new Array<number>(length - list.length).fill(0),
]

/** The codes of the most frequent words of some messages, from 2. */
function codesOf(rows: Int32Array): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    for (const word of new Set(messages()[row]!.words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const frequent = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, vocabulary)
  return new Map(frequent.map(([word], i) => [word, i + 2]))
}
