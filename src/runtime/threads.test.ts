import { expect, test } from 'vitest'
import { input, node, type Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { rolledSteps } from './portable.ts'
import { threadsFor } from './threads.ts'

const product = (m: number, k: number, n: number): Tensor => ops.matmul(input([m, k]), input([k, n]))

/** An LSTM over 32 sequences. */
const lstm = (length: number, size: number): Tensor =>
  node('LSTM', {
    inputs: [input([length, 32, size]), input([1, 4 * size, size]), input([1, 4 * size, size])],
    shape: [length, 1, 32, size],
  })

/** A recurrent network over 32 sequences, as one node that runs a graph for each step. */
const rolled = (network: nn.LSTM | nn.RNN, length: number, size: number): readonly Tensor[] =>
  trace(() => rolledSteps([network.forward(input([length, 32, size]))])).result

test.each([
  ['a small product', [product(64, 100, 100)], [1]],
  ['products that are small one by one', Array.from({ length: 10 }, () => product(100, 100, 100)), [1, 2]],
  ['a product of medium size', [product(256, 256, 256)], [1, 2]],
  ['a large product', [product(1024, 1024, 1024)], [2]],
  ['a wide product of medium size', [product(128, 784, 512)], [1, 2]],
  [
    'one whose columns the threads divide, so that sums are rounded in another order',
    [product(64, 784, 100)],
    [2],
  ],
  ['such a one whose sums have one block', [product(64, 128, 100), product(256, 256, 256)], [1, 2]],
  ['one with a single column', [product(256, 256, 256), product(256, 256, 1)], [2]],
  [
    'a mean over the examples, a product of one row',
    [product(256, 256, 256), ops.mean(product(256, 9, 9), [0])],
    [1, 2],
  ],
  [
    'a convolution of medium size',
    [ops.conv2d(input([16, 16, 16, 16]), input([16, 16, 3, 3]), undefined, { padding: 1 })],
    [2],
  ],
  ['a small LSTM', [lstm(8, 32)], [1]],
  ['an LSTM of medium size', [lstm(64, 128)], [1, 2]],
  ['one whose sums are long', [lstm(16, 256)], [2]],
  ['a small LSTM of one node for all steps', rolled(new nn.LSTM(32, 32), 16, 32), [1]],
  ['an LSTM of medium size of one node for all steps', rolled(new nn.LSTM(128, 128), 64, 128), [1, 2]],
  ['one whose steps multiply little, but not all together', rolled(new nn.RNN(128, 128), 64, 128), [1, 2]],
  [
    'one whose steps have long sums in columns that the threads divide',
    rolled(new nn.RNN(8, 256), 16, 8),
    [2],
  ],
] as const)('%s has these candidates on two processors', (_, roots, candidates) => {
  expect(threadsFor(roots, 2)).toEqual(candidates)
  expect(threadsFor(roots, 1)).toEqual([1])
})

test('at most four threads are tried', () => {
  expect(threadsFor([product(256, 256, 256)], 64)).toEqual([1, 4])
  expect(threadsFor([product(2048, 1024, 1024)], 64)).toEqual([4])
})
