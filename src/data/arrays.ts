import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, showValue } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { toFloat32 } from './float32.ts'

/** Array types that can hold the `x` or `y` of a data set; class labels are always in an Int32Array. */
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

/** A list of numbers, or of lists of equal length, nested to any depth. Booleans count as 1 and 0. */
export type NumberList = readonly (number | bigint | boolean | NumberArray | NumberList)[]

/** Numbers in one flat array, or in nested lists. */
export type NumberInput = NumberArray | NumberList

/** Whether a value is a list or a typed array; the items of a list are not checked. */
export const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

/** What `y` holds: 'labels', class indices (classification), or 'numbers', values to predict (regression). */
export type Target = 'labels' | 'numbers'

/** Values in one flat array, and the shape of one example if the values were given as nested lists. */
export interface Flat {
  readonly data: Values
  readonly shape?: Shape
}

/** One example: `x` is a flat array, `y` a flat array or a single number. */
export interface FlatExample {
  readonly x: ArrayLike<number>
  readonly y: number | ArrayLike<number>
}

/**
 * Returns the inputs in one flat array: a Float32Array, unless they are a Float64Array or Int32Array already.
 *
 * @param exact whether to return a Float64Array rather than a Float32Array
 */
export function inputsOf(numbers: NumberInput, who = 'dataset', exact = false): Flat {
  const { data, isList, ...rest } = flat(who, 'x', numbers)
  const isKept = !isList && (isFloat(data) || data instanceof Int32Array)
  if (isKept) return { ...rest, data }
  return { ...rest, data: exact ? Float64Array.from(data, Number) : rounded(who, 'x', data, rest.shape) }
}

/**
 * Converts `y` to labels (int32) if it is an integer array or a list of whole numbers, otherwise to float
 * targets. The argument `target` overrides this choice.
 *
 * @throws {ArgumentError} when a number cannot be a label because it is not whole, or beyond int32.
 */
export function targetsOf(numbers: NumberInput, target?: Target, who = 'dataset'): Flat {
  const { data, isList, ...rest } = flat(who, 'y', numbers)
  const areWhole = isList ? data.every(Number.isInteger as (value: unknown) => boolean) : !isFloat(data)
  if (target === 'labels' || (target === undefined && areWhole)) {
    return { ...rest, data: data instanceof Int32Array ? data : toLabels(who, data) }
  }
  return { ...rest, data: !isList && isFloat(data) ? data : rounded(who, 'y', data, rest.shape) }
}

const rounded = (who: string, name: 'x' | 'y', data: NumberArray, shape: Shape = [1]): Float32Array =>
  toFloat32(data, { who, name, width: sizeOf(shape), fix: `give ${name} as a Float64Array` })

/**
 * Flattens the `x` and the `y` of one example to arrays of numbers.
 *
 * @param dtypes element types in which `x` and `y` will be stored
 * @throws {ArgumentError} naming the example by its index, when it holds anything but numbers, or a number that
 *   the element type would truncate.
 */
export function flatExample(
  { x, y }: { readonly x: unknown; readonly y: unknown },
  dtypes: { readonly x: DType; readonly y: DType },
  index: number,
): FlatExample {
  const numbers = (name: 'x' | 'y', value: unknown): ArrayLike<number> => {
    const who = `stream: example ${index}`
    const { data } = flat(who, name, listOf(value))
    const plain = isBig(data) ? Array.from(data, Number) : data
    if (dtypes[name] !== 'int32') return plain
    for (let i = 0; i < plain.length; i++) {
      const wanted = `${name} of whole numbers that int32 can hold`
      if (plain[i] !== (plain[i]! | 0)) throw mismatch(who, wanted, plain[i])
    }
    return plain
  }
  const isPlain = typeof y === 'number' && Number.isFinite(y) && dtypes.y !== 'int32'
  const targets = isPlain ? [y] : numbers('y', y)
  return { x: numbers('x', x), y: targets.length === 1 ? targets[0]! : targets }
}

/** Converts a single number, or any object with a length, to a list. */
function listOf(value: unknown): NumberInput {
  if (isNumbers(value)) return value as NumberInput
  const isObject = typeof value === 'object' && value !== null && 'length' in value
  return isObject ? Array.from(value as ArrayLike<number>) : ([value] as NumberList)
}

