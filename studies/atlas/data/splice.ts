import { data } from 'evenstep'
import type { Parts } from '../cell.ts'
import { dataPath, once } from './folder.ts'

const all = once(() => data.npz(dataPath('splice/splice.npz'), { classNames: ['EI', 'IE', 'N'] }))

/** The sequences as text, to keep repeated ones in one part. */
const sequences = once(() => {
  const { length, x } = all()
  return Array.from({ length }, (_, i) => x.data.slice(240 * i, 240 * (i + 1)).join(''))
})

/** DNA of 60 bases around a border of an exon, an intron, or neither. */
export const splice = {
  needs: 'splice/splice.npz',
  about:
    '3,190 sequences of 60 bases, one-hot, of 3 classes; 20 % to test and 10 % to validate by, drawn anew for each seed, equal sequences in one part',
  gate: {
    measure: 'accuracy',
    value: 0.949,
    of: 'softmax regression, in five folds of all 3,190; on parts such as the cell’s, with fewer examples and no sequence in two of them, it has 0.940',
  },
  parts: (seed: number): Parts => data.split(all(), { test: 0.2, validation: 0.1, by: sequences(), seed }),
} as const
