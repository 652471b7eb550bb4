import { ArgumentError } from '../core/errors.ts'

/** Largest number that does not round to infinity in float32. */
export const maxFloat32: number = 2 ** 128 - 2 ** 103 - 2 ** 75

/** Greatest number up to which float32 holds every whole number. */
const exact = 2 ** 24

/** Whether float32 may round a whole number to that of another: an identifier, or a time in seconds. */
export const mayCollide = (value: number): boolean => Math.abs(value) > exact && Number.isSafeInteger(value)

/** Maximum number of great whole numbers of a column to remember. */
const mostKnown = 10_000

interface Column {
  readonly exact: Set<number>
  /** The first whole number that rounds to each number in float32. */
  readonly rounded: Map<number, number>
  /** Two whole numbers that are equal once rounded. */
  alike: readonly [number, number] | undefined
}

/**
 * Finds columns of great whole numbers most of which are equal once rounded to float32, such as identifiers, and
 * times in seconds.
 */
export class Collisions {
  readonly #columns = new Map<number, Column>()

  /** Takes the next number of a column. */
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
   * Describes a column of which float32 keeps at most half of the numbers apart; undefined if there is none.
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

/** Yields element `column` of each example of `width` elements. */
export function* columnOf(data: ArrayLike<number>, width: number, column: number): Generator<number> {
  for (let i = column; i < data.length; i += width) yield data[i]!
}

/** Where an array of numbers comes from, for errors, and how to keep its numbers. */
interface Origin {
  readonly who: string
  readonly name: string
  /** Number of elements in each example, so that elements at equal places in them are of one column. */
  readonly width: number
  /** Advice for the error. */
  readonly fix: string
}

/**
 * Rounds numbers to float32.
 *
 * @throws {ArgumentError} when a finite number would become infinite, or most whole numbers of a column equal.
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
