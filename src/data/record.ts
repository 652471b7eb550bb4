import { allocate, type Data, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { unknownName } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Names } from './names.ts'

// A record is several named tensors of an example. A data set stores the record of an example as one row: the numbers
// of its tensors, one tensor after another. So batches, samplers, splits and threads handle rows alone.

/** One tensor of a record: its shape and element type for one example, and the names of its classes or elements. */
export interface TensorSpec extends Names {
  readonly shape: Shape
  readonly dtype: DType
}

/** Tensors of a record by name, in the order of their numbers in a row. */
export type TensorSpecs = Readonly<Record<string, TensorSpec>>

/** A tensor of a record, and which numbers of a row are its own: `size` numbers from index `from`. */
export interface Place {
  readonly name: string
  readonly spec: TensorSpec
  readonly from: number
  readonly size: number
}

/** Returns the place of each tensor in a row, in order. */
export function placesOf(specs: TensorSpecs): readonly Place[] {
  let from = 0
  return Object.entries(specs).map(([name, spec]) => {
    const place = { name, spec, from, size: sizeOf(spec.shape) }
    from += place.size
    return place
  })
}

/** Greatest integer up to which float32 holds every integer. */
const mostExact = 2 ** 24

/** Shape and element type of rows, with the tensors that they consist of. */
interface RowSpec {
  readonly shape: Shape
  readonly dtype: DType
  readonly tensors: TensorSpecs
}

/** Returns the shape and element type of rows: float64 if a tensor is, int32 if all are, otherwise float32. */
export function rowSpec(tensors: TensorSpecs): RowSpec {
  const types = Object.values(tensors).map(({ dtype }) => dtype)
  const float = types.includes('float64') ? 'float64' : 'float32'
  const width = placesOf(tensors).reduce((sum, { size }) => sum + size, 0)
  return { shape: [width], dtype: types.every((one) => one === 'int32') ? 'int32' : float, tensors }
}

/**
 * Returns the rows of some examples in one array.
 *
 * @param valuesOf returns the values of a tensor, one example after another
 * @throws {ArgumentError} when an integer is too large for rows of float32.
 */
export function toRows(
  who: string,
  { shape, dtype, tensors }: RowSpec,
  length: number,
  valuesOf: (name: string) => ArrayLike<number>,
): Data {
  const width = sizeOf(shape)
  const rows = allocate(dtype, length * width)
  for (const { name, spec, from, size } of placesOf(tensors)) {
    const values = valuesOf(name)
    if (spec.dtype === 'int32' && dtype === 'float32') checkExact(who, name, values)
    copyRuns(rows, { from, step: width }, values, { from: 0, step: size }, size)
  }
  return rows
}

function checkExact(who: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]!) <= mostExact) continue
    const fix = 'renumber them from 0'
    throw new ArgumentError(
      `${who}: wanted integers of ${name} from -16777216 to 16777216 beside floats, got ${values[i]}; ${fix}`,
    )
  }
}

interface Walk {
  readonly from: number
  readonly step: number
}

/** Copies runs of `size` numbers, which begin at `from`, `from + step`, … in each of the two arrays. */
function copyRuns(out: Data, to: Walk, values: ArrayLike<number | bigint>, at: Walk, size: number): void {
  let target = to.from
  for (let source = at.from; source + size <= values.length && size > 0; source += at.step) {
    for (let i = 0; i < size; i++) out[target + i] = values[source + i] as never
    target += to.step
  }
}

/** Returns the values of one tensor of some rows, one example after another. @param dtype their element type */
export function fromRows(rows: Data, width: number, { from, size, spec }: Place, dtype = spec.dtype): Data {
  const out = allocate(dtype, (rows.length / width) * size)
  copyRuns(out, { from: 0, step: size }, rows as ArrayLike<number>, { from, step: width }, size)
  return out
}

/** Writes the values of one tensor, one example after another, to its place in rows. */
export const intoRows = (rows: Data, width: number, { from, size }: Place, values: Data): void =>
  copyRuns(rows, { from, step: width }, values as ArrayLike<number>, { from: 0, step: size }, size)

/**
 * Returns a name for each number of a row: the name of a tensor of one number, otherwise the tensor's own feature names
 * or, without any, its name with an index, as in `image[0]`.
 */
export const rowNames = (tensors: TensorSpecs): string[] =>
  placesOf(tensors).flatMap(({ name, spec, size }) => {
    const { featureNames } = spec
    if (featureNames?.length === size) return featureNames
    return size === 1 ? [name] : Array.from({ length: size }, (_, i) => `${name}[${i}]`)
  })

/**
 * Returns the place of the input that is named, in rows of several inputs; undefined for a single input without a name.
 *
 * @throws {ArgumentError} when several inputs have none of this name, or a single input is named.
 */
export function inputPlace(
  who: string,
  { tensors }: { readonly tensors?: TensorSpecs },
  input: string | undefined,
): Place | undefined {
  if (tensors === undefined) {
    if (input === undefined) return undefined
    throw new ArgumentError(`${who}: wanted no input for data of one input, got ${input}; leave it out`)
  }
  const names = Object.keys(tensors)
  if (input === undefined)
    throw new ArgumentError(`${who}: wanted input as one of ${names.join(', ')}, got nothing`)
  const place = placesOf(tensors).find(({ name }) => name === input)
  if (place === undefined) throw unknownName(who, names, input, 'input as ')
  return place
}
