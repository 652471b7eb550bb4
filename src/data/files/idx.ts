import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { readOptions, type ValuesOf } from '../../core/options.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { type IdxArray, type IdxOptions, idxOptions, labelledImages, parseIdx } from '../formats/idx.ts'

/** Reads an IDX file: see `parseIdx`. */
export const readIdx = (path: string): IdxArray => parseIdx(readFileSync(path), basename(path))

/**
 * Reads images and their labels from two IDX files.
 *
 * @returns x in 0 … 1, that is byte / 255; y int32
 * @throws {FormatError} when a file is damaged, counts differ, or a label is outside 0 … classes − 1.
 */
export function idxImages(imagesPath: string, labelsPath: string, given: IdxOptions = {}): Dataset {
  const options = readOptions('idxImages', idxOptions, given)
  const { bytes, ...columns } = idxBytes(imagesPath, labelsPath, options)
  const x = new Float32Array(bytes.length)
  for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255
  return dataset({ x, ...columns })
}

/** Reads images as bytes, and the other columns of a data set of them. */
export const idxBytes = (
  imagesPath: string,
  labelsPath: string,
  options: ValuesOf<typeof idxOptions>,
): ReturnType<typeof labelledImages> =>
  labelledImages(readIdx(imagesPath), readIdx(labelsPath), basename(labelsPath), options)
