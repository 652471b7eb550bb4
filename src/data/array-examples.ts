import { bytesOf } from '../core/bytes.ts'
import { malformed, unknownName } from '../core/mismatch.ts'
import { choice, type OptionsOf, readOptions, text, type ValuesOf } from '../core/options.ts'
import { showShape, sizeOf } from '../core/shape.ts'
import { targetsOf } from './arrays.ts'
import { type Dataset, dataset, nameOptions, namesOf, targetOption, type Values } from './dataset.ts'
import { toFloat32 } from './float32.ts'
import type { NpyArray, NpyData } from './formats/npy.ts'
import { NpzArrays } from './formats/npz.ts'
import { withRecipe } from './recipe.ts'

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
 * Reads examples from the bytes of an NPZ file: see `npz`.
 *
 * @param name file name to show in errors
 * @throws as `npz`
 */
export const parseNpzExamples = (file: Uint8Array, name: string, given: NumpyOptions = {}): Dataset =>
  npzExamples(bytesOf('parseNpzExamples', file), name, readOptions('parseNpzExamples', archiveOptions, given))

/** Returns the examples of an NPZ file, by options that were checked. */
export function npzExamples(
  file: Uint8Array,
  name: string,
  { x, y, ...options }: ValuesOf<typeof archiveOptions>,
): Dataset {
  const arrays = new NpzArrays(file, name)
  const find = (key: string): NpyArray => {
    if (!arrays.names.includes(key)) throw unknownName(name, arrays.names, key, 'an array that is ')
    return arrays.read(key)
  }
  return arrayExamples(name, find(x), find(y), options)
}

/** Returns the examples of two arrays. @param name file name to show in errors */
export function arrayExamples(
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
