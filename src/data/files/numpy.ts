import { malformed, unknownName } from '../../core/mismatch.ts'
import { choice, type OptionsOf, readOptions, text, type ValuesOf } from '../../core/options.ts'
import { showShape, sizeOf } from '../../core/shape.ts'
import { fileSource } from '../../disk/file-source.ts'
import { writeOutput } from '../../disk/output-file.ts'
import { targetsOf } from '../arrays.ts'
import { type Dataset, dataset, nameOptions, namesOf, targetOption, type Values } from '../dataset.ts'
import { toFloat32 } from '../float32.ts'
import { encodeNpy, type NpyArray, type NpyData, npyIn } from '../formats/npy.ts'
import { encodeNpz, NpzArrays, type NpzOptions, npzOptions, parseNpz } from '../formats/npz.ts'
import { withRecipe } from '../recipe.ts'
import { fileName, readFile, withFile } from './read-file.ts'

/** Reads an NPY file, NumPy's format for one array: see `parseNpy`. */
export const readNpy = (path: string): NpyArray =>
  withFile(path, (file) => npyIn(fileSource(file, path), fileName(path)))

/** Writes an array to an NPY file. */
export function writeNpy(path: string, array: NpyArray): void {
  fileName(path)
  writeOutput(path, encodeNpy(array))
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
  writeOutput(path, encodeNpz(arrays, options))
}

/** Options of `npy`. */
export const arrayOptions = {
  ...nameOptions,
  ...targetOption,
  /** Element type of `x`, and of `y` if it holds targets. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
}

/** Options of `npz`. */
export const archiveOptions = {
  /** Name of the array of inputs in the file; its shape is `[n, …]` for n examples. @default 'x' */
  x: text('x'),
  /** Name of the array of labels (integers, `[n, …]`) or of targets (`[n, …]`). @default 'y' */
  y: text('y'),
  ...arrayOptions,
}

export interface NumpyOptions extends OptionsOf<typeof archiveOptions> {}

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
  const { x, y, ...options } = readOptions('npz', archiveOptions, given)
  const arrays = new NpzArrays(readFile(path), fileName(path))
  const find = (name: string): NpyArray => {
    if (!arrays.names.includes(name))
      throw unknownName(fileName(path), arrays.names, name, 'an array that is ')
    return arrays.read(name)
  }
  return fromArrays(fileName(path), find(x), find(y), options)
}

/** Reads examples from two NPY files, one of inputs and one of labels or targets: see `npz`. */
export function npy(xPath: string, yPath: string, given: Omit<NumpyOptions, 'x' | 'y'> = {}): Dataset {
  const options = readOptions('npy', arrayOptions, given)
  return fromArrays(fileName(yPath), readNpy(xPath), readNpy(yPath), options)
}

function fromArrays(
  name: string,
  x: NpyArray,
  y: NpyArray,
  { dtype, target, ...names }: ValuesOf<typeof arrayOptions>,
): Dataset {
  const [count, ...shape] = x.shape
  const [targets, ...targetShape] = y.shape
  if (count === undefined || targets !== count) {
    const got = `${showShape(x.shape)} and ${showShape(y.shape)}`
    throw malformed(name, 'x and y with equal numbers of examples', got)
  }
  const float = (field: 'x' | 'y', data: NpyData, width: number): Values => {
    if (dtype === 'float64') return Float64Array.from(data, Number)
    if (data instanceof Float32Array) return data
    return toFloat32(data, { who: name, name: field, width, fix: "give dtype: 'float64'" })
  }
  const isFloat = y.data instanceof Float32Array || y.data instanceof Float64Array
  const holds = target ?? (isFloat ? 'numbers' : 'labels')
  const isColumn = holds === 'labels' && sizeOf(targetShape) === 1
  const columns = {
    x: float('x', x.data, sizeOf(shape)),
    y: holds === 'labels' ? targetsOf(y.data, holds, name).data : float('y', y.data, sizeOf(targetShape)),
    target: holds,
  }
  const made = dataset({ ...columns, shape, targetShape: isColumn ? [] : targetShape, ...namesOf(names) })
  return withRecipe(made, { normalized: [] })
}
