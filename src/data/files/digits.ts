import { fileURLToPath } from 'node:url'
import { type OptionsOf, readOptions } from '../../core/options.ts'
import { packageFolder } from '../../package-folder.ts'
import { type Dataset, dataset, type Split } from '../dataset.ts'
import { type IdxArray, idxOptions } from '../formats/idx.ts'
import { labelledImages } from './idx.ts'

/** Options of `digits10x10`. */
export const digitOptions = {
  /** Shape of an example's `x`: 'flat' is `[100]`, 'image' `[1, 10, 10]`. @default 'flat' */
  layout: idxOptions.layout,
}

const asset = (name: string): string => fileURLToPath(new URL(`assets/mnist-10x10/${name}`, packageFolder))

/**
 * Returns MNIST's handwritten digits at 10×10 pixels: the central 20×20 pixels of each image, averaged in
 * blocks of 2×2. The files are part of the package.
 *
 * @returns 60,000 training and 10,000 validation examples; x `[100]`, or as an image `[1, 10, 10]`, with mean 0
 *   and standard deviation 1 over the training set; y the digit
 *
 * Source: LeCun, Cortes & Burges, the MNIST database of handwritten digits.
 */
export function digits10x10(given: OptionsOf<typeof digitOptions> = {}): Split {
  const read = { ...readOptions('digits10x10', digitOptions, given), classes: 10 }
  const images = (set: string): ReturnType<typeof labelledImages> =>
    labelledImages(asset(`${set}-images.idx3.gz`), asset(`${set}-labels.idx1.gz`), read)
  const [train, validation] = [images('train'), images('test')]
  const values = standardizedBytes(train.bytes)
  const finish = ({ bytes, ...columns }: typeof train): Dataset =>
    dataset({ x: lookUp(values, bytes), ...columns })
  return { train: finish(train), validation: finish(validation) }
}

/** Returns a table of byte values 0 … 255, standardized by the mean and standard deviation of `bytes`. */
function standardizedBytes(bytes: IdxArray['data']): Float32Array {
  let [sum, squares] = [0, 0] // of integers, so exact
  for (let i = 0; i < bytes.length; i++) {
    sum += bytes[i]!
    squares += bytes[i]! ** 2
  }
  const mean = sum / bytes.length
  const deviation = Math.sqrt(squares / bytes.length - mean * mean)
  return Float32Array.from({ length: 256 }, (_, byte) => (byte - mean) / deviation)
}

function lookUp(values: Float32Array, bytes: IdxArray['data']): Float32Array {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < out.length; i++) out[i] = values[bytes[i]!]!
  return out
}
