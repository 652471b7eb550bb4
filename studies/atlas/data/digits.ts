import { data, random } from 'evenstep'
import type { Parts } from '../cell.ts'

let flat: data.Split | undefined

/** Digits of 10×10 pixels, those of the training set drawn anew for each seed. */
export const digits = {
  about:
    '4,000 digits of 10×10 pixels to train by and 500 to validate by, drawn anew from MNIST’s training set for each seed; 2,000 of its test set',
  gate: { measure: 'accuracy', value: 0.91, of: 'three nearest neighbours' },
  parts(seed: number): Parts {
    flat ??= data.digits10x10()
    const { train, validation } = flat
    const drawn = random(seed, 'atlas').permutation(train.length)
    return {
      train: data.subset(train, drawn.slice(0, 4000)),
      validation: data.subset(train, drawn.slice(4000, 4500)),
      test: data.subset(
        validation,
        Int32Array.from({ length: 2000 }, (_, i) => i),
      ),
    }
  },
} as const
