import { digitsFile } from '#digits'
import { type OptionsOf, readOptions } from '../../core/options.ts'
import type { Split } from '../dataset.ts'
import { digitOptions, digitsIn } from '../digits.ts'

/**
 * Returns MNIST's handwritten digits at 10×10 pixels: the central 20×20 pixels of each image, averaged in
 * blocks of 2×2. Their file is part of the package.
 *
 * @returns 60,000 training and 10,000 validation examples; x `[100]`, or as an image `[1, 10, 10]`, with mean 0
 *   and standard deviation 1 over the training set; y the digit
 *
 * Source: LeCun, Cortes & Burges, the MNIST database of handwritten digits.
 */
export const digits10x10 = (given: OptionsOf<typeof digitOptions> = {}): Split =>
  digitsIn(digitsFile(), readOptions('digits10x10', digitOptions, given).layout)
