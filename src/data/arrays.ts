import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, showValue } from '../core/mismatch.ts'
import type { Shape } from '../core/shape.ts'

/** Types of array that hold the `x` or `y` of a data set. Labels are in an Int32Array. */
export type Values = Float32Array | Float64Array | Int32Array

/** A typed array of numbers. */
export type NumberArray =
  | Values
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

/** A list of numbers, or of lists of equal length, one for each example. Booleans count as 1 and 0. */
export type NumberList = readonly (number | bigint | boolean | NumberArray | NumberList)[]

/** NumberInput in one flat array, or in nested lists. */
export type NumberInput = NumberArray | NumberList

/** Whether a value may be converted by `inputsOf` or `targetsOf`, as far as its type shows. */
export const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

/** What `y` holds: 'labels' are whole numbers that name classes, 'numbers' are to be predicted themselves. */
export type Target = 'labels' | 'numbers'

/** Values in one flat array; if they came in nested lists, with the shape of one example. */
export interface Flat<V = Values> {
  readonly data: V
  readonly shape?: Shape
}

/** One example: `x` in a flat array, and `y` as well, unless it is a single number. */
export interface FlatExample {
  readonly x: ArrayLike<number>
  readonly y: number | ArrayLike<number>
}

const isValues = (data: unknown): data is Values =>
  data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array

/** Converts the numbers of `x` to floats; leaves a Float32Array, a Float64Array and an Int32Array as they are. */
export function inputsOf(numbers: NumberInput, who = 'dataset'): Flat {
  const { data, ...rest } = flat(who, 'x', numbers)
  return { ...rest, data: isValues(data) ? data : toFloat32(data) }
}

/**
 * Converts `y`: whole numbers to labels in an Int32Array, others to targets in floats, unless `target` decides.
 *
 * @throws {ArgumentError} when a number cannot be a label because it is not whole, or beyond int32.
 */
export function targetsOf(numbers: NumberInput, target?: Target, who = 'dataset'): Flat {
  const { data, ...rest } = flat(who, 'y', numbers)
  const isFloat = data instanceof Float32Array || data instanceof Float64Array
  const areLabels =
    target === undefined ? !isFloat && (isTyped(data) || data.every(isWhole)) : target === 'labels'
  if (areLabels) return { ...rest, data: data instanceof Int32Array ? data : toLabels(who, data) }
  return { ...rest, data: isFloat ? data : toFloat32(data) }
}

const isTyped = (data: readonly number[] | NumberArray): data is NumberArray => ArrayBuffer.isView(data)
const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value)

function toFloat32(numbers: ArrayLike<number | bigint>): Float32Array {
  const data = new Float32Array(numbers.length)
  for (let i = 0; i < data.length; i++) data[i] = Number(numbers[i])
  return data
}

function toLabels(who: string, numbers: ArrayLike<number | bigint>): Int32Array {
  const data = new Int32Array(numbers.length)
  for (let i = 0; i < data.length; i++) {
    data[i] = Number(numbers[i])
    if (data[i] !== Number(numbers[i])) throw noLabel(who, numbers[i]!, i)
  }
  return data
}

function noLabel(who: string, value: number | bigint, index: number): ArgumentError {
  const wanted = isWhole(value) ? 'labels from 0 to 2147483647' : 'labels as whole numbers'
  const fix = "renumber the classes from 0 or, if y holds numbers to predict, give target: 'numbers'"
  return new ArgumentError(`${who}: wanted ${wanted}, got ${value} at index ${index} of y; ${fix}`)
}

/**
 * Flattens an example's numbers.
 *
 * @param dtypes element types that the numbers will have
 * @throws {ArgumentError} naming the example by its index, when it holds anything but numbers, or a number that its
 *   element type would truncate.
 */
export function flatExample(
  { x, y }: { readonly x: unknown; readonly y: unknown },
  dtypes: { readonly x: DType; readonly y: DType },
  index: number,
): FlatExample {
  const who = `stream: example ${index}`
  const numbers = (name: 'x' | 'y', value: unknown): ArrayLike<number> => {
    const isOther = typeof value === 'object' && value !== null && 'length' in value && !isNumbers(value)
    const list = isOther ? Array.from(value as ArrayLike<number>) : isNumbers(value) ? value : [value]
    const { data } = flat(who, name, list as NumberInput)
    const plain =
      data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data
    if (dtypes[name] !== 'int32') return plain
    const fraction = Array.prototype.find.call(plain, (value) => value !== (value | 0))
    if (fraction === undefined) return plain
    throw mismatch(who, `${name} of whole numbers that int32 can hold`, fraction)
  }
  const targets = numbers('y', y)
  return { x: numbers('x', x), y: targets.length === 1 ? targets[0]! : targets }
}

/** Flattens nested lists. @throws {ArgumentError} when they are of unequal length, or hold anything but numbers. */
function flat(who: string, name: 'x' | 'y', numbers: NumberInput): Flat<NumberArray | readonly number[]> {
  if (!Array.isArray(numbers)) return { data: numbers as NumberArray }
  if (numbers.every((value) => typeof value === 'number' && Number.isFinite(value))) return { data: numbers }
  const [, ...shape] = shapeOf(numbers)
  const data: number[] = []
  collectNumbers(who, name, numbers, [numbers.length, ...shape], [], data)
  return shape.length === 0 ? { data } : { data, shape }
}

const isList = (value: unknown): value is ArrayLike<unknown> => isNumbers(value)

function shapeOf(value: unknown): number[] {
  return isList(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])] : []
}

/** Appends all numbers of a value of the given shape. @param path indices that lead to the value */
function collectNumbers(
  who: string,
  name: string,
  value: unknown,
  shape: Shape,
  path: readonly number[],
  data: number[],
): void {
  const place = (): string => name + path.map((i) => `[${i}]`).join('')
  const [length, ...rest] = shape
  if (length === undefined) {
    data.push(checkedNumber(who, place, value))
    return
  }
  if (!isList(value) || value.length !== length) {
    const got = isList(value) ? `${value.length} values` : showValue(value)
    throw new ArgumentError(`${who}: wanted ${place()} as ${length} values, as the first is, got ${got}`)
  }
  for (let i = 0; i < length; i++) collectNumbers(who, name, value[i], rest, [...path, i], data)
}

function checkedNumber(who: string, place: () => string, value: unknown): number {
  const number = typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  const isLabel = typeof value === 'string' && place().startsWith('y')
  const fix = isLabel ? 'number the classes 0, 1, … and give their names as classNames' : undefined
  throw mismatch(who, `${place()} as a finite number`, value, fix)
}
