import { digitsFile } from '#digits'
import { abortSignal } from '../core/abort.ts'
import { custom, type OptionsOf, present, readOptions } from '../core/options.ts'
import { type Dataset, dataset, type Split } from './dataset.ts'
import { unzipNatively } from './formats/gzip.ts'
import { type IdxArray, idxOptions, parseIdxArrays } from './formats/idx.ts'
import { labelledImages } from './idx-examples.ts'
import { type ByteInput, loadBytes } from './load-bytes.ts'

/** Options of `digits10x10`. */
export const digitOptions = {
  /** Shape of an example's `x`: 'flat' is `[100]`, 'image' `[1, 10, 10]`. @default 'flat' */
  layout: idxOptions.layout,
}

const loadingOptions = {
  ...digitOptions,
  /** Where the file `assets/mnist-10x10.bin` of the package comes from. @default where the bundler put it */
  source: custom<ByteInput>(
    'where bytes come from, as loadBytes takes it',
    (value) => Object(value) === value,
  ),
  /** Abort signal that stops the download. */
  signal: abortSignal(),
}

/**
 * Returns the digits of `digits10x10`, and fetches their file of 4.3 MB if need be. In a browser, the bundler copies the
 * file beside the scripts (Vite and webpack), or `source` names it.
 *
 * @throws {FormatError} when a server answers with an error, or the file is damaged.
 * @throws the reason of `signal`, once it is aborted.
 * @example await data.loadDigits10x10({ layout: 'image' })
 */
export async function loadDigits10x10(given: OptionsOf<typeof loadingOptions> = {}): Promise<Split> {
  const { layout, source, signal } = readOptions('loadDigits10x10', loadingOptions, given)
  const file = await loadBytes(source ?? digitsFile(), present({ signal }))
  return digitsIn(await unzipNatively(file), layout)
}

/** Returns the digits in the package's file: training images and labels, then validation images and labels. */
export function digitsIn(file: Uint8Array, layout: 'flat' | 'image'): Split {
  const name = 'mnist-10x10.bin'
  const arrays = parseIdxArrays(file, name, 4).map((array) => ({ name, array }))
  const options = { layout, classes: 10 }
  const train = labelledImages(arrays[0]!, arrays[1]!, options)
  const validation = labelledImages(arrays[2]!, arrays[3]!, options)
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
