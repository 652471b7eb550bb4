import { fileURLToPath } from 'node:url'
import type { Split } from './dataset.ts'
import { idxImages } from './idx.ts'
import { normalize } from './normalize.ts'

const asset = (name: string): string =>
  fileURLToPath(new URL(`../../assets/mnist-10x10/${name}`, import.meta.url))

/**
 * Handwritten digits at 10×10 pixels: all of MNIST, each image's central 20×20 averaged down. In the package.
 *
 * @returns 60,000 examples to train on and 10,000 to validate; x `[100]` with mean 0 and deviation 1 over the
 *   training part, y a digit.
 *
 * Source: LeCun, Cortes & Burges, the MNIST database of handwritten digits.
 */
export function digits10x10(): Split {
  return normalize({
    train: idxImages(asset('train-images.idx3.gz'), asset('train-labels.idx1.gz')),
    validation: idxImages(asset('test-images.idx3.gz'), asset('test-labels.idx1.gz')),
  })
}
