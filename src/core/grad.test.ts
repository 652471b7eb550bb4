import { expect, test } from 'vitest'
import { gradients } from './grad.ts'
import { input, scalar } from './tensor.ts'

test('a gradient needs one float that depends on what it is taken by', () => {
  const x = input([2])
  expect(() => gradients(x, [x])).toThrow(
    'gradients: wanted a loss of one float, got float32 [2]; reduce it with ops.mean or ops.sum',
  )
  expect(() => gradients(scalar(1), [x])).toThrow(
    'gradients: wanted a loss that depends on what it is differentiated by, got one that does not',
  )
})
