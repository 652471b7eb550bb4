import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Dataset, dataset } from '../dataset.ts'
import { type IdxArray, type IdxOptions, labelled, parseIdx } from '../formats/idx.ts'

/**
 * The array in an IDX file, MNIST's format, gzipped or not.
 *
 * Two zero bytes, the element type, the number of axes, a big-endian 32-bit size for each axis, the numbers.
 *
 * @throws {FormatError} when the file starts otherwise, ends early or goes on too long.
 */
export function readIdx(path: string): IdxArray {
  return parseIdx(readFileSync(path), basename(path))
}

/**
 * Images with labels, from two IDX files.
 *
 * @returns x `[height · width]`, or as an `image` `[1, height, width]`, in 0 … 1, that is byte / 255; y int32
 * @throws {FormatError} when a file is damaged, counts differ, or a label is outside 0 … classes − 1.
 */
export function idxImages(imagesPath: string, labelsPath: string, options: IdxOptions = {}): Dataset {
  const { bytes, ...columns } = idxBytes(imagesPath, labelsPath, options)
  const x = new Float32Array(bytes.length)
  for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255
  return dataset({ x, ...columns })
}

/** Images as they are in their file, with what else a data set needs. */
export const idxBytes = (
  imagesPath: string,
  labelsPath: string,
  options: IdxOptions,
): ReturnType<typeof labelled> =>
  labelled(readIdx(imagesPath), readIdx(labelsPath), basename(labelsPath), options)
