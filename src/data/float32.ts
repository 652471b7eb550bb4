import { ArgumentError } from '../core/errors.ts'

/** Largest number that does not round to infinity in float32. */
export const maxFloat32: number = 2 ** 128 - 2 ** 103 - 2 ** 75

/** Every whole number up to this one is represented exactly in float32. */
const exact = 2 ** 24

/** Whether float32 may round a whole number, such as an identifier or a time, to the same value as another. */
export const mayCollide = (value: number): boolean => Math.abs(value) > exact && Number.isSafeInteger(value)

/** Maximum number of large whole numbers to remember per column. */
const mostKnown = 10_000

interface Column {
  readonly exact: Set<number>
  /** For each float32 value, the first whole number seen that rounds to it. */
  readonly rounded: Map<number, number>
  /** Two different whole numbers that round to the same float32 value, once found. */
  alike: readonly [number, number] | undefined
}

/**
 * Finds columns of large whole numbers, such as identifiers or times in seconds, that float32 cannot tell apart:
 * after rounding, at most half of a column's numbers are distinct.
 */
export class Collisions {
  readonly #columns = new Map<number, Column>()

  /** Takes the next number of a column into account. */
  add(column: number, value: number): void {
    if (!mayCollide(value)) return
    const known = this.#columns.get(column) ?? { exact: new Set(), rounded: new Map(), alike: undefined }
    this.#columns.set(column, known)
    if (known.exact.size >= mostKnown) return
    known.exact.add(value)
    const first = known.rounded.get(Math.fround(value))
    if (first === undefined) known.rounded.set(Math.fround(value), value)
    else if (first !== value) known.alike ??= [first, value]
  }

  /**
   * Describes the first column at most half of whose numbers stay distinct in float32; undefined if there is none.
   *
   * @param valuesOf returns all values of a column, rounded
   */
  found(valuesOf: (column: number) => Iterable<number>): { column: number; got: string } | undefined {
    for (const [column, { exact: all, rounded, alike }] of this.#columns) {
      if (alike === undefined || 2 * rounded.size > all.size) continue
      if (!every(valuesOf(column), (value) => Math.abs(value) >= exact)) continue
      const [a, b] = alike
      return { column, got: `${all.size} that it rounds to ${rounded.size}, such as ${a} and ${b}` }
    }
    return undefined
  }
}

function every<T>(values: Iterable<T>, test: (value: T) => boolean): boolean {
  for (const value of values) if (!test(value)) return false
  return true
}

/** Yields element `column` of every example, where each example has `width` elements. */
export function* columnOf(data: ArrayLike<number>, width: number, column: number): Generator<number> {
  for (let i = column; i < data.length; i += width) yield data[i]!
}

/** Describes an array of numbers for error messages: where it comes from, and how to keep its numbers. */
interface Origin {
  readonly who: string
  readonly name: string
  /** Number of elements per example; elements at the same index of each example form a column. */
  readonly width: number
  /** Advice to give in the error message. */
  readonly fix: string
}

/**
 * Rounds numbers to float32.
 *
 * @throws {ArgumentError} when a finite number would become infinite, or when at most half of a column's large
 *   whole numbers would stay distinct.
 */
export function toFloat32(
  numbers: ArrayLike<number | bigint>,
  { who, name, width, fix }: Origin,
): Float32Array {
  const data = new Float32Array(numbers.length)
  const collisions = new Collisions()
  for (let i = 0; i < data.length; i++) {
    const value = Number(numbers[i])
    data[i] = value
    if (!(Math.abs(value) > exact)) continue
    if (Math.abs(data[i]!) === Infinity && Number.isFinite(value)) {
      const got = `${value} at index ${i}; ${fix}`
      throw new ArgumentError(`${who}: wanted ${name} of numbers that float32 can hold, got ${got}`)
    }
    collisions.add(i % width, value)
  }
  const found = collisions.found((column) => columnOf(data, width, column))
  if (found === undefined) return data
  throw new ArgumentError(
    `${who}: wanted ${name} of numbers that float32 tells apart, got ${found.got}; ${fix}`,
  )
}
