import { expect, test } from 'vitest'
import { explosionOf } from './explosion.ts'

test.each<[number, (number | undefined)[], boolean]>([
  [2.3, [2.2e6, 1, 1], false],
  [2.3, [1, 1, 2.4e6], true],
  [2.3, [1, 2.4e6, 1], true],
  [2.3, [1e22, undefined, undefined], true],
  [1e10, [1e15], false],
  [-2, [-1.9e6], false],
  [-2, [-1e22], true],
  [-2, [2.1e6], true],
  [0, [900], false],
  [0, [1001], true],
  [1e-12, [5], false],
])('a trial that began with the loss %d and ended with %j exploded: %s', (first, last, isExploded) => {
  expect(explosionOf(first, last) !== undefined).toBe(isExploded)
})
