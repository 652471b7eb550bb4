import { expect, test } from 'vitest'
import { input } from '../../src/core/tensor.ts'
import * as ops from '../../src/ops/index.ts'

const x = input([2, 3])
const rows = input([2], 'int64')
const bools = input([2], 'bool')
const int = input([2, 3], 'int32')

test.each<[string, () => unknown]>([
  ['slice: wanted at most 2 ranges for [2, 3], got 3', () => ops.slice(x, [[], [], []])],
  ['slice: wanted integers and a step other than 0, got 0:2:0', () => ops.slice(x, [[0, 2, 0]])],
  [
    'pad: wanted a [before, after] for each axis of [2, 3], got [[1,-1],[0,0]]',
    () =>
      ops.pad(x, [
        [1, -1],
        [0, 0],
      ]),
  ],
  [
    'pad: wanted at most 1 to reflect on axis 0 of [2, 3], got [2, 0]',
    () =>
      ops.pad(
        x,
        [
          [2, 0],
          [0, 0],
        ],
        { mode: 'reflect' },
      ),
  ],
  ['concat: wanted one tensor or more, got none', () => ops.concat([])],
  ['concat: wanted float32 [2, 3] but for axis 0, got float32 [2]', () => ops.concat([x, input([2])])],
  ['split: wanted sizes that add up to 3, got [1,1]', () => ops.split(x, [1, 1], 1)],
  ['split: wanted sizes that add up to 2, got 0', () => ops.split(x, 0)],
  ['chunk: wanted count as a positive integer, got 0', () => ops.chunk(x, 0)],
  ['squeeze: wanted size 1 on axis 1, got [2, 3]', () => ops.squeeze(x, [1])],
  ['unsqueeze: wanted an axis from -3 to 2, got 3', () => ops.unsqueeze(x, 3)],
  ['tile: wanted repeats as integers ≥ 0, got [0.5]', () => ops.tile(x, [0.5])],
  [
    'gather: wanted an index of int32 or int64, got float32; give x as an Int32Array, or use ops.cast',
    () => ops.gather(x, 0, x),
  ],
  [
    'gather: wanted an index within [2, 3] but for axis 0, got [2, 4]',
    () => ops.gather(x, 0, input([2, 4], 'int64')),
  ],
  [
    'scatterAdd: wanted a source of float32 [2, 3], got float32 [2]',
    () => ops.scatterAdd(x, 0, int, input([2])),
  ],
  ['indexSelect: wanted an index of [k], got [2, 3]', () => ops.indexSelect(x, 0, int)],
  [
    'indexSelect: wanted an index of int32 or int64, got float32; give x as an Int32Array, or use ops.cast',
    () => ops.indexSelect(x, 0, input([2])),
  ],
  ['embedding: wanted a weight of [rows, features], got [2]', () => ops.embedding(rows, input([2]))],
  ['topK: wanted k as an integer from 1 to 3, got 4', () => ops.topK(x, 4)],
  ['clamp: wanted low ≤ high, got 2 and 1', () => ops.clamp(x, 2, 1)],
  [
    'clamp: wanted floats, got int32; use ops.cast first, or give x as a Float32Array',
    () => ops.clamp(int, 0),
  ],
  ['max: wanted elements on axes [0], got [0, 3]', () => ops.max(input([0, 3]), [0])],
  ['prod: wanted elements on axes [0], got [0, 3]', () => ops.prod(input([0, 3]), [0])],
  ['norm: wanted p as 1, 2 or Infinity, got 3', () => ops.norm(x, [0], { p: 3 })],
  ['any: wanted bools, got float32; compare it with something', () => ops.any(x)],
  ['logicalAnd: wanted bools, got float32; compare it with something', () => ops.logicalAnd(bools, x)],
  [
    'prelu: wanted a weight of float32 that broadcasts to [2, 3], got float32 [2, 2, 3]',
    () => ops.prelu(x, input([2, 2, 3])),
  ],
  ["einsum: wanted letters as in 'ij,jk->ik', got 'i...->i'", () => ops.einsum('i...->i', x)],
  ["einsum: wanted each letter once within ii, got 'ii->i'", () => ops.einsum('ii->i', x)],
  ["einsum: wanted k in an operand, got 'ij->k'", () => ops.einsum('ij->k', x)],
  ['einsum: wanted 2 operands for ij,jk->ik, got 1', () => ops.einsum('ij,jk->ik', x)],
  ['einsum: wanted 3 axes for ijk, got [2, 3]', () => ops.einsum('ijk->i', x)],
  ['einsum: wanted one size for i, got 2 and 3', () => ops.einsum('ij,ki', x, x)],
  ['mseLoss: wanted a target of float32 [2, 3], got float32 [2]', () => ops.mseLoss(x, input([2]))],
  ['huberLoss: wanted delta as a number > 0 and ≤ Infinity, got 0', () => ops.huberLoss(x, x, { delta: 0 })],
  ['smoothL1Loss: wanted beta as a number ≥ 0, got -1', () => ops.smoothL1Loss(x, x, { beta: -1 })],
  [
    `l1Loss: wanted reduction as 'mean', 'sum' or 'none', got "max"`,
    () => ops.l1Loss(x, x, { reduction: 'max' as 'mean' }),
  ],
  [
    'crossEntropy: wanted labelSmoothing as a number from 0 to 1, got 2',
    () => ops.crossEntropy(x, rows, { labelSmoothing: 2 }),
  ],
  [
    'crossEntropy: wanted a weight of float32 [3], one for each class, got float32 [2]',
    () => ops.crossEntropy(x, rows, { weight: input([2]) }),
  ],
  [
    'crossEntropy: wanted labels with ignoreIndex, got probabilities',
    () => ops.crossEntropy(x, x, { ignoreIndex: 0 }),
  ],
  [
    "crossEntropy: wanted labels, or probabilities of two classes or more, got float32 [2]; if it holds labels, make the data set with target: 'labels', or a stream with classes; for numbers to predict, use ops.mseLoss",
    () => ops.crossEntropy(input([2]), input([2])),
  ],
  [
    'crossEntropy: wanted labels of [2], one for each row of scores, got [3]',
    () => ops.crossEntropy(x, input([3], 'int64')),
  ],
  [
    'crossEntropy: wanted labels of [2, 4], one for each row of scores, got [2]',
    () => ops.crossEntropy(input([2, 3, 4]), rows),
  ],
  ['nllLoss: wanted scores of [n, classes], got [2]', () => ops.nllLoss(input([2]), rows)],
  [
    "nllLoss: wanted labels of int32 or int64, got bool; make the data set with target: 'labels', or a stream with classes, or use ops.cast",
    () => ops.nllLoss(x, bools),
  ],
  ['multiMarginLoss: wanted p as 1 or 2, got 3', () => ops.multiMarginLoss(x, rows, { p: 3 as 1 })],
  [
    'cosineEmbeddingLoss: wanted two of [n, features], got [2, 3] and [2]',
    () => ops.cosineEmbeddingLoss(x, input([2]), rows),
  ],
  ['hingeEmbeddingLoss: wanted a target of [2, 3], got [2]', () => ops.hingeEmbeddingLoss(x, rows)],
])('%s', (message, mistake) => {
  expect(mistake).toThrow(expect.objectContaining({ message }))
})
