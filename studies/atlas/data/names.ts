import { data, random } from 'evenstep'
import type { Parts } from '../cell.ts'

const counts = { train: 3000, validation: 300, test: 1000 }

/** First names, each letter to predict from those before it; names drawn anew for each seed. */
export const names = (context: number) => {
  let known: { readonly all: data.Dataset; readonly first: Int32Array } | undefined
  return {
    about: `the letters of ${counts.train} first names to train by, of ${counts.validation} to validate by and of ${counts.test} to test by, each from the ${context} before it; names are drawn anew for each seed`,
    classes: 27,
    gate: {
      measure: 'loss' as const,
      // biome-ignore lint/suspicious/noApproximativeNumericConstant: measured, and not ln 10.
      value: 2.302,
      of: 'counts of each letter after three others',
    },
    parts(seed: number): Parts {
      const list = data.names()
      known ??= { all: data.nextCharacter(list, { context }), first: starts(list) }
      const { all, first } = known
      const order = random(seed, 'atlas').permutation(list.length)
      const part = (from: number, count: number): data.Dataset => {
        const chosen = Array.from(order.subarray(from, from + count))
        const rows = chosen.flatMap((name) => upTo(first[name]!, first[name + 1]!))
        return data.subset(all, Int32Array.from(rows))
      }
      return {
        train: part(0, counts.train),
        validation: part(counts.train, counts.validation),
        test: part(counts.train + counts.validation, counts.test),
      }
    },
  }
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** The first example of each name, and the number of all examples: a name has one for each letter and its end. */
function starts(list: readonly string[]): Int32Array {
  const first = new Int32Array(list.length + 1)
  for (const [i, name] of list.entries()) first[i + 1] = first[i]! + name.length + 1
  return first
}
