import { mismatch } from '../core/mismatch.ts'
import { type OptionsOf, readOptions, required, size } from '../core/options.ts'
import { type Dataset, dataset } from './dataset.ts'

const options = {
  /** Number of preceding characters in `x`. */
  context: required(size),
}

export interface NextCharacterOptions extends OptionsOf<typeof options> {}

/**
 * Makes examples for predicting the next character of a text, `y`, from `context` preceding characters, `x`.
 *
 * Class 0, named `''`, marks the end of a text, and pads `x` before its start. The other classes are the
 * characters of all texts, sorted.
 *
 * @returns one example for each character and each end of a text: x `[context]` int32, y int32
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
