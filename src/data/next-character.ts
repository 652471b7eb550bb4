import { mismatch } from '../core/mismatch.ts'
import { type Dataset, dataset } from './dataset.ts'

export interface NextCharacterOptions {
  /** Characters that are seen, ≥ 1. */
  readonly context: number
}

/**
 * Texts as examples of which character comes next: x the characters before it, y itself or the end.
 *
 * Class 0, named `''`, stands for the end, and in x for what lies before the start; the others are the characters
 * of the texts, sorted.
 *
 * @returns an example for each character and each end: x `[context]` int32, y int32
 * @throws {ArgumentError} when `context` is not a positive integer, or there is no text.
 * @example nextCharacter(['ab'], { context: 2 }) // x [0, 0], [0, 1], [1, 2]; y 1, 2, 0; classNames ['', 'a', 'b']
 */
export function nextCharacter(texts: readonly string[], { context }: NextCharacterOptions): Dataset {
  if (!Number.isInteger(context) || context < 1) {
    throw mismatch('nextCharacter', 'context as a positive integer', context)
  }
  if (texts.length === 0) throw mismatch('nextCharacter', 'at least one text', texts)
  const classNames = ['', ...[...new Set(texts.flatMap((text) => [...text]))].sort()]
  const codes = new Map(classNames.map((character, code) => [character, code]))
  const x: number[] = []
  const y: number[] = []
  for (const text of texts) {
    const window = new Array<number>(context).fill(0)
    for (const character of [...text, '']) {
      const code = codes.get(character)!
      x.push(...window)
      y.push(code)
      window.shift()
      window.push(code)
    }
  }
  return dataset({ x: Int32Array.from(x), y: Int32Array.from(y), classNames })
}
