import { expect, test } from 'vitest'
import { constant, input, type Tensor } from '../core/tensor.ts'
import * as ops from '../ops/index.ts'
import { intervalOf } from './interval.ts'

const free = input([2, 3], 'int64')
const best = ops.argMax(input([2, 3]), 1)

test.each<[string, Tensor, readonly [number, number]]>([
  ['an input', free, [-Infinity, Infinity]],
  ['a constant', constant([3, -2], [2], 'int64'), [-2, 3]],
  ['an argMax', best, [0, 2]],
  ['positions of the greatest', ops.topK(input([2, 5]), 2).indices, [0, 4]],
  ['a sum', ops.add(best, 4), [4, 6]],
  ['a choice', ops.where(ops.equal(best, 1), best, 7), [0, 7]],
  ['a choice of what is free', ops.where(ops.equal(free, 1), free, 7), [-Infinity, Infinity]],
  ['a comparison as integers', ops.cast(ops.equal(free, 1), 'int64'), [0, 1]],
  [
    'what is cut, stretched and joined',
    ops.concat([ops.expand(ops.reshape(best, [2, 1]), [2, 2]), constant([9, 9], [2, 1], 'int64')], 1),
    [0, 9],
  ],
  ['floats', ops.cast(input([2]), 'int64'), [-Infinity, Infinity]],
])('the interval of %s', (_, t, wanted) => expect(intervalOf(t)).toEqual(wanted))

test('the interval of a sum of sums takes one look at each', () => {
  let t = best
  for (let i = 0; i < 60; i++) t = ops.add(t, t)
  expect(intervalOf(t)).toEqual([0, 2 ** 61])
})
