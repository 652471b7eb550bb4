import { custom } from '../../core/options.ts'

// Arguments of the public functions of statistics.

const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')

const isProbabilities = (value: unknown): boolean =>
  isNumbers(value) && (value as readonly number[]).every((one) => one >= 0 && one <= 1)

const isFlags = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'boolean')

const isPairs = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => isNumbers([Object(one).value, Object(one).error]))

export const numbersGiven = custom<readonly number[]>('a list of numbers', isNumbers)
export const probabilitiesGiven = custom<readonly number[]>('a list of numbers from 0 to 1', isProbabilities)
export const flagsGiven = custom<readonly boolean[]>('a list of true and false', isFlags)
export const effectsGiven = custom<readonly { value: number; error: number }[]>(
  'a list of { value, error }, both numbers',
  isPairs,
)

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 2 && (value as number) <= 10_000

/** Whether a value is a list of numbers of seeds at which to look: each at least 2, and 3 above the one before. */
export const isLooks = (value: unknown): value is readonly number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((n, i) => isCount(n) && (i === 0 || n >= value[i - 1] + 3))

export const looksGiven = custom<readonly number[]>(
  'rising numbers of seeds from 2 on, at least 3 apart',
  isLooks,
)
