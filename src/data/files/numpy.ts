import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { FormatError } from '../../core/errors.ts'
import { unknownName } from '../../core/mismatch.ts'
import { type Dataset, dataset, type Names, type Values } from '../dataset.ts'
import { encodeNpy, type NpyArray, type NpyData, parseNpy } from '../formats/npy.ts'
import { encodeNpz, parseNpz } from '../formats/npz.ts'

/**
 * The array in an NPY file, NumPy's format for one array.
 *
 * Every integer, float and boolean type is read, of either byte order; float16 as Float32Array.
 *
 * @throws {FormatError} when the file is damaged, or its array is in Fortran's order, structured, of objects, text,
 *   complex numbers or dates.
 */
export function readNpy(path: string): NpyArray {
  return parseNpy(readFileSync(path), basename(path))
}

/** Write an array to an NPY file. */
export function writeNpy(path: string, array: NpyArray): void {
  writeFileSync(path, encodeNpy(array))
}

/**
 * The arrays in an NPZ file, NumPy's archive of arrays, by name.
 *
 * @throws {FormatError} when the archive or an array in it cannot be read: see `readNpy`.
 */
export function readNpz(path: string): Readonly<Record<string, NpyArray>> {
  return parseNpz(readFileSync(path), basename(path))
}

/** Write arrays to an NPZ file. */
export function writeNpz(
  path: string,
  arrays: Readonly<Record<string, NpyArray>>,
  options: { readonly compress?: boolean } = {},
): void {
  writeFileSync(path, encodeNpz(arrays, options))
}

export interface NumpyOptions extends Names {
  /** The array in an NPZ file that has the examples, `[n, …]`; `x` unless given. */
  readonly x?: string
  /** The array that has labels or targets, `[n]` or `[n, …]`; `y` unless given. */
  readonly y?: string
  /** Of x, and of targets that are floats; float32 unless given. */
  readonly dtype?: 'float32' | 'float64'
}

/**
 * Examples from an NPZ file with arrays `x` and `y`. An integer `y` of `[n]` is labels, others are targets.
 *
 * @throws {FormatError} when the file cannot be read, or an array has another number of examples.
 * @throws {ArgumentError} when an array is not there, or a label is outside 0 … classes − 1.
 * @example data.npz('mnist.npz', { x: 'x_train', y: 'y_train' })
 */
export function npz(path: string, { x = 'x', y = 'y', ...options }: NumpyOptions = {}): Dataset {
  const arrays = readNpz(path)
  const find = (name: string): NpyArray => {
    const found = Object.hasOwn(arrays, name) ? arrays[name] : undefined
    if (found === undefined) throw unknownName(basename(path), Object.keys(arrays), name, 'an array that is ')
    return found
  }
  return fromArrays(basename(path), find(x), find(y), options)
}

/** As `npz`, from two NPY files. */
export function npy(xPath: string, yPath: string, options: Omit<NumpyOptions, 'x' | 'y'> = {}): Dataset {
  return fromArrays(basename(yPath), readNpy(xPath), readNpy(yPath), options)
}

function fromArrays(
  name: string,
  x: NpyArray,
  y: NpyArray,
  { dtype = 'float32', ...names }: Omit<NumpyOptions, 'x' | 'y'>,
): Dataset {
  const [count, ...shape] = x.shape
  const [targets, ...targetShape] = y.shape
  if (count === undefined || targets !== count) {
    throw new FormatError(
      `${name}: wanted x and y with as many examples, got [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`,
    )
  }
  const float = (data: NpyData): Values =>
    dtype === 'float64' ? Float64Array.from(data, Number) : toFloat32(data)
  const labels =
    targetShape.length === 0 && !(y.data instanceof Float32Array || y.data instanceof Float64Array)
  return dataset({
    x: float(x.data),
    y: labels ? Int32Array.from(y.data, Number) : float(y.data),
    shape,
    targetShape,
    ...names,
  })
}

function toFloat32(data: NpyData): Float32Array {
  if (data instanceof Float32Array) return data
  const out = new Float32Array(data.length)
  for (let i = 0; i < out.length; i++) out[i] = Number(data[i])
  return out
}
