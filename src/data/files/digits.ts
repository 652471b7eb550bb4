import { fileURLToPath } from 'node:url'
import { type OptionsOf, readOptions } from '../../core/options.ts'
import { type Dataset, dataset, type Split } from '../dataset.ts'
import { type IdxArray, idxOptions } from '../formats/idx.ts'
import { idxBytes } from './idx.ts'

const { layout } = idxOptions
const options = { layout }

const asset = (name: string): string =>
  fileURLToPath(new URL(`../../../assets/mnist-10x10/${name}`, import.meta.url))

/**
 * Handwritten digits at 10×10 pixels: all of MNIST, each image's central 20×20 averaged down. In the package.
 *
 * @returns 60,000 examples to train on and 10,000 to validate on; x `[100]`, or as an image `[1, 10, 10]`, with
 *   mean 0 and deviation 1 over the training part; y the digit
 *
 * Source: LeCun, Cortes & Burges, the MNIST database of handwritten digits.
 */
export function digits10x10(given: OptionsOf<typeof options> = {}): Split {
  const read = { ...readOptions('digits10x10', options, given), classes: 10 }
  const train = idxBytes(asset('train-images.idx3.gz'), asset('train-labels.idx1.gz'), read)
  const validation = idxBytes(asset('test-images.idx3.gz'), asset('test-labels.idx1.gz'), read)
  const values = standardizedBytes(train.bytes)
  const finish = ({ bytes, ...columns }: ReturnType<typeof idxBytes>): Dataset =>
    dataset({ x: lookUp(values, bytes), ...columns })
  return { train: finish(train), validation: finish(validation) }
}

/** The value of each byte, such that all bytes together have mean 0 and deviation 1. */
function standardizedBytes(bytes: IdxArray['data']): Float32Array {
  let sum = 0 // of integers, so exact
  let squares = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    sum += byte
    squares += byte * byte
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
