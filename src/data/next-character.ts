import { mismatch } from '../core/mismatch.ts'
import { integer, type OptionsOf, readOptions, required } from '../core/options.ts'
import { type Dataset, dataset } from './dataset.ts'

const options = {
  /** Number of preceding characters that make up an example's `x`. */
  context: required(integer({ min: 1, limit: 1_000_000 })),
}

export interface NextCharacterOptions extends OptionsOf<typeof options> {}

/**
 * Makes examples for predicting the next character of a text (`y`) from the `context` characters before (`x`).
 *
 * Class 0, named `''`, marks the end of a text, and fills places of `x` before the text's start. The other
 * classes are all distinct characters of `texts`, sorted.
 *
 * @returns an example for each character of each text and one for its end: x `[context]` int32, y int32
 * @throws {ArgumentError} when `context` is not a positive integer, or `texts` is empty.
 * @example data.nextCharacter(['ab'], { context: 2 }).x.data // [0, 0, 0, 1, 1, 2]
 */
export function nextCharacter(texts: readonly string[], given: NextCharacterOptions): Dataset {
  const { context } = readOptions('nextCharacter', options, given)
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
