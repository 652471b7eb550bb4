import { ArgumentError } from '../core/errors.ts'

/** Largest number that does not round to infinity in float32. */
export const maxFloat32: number = 2 ** 128 - 2 ** 103 - 2 ** 75

/** Greatest number up to which float32 holds every whole number. */
const exact = 2 ** 24

/** Maximum number of great whole numbers of a column to remember: identifiers collide long before. */
const mostKnown = 10_000

/** Whether float32 may round a whole number to that of another: an identifier, or a time in seconds. */
export const mayCollide = (value: number): boolean => Math.abs(value) > exact && Number.isSafeInteger(value)

/** Finds whole numbers of one column that differ, but are equal once rounded to float32. */
export class Collisions {
  /** For each column, the first whole number that rounds to each number in float32. */
  readonly #known = new Map<number, Map<number, number>>()

  /** Takes the next number of a column. @returns an earlier one that rounds to the same; undefined if none does */
  earlier(column: number, value: number): number | undefined {
    if (!mayCollide(value)) return undefined
    const known = this.#known.get(column) ?? new Map<number, number>()
    this.#known.set(column, known)
    const rounded = Math.fround(value)
    const first = known.get(rounded)
    if (first === undefined && known.size < mostKnown) known.set(rounded, value)
    return first === value ? undefined : first
  }
}

/** Says what is wrong with two numbers that float32 rounds to one. */
export const collision = (a: number, b: number): string => `${b}, which it rounds to the same as ${a}`

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
 * @throws {ArgumentError} when a finite number would become infinite, or different whole numbers of a column equal.
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
    const wanted = (what: string, got: string): ArgumentError =>
      new ArgumentError(
        `${who}: wanted ${name} of numbers that float32 ${what}, got ${got} at index ${i}; ${fix}`,
      )
    if (Math.abs(data[i]!) === Infinity && Number.isFinite(value)) throw wanted('can hold', String(value))
    const other = collisions.earlier(i % width, value)
    if (other !== undefined) throw wanted('tells apart', collision(other, value))
  }
  return data
}