const isFloat = (data: NumberArray): data is Float32Array | Float64Array =>
  data instanceof Float32Array || data instanceof Float64Array

const isBig = (data: NumberArray): data is BigInt64Array | BigUint64Array =>
  data instanceof BigInt64Array || data instanceof BigUint64Array

function toLabels(who: string, numbers: NumberArray): Int32Array {
  const data = new Int32Array(numbers.length)
  for (let i = 0; i < data.length; i++) {
    data[i] = Number(numbers[i])
    if (data[i] !== Number(numbers[i])) throw noLabel(who, numbers[i]!, i)
  }
  return data
}

function noLabel(who: string, value: number | bigint, index: number): ArgumentError {
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  const wanted = isWhole ? 'labels from 0 to 2147483647' : 'labels as whole numbers'
  const fix = "renumber the classes from 0 or, if y holds numbers to predict, give target: 'numbers'"
  return new ArgumentError(`${who}: wanted ${wanted}, got ${value} at index ${index} of y; ${fix}`)
}

interface Flattened {
  readonly data: NumberArray
  readonly isList: boolean
  readonly shape?: Shape
}

/**
 * Flattens nested lists into a Float64Array.
 *
 * @throws {ArgumentError} when lengths differ, or an item is not a finite number.
 */
function flat(who: string, name: 'x' | 'y', numbers: NumberInput): Flattened {
  if (!Array.isArray(numbers)) return { data: numbers as NumberArray, isList: false }
  const shape = shapeOf(numbers)
  const fault = firstFault(name, numbers, shape, shape.length)
  if (fault !== undefined) throw new ArgumentError(`${who}: ${fault}`)
  const data = new Float64Array(sizeOf(shape))
  if (put(data, 0, numbers, shape.length) < 0) {
    throw new ArgumentError(`${who}: ${firstFault(name, numbers, shape, shape.length + 1)}`)
  }
  return { data, isList: true, ...(shape.length > 1 && { shape: shape.slice(1) }) }
}

/** Returns the shape of nested lists: the length of the list, then of its first item, and so on. */
function shapeOf(value: unknown): number[] {
  const list = isNumbers(value) ? (value as NumberArray) : undefined
  return list === undefined ? [] : [list.length, ...(list.length > 0 ? shapeOf(list[0]) : [])]
}

/** Copies nested lists of numbers to `out`; returns the index after the last, or −1 if any is not finite. */
function put(out: Float64Array, start: number, value: unknown, depth: number): number {
  if (depth === 0) {
    const number = numberIn(value)
    out[start] = number
    return Number.isFinite(number) ? start + 1 : -1
  }
  const list = value as ArrayLike<unknown>
  let at = start
  for (let i = 0; i < list.length && at >= 0; i++) at = put(out, at, list[i], depth - 1)
  return at
}

/** Converts a number, a bigint or a boolean to a number, and anything else to NaN. */
const numberIn = (value: unknown): number =>
  ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN

/**
 * Describes the first nested list whose length contradicts `shape` or, if `depth` exceeds the shape's number of
 * axes, the first item that is not a finite number. Returns undefined if there is no such fault.
 */
function firstFault(place: string, value: unknown, shape: Shape, depth: number): string | undefined {
  if (depth === 0) return undefined
  const [length, ...rest] = shape
  if (length === undefined) return Number.isFinite(numberIn(value)) ? undefined : noNumber(place, value)
  const list = isNumbers(value) ? (value as ArrayLike<unknown>) : undefined
  if (list?.length !== length) {
    const got = list === undefined ? showValue(value) : `one of ${list.length}`
    return `wanted ${place} as a list of ${length}, as the first is, got ${got}`
  }
  for (let i = 0; i < length && depth > 1; i++) {
    const fault = firstFault(`${place}[${i}]`, list[i], rest, depth - 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function noNumber(place: string, value: unknown): string {
  const isLabel = typeof value === 'string' && place.startsWith('y')
  const fix = isLabel ? '; number the classes 0, 1, … and give their names as classNames' : ''
  return `wanted ${place} as a finite number, got ${showValue(value)}${fix}`
}
