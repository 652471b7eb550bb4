import { expect, test } from 'vitest'
import { toData } from './dtype.ts'

test('numbers are stored as their type says', () => {
  expect(toData('int64', [1, -2])).toEqual(BigInt64Array.of(1n, -2n))
  expect(toData('bool', [1, 0])).toEqual(Uint8Array.of(1, 0))
  expect(toData('float32', [0.1])[0]).toBe(Math.fround(0.1))
})
