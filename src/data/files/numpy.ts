import { readOptions } from '../../core/options.ts'
import { fileSource } from '../../disk/file-source.ts'
import { writeOutput } from '../../disk/output-file.ts'
import {
  archiveOptions,
  arrayExamples,
  arrayOptions,
  type NumpyOptions,
  npzExamples,
} from '../array-examples.ts'
import type { Dataset } from '../dataset.ts'
import { type NpyArray, npyBytes, npyIn } from '../formats/npy.ts'
import { type NpzOptions, npzBytes, npzOptions, parseNpz } from '../formats/npz.ts'
import { fileName, readFile, withFile } from './read-file.ts'

/** Reads an NPY file, NumPy's format for one array: see `parseNpy`. */
export const readNpy = (path: string): NpyArray =>
  withFile(path, (file) => npyIn(fileSource(file, path), fileName(path)))

/** Writes an array to an NPY file. */
export function writeNpy(path: string, array: NpyArray): void {
  fileName(path)
  writeOutput(path, npyBytes('writeNpy', array))
}

/** Reads all arrays of an NPZ file, keyed by name: see `parseNpz`. */
export const readNpz = (path: string): Readonly<Record<string, NpyArray>> =>
  parseNpz(readFile(path), fileName(path))

/** Writes arrays, keyed by name, to an NPZ file. */
export function writeNpz(
  path: string,
  arrays: Readonly<Record<string, NpyArray>>,
  given: NpzOptions = {},
): void {
  const options = readOptions('writeNpz', npzOptions, given)
  fileName(path)
  writeOutput(path, npzBytes('writeNpz', arrays, options))
}

/**
 * Reads examples from two arrays of an NPZ file, `x` and `y`. A `y` of integers holds labels: one for each example
 * if its shape is `[n]` or `[n, 1]`, otherwise one for each position, such as each pixel. A `y` of floats holds
 * targets. The option `target` overrides this.
 *
 * @throws {FormatError} when the file cannot be read, or `x` and `y` have different lengths n.
 * @throws {ArgumentError} when an array does not exist, or a label is outside 0 … classes − 1,
 *   or beyond int32.
 * @example data.npz('mnist.npz', { x: 'x_train', y: 'y_train' })
 */
export function npz(path: string, given: NumpyOptions = {}): Dataset {
  const options = readOptions('npz', archiveOptions, given)
  return npzExamples(readFile(path), fileName(path), options)
}

/** Reads examples from two NPY files, one of inputs and one of labels or targets: see `npz`. */
export function npy(xPath: string, yPath: string, given: Omit<NumpyOptions, 'x' | 'y'> = {}): Dataset {
  const options = readOptions('npy', arrayOptions, given)
  return arrayExamples(fileName(yPath), readNpy(xPath), readNpy(yPath), options)
}
