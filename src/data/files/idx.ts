import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { type IdxArray, type IdxOptions, idxOptions, parseIdx } from '../formats/idx.ts'
import { idxExamples } from '../idx-examples.ts'
import { fileName, readFile } from './read-file.ts'

/** Reads an IDX file, MNIST's format for one array: see `parseIdx`. */
export const readIdx = (path: string): IdxArray => parseIdx(readFile(path), fileName(path))

/**
 * Reads images from one IDX file (MNIST's format), and from another file their labels or, with `target:
 * 'numbers'`, numbers to predict. The second array is `[n]` or, with several numbers for each of the n images,
 * `[n, …]`.
 *
 * @returns x: bytes / 255, so from 0 to 1; y int32, or float32 for numbers
 * @throws {FormatError} when a file is damaged, the numbers of images and labels differ, pixels are not bytes,
 *   or a label is not one of 0 … classes − 1.
 * @throws {ArgumentError} when `classes` is given for numbers to predict.
 */
export function idxImages(imagesPath: string, labelsPath: string, given: IdxOptions = {}): Dataset {
  const options = readOptions('idxImages', idxOptions, given)
  const array = (path: string) => ({ name: fileName(path), array: readIdx(path) })
  return idxExamples('idxImages', () => [array(imagesPath), array(labelsPath)], options)
}
