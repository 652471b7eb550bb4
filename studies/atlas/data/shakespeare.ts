import { readFileSync } from 'node:fs'
import { data, random } from 'evenstep'
import type { Parts } from '../cell.ts'
import { dataPath, once } from './folder.ts'

const counts = { train: 8000, validation: 400, test: 1000 }

const text = once(() => readFileSync(dataPath('tiny-shakespeare/input.txt'), 'utf8'))
const codes = once(() => new Map([...new Set(text())].sort().map((character, code) => [character, code])))

/** Passages of plays: each character to predict from those before it in its passage. */
export const shakespeare = (context: number) => ({
  needs: 'tiny-shakespeare/input.txt',
  characters: 65,
  about: `passages of ${context} characters, each to predict from those before it: ${counts.train} to train by and ${counts.validation} to validate by, drawn anew for each seed from the first 90 %, the last ninth of which is for validation; ${counts.test} evenly from the last 10 %`,
  parts(seed: number): Parts {
    const { length } = text()
    const [first, second] = [Math.floor(0.8 * length), Math.floor(0.9 * length)]
    const { uniform } = random(seed, 'atlas')
    const drawn = (count: number, from: number, to: number): data.Dataset =>
      passages(
        Array.from({ length: count }, () => Math.floor(uniform(from, to - context - 1))),
        context,
      )
    const apart = (length - second - context - 1) / counts.test
    const even = Array.from({ length: counts.test }, (_, i) => second + Math.floor(i * apart))
    return {
      train: drawn(counts.train, 0, first),
      validation: drawn(counts.validation, first, second),
      test: passages(even, context),
    }
  },
})

function passages(starts: readonly number[], context: number): data.Dataset {
  const at = (shift: number): Int32Array =>
    Int32Array.from(
      { length: starts.length * context },
      (_, i) => codes().get(text()[starts[Math.floor(i / context)]! + (i % context) + shift]!)!,
    )
  const shape = { shape: [context], targetShape: [context] }
  return data.dataset({ x: at(0), y: at(1), ...shape, classes: codes().size })
}
