import { mismatch } from '../core/mismatch.ts'
import { custom, type Option } from '../core/options.ts'
import { isNumbers } from './arrays.ts'

/** Group of an example, such as a patient; equal keys are one group. */
export type Key = string | number | bigint | boolean

/** Time of an example: a number, a date, or a text such as `2026-11-29` or `2026-11-29T08:30Z`. */
export type Time = number | bigint | string | Date

const isColumn = (value: unknown): boolean => (typeof value === 'string' && value !== '') || isNumbers(value)

/** Options that keep examples together, or in the order of time. */
export const keyOptions = {
  /**
   * Groups that no two parts share, such as patients or authors: a list with a key for each example, or the name of a
   * feature. @default each example by itself
   */
  by: custom<string | ArrayLike<Key>>(
    'a list of one key per example, or the name of a feature',
    isColumn,
  ) as Option<string | ArrayLike<Key>, string | ArrayLike<Key> | undefined>,
  /**
   * Times of the examples: a list with a time for each, or the name of a feature. Each part is then later than the one
   * before it: training, validation, test. @default none: parts are chosen at random
   */
  order: custom<string | ArrayLike<Time>>(
    'a list of one time per example, or the name of a feature',
    isColumn,
  ) as Option<string | ArrayLike<Time>, string | ArrayLike<Time> | undefined>,
}

/**
 * Returns a group number, from 0, for each example; examples with equal keys get the same number.
 *
 * @throws {ArgumentError} when a key is missing, or there is not one key per example.
 */
export function groupsOf(who: string, keys: ArrayLike<unknown>, length: number): Int32Array {
  checkLength(who, 'by', keys, length)
  const numbers = new Map<unknown, number>()
  return Int32Array.from({ length }, (_, i) => {
    const key = keys[i]
    const isKey = ['string', 'number', 'bigint', 'boolean'].includes(typeof key) && !Number.isNaN(key)
    if (!isKey) throw mismatch(who, `by with a text or a number for example ${i}`, key)
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  })
}

/**
 * Converts times to numbers, by which they can be sorted: dates to milliseconds.
 *
 * @throws {ArgumentError} when one is no time, two are of different kinds, or there is not one per example.
 */
export function timesOf(who: string, times: ArrayLike<unknown>, length: number): Float64Array {
  checkLength(who, 'order', times, length)
  const isDate = (time: unknown): boolean => typeof time === 'string' || time instanceof Date
  return Float64Array.from({ length }, (_, i) => {
    const number = numberOf(times[i])
    if (Number.isFinite(number) && isDate(times[i]) === isDate(times[0])) return number
    throw mismatch(who, `order with a ${isDate(times[0]) ? 'date' : 'number'} for example ${i}`, times[i])
  })
}

/** A date as ISO 8601 writes it, which sorts and parses alike everywhere. */
const iso = /^\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

function numberOf(time: unknown): number {
  if (time instanceof Date) return time.getTime()
  if (typeof time === 'string') return iso.test(time) ? Date.parse(time.replace(' ', 'T')) : Number.NaN
  return typeof time === 'number' || typeof time === 'bigint' ? Number(time) : Number.NaN
}

function checkLength(who: string, name: string, keys: ArrayLike<unknown>, length: number): void {
  if (keys.length !== length)
    throw mismatch(who, `${name} with ${length} items, one per example`, keys.length)
}
