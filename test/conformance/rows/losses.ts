import { constant, type Tensor } from '../../../src/core/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

const float64 = (values: readonly number[], shape: readonly number[]): Tensor =>
  constant(values, shape, 'float64')
const labels = constant([2, 0, 1, 2], [4], 'int64')
const places = constant([2, 0, 1, 2, 2, 0], [2, 3], 'int32')
const signs = float64([1, -1, -1, 1], [4])
const weight = float64([0.5, 1, 2], [3])
const probabilities = float64([0.2, 0.3, 0.5, 0, 0.4, 0.6], [2, 3])
const far = [-3, 3] as const

export const losses: readonly Row[] = [
  {
    name: 'crossEntropy, every option',
    shapes: [[4, 3]],
    f: (x) => ops.crossEntropy(x, labels, { weight, labelSmoothing: 0.1, ignoreIndex: 0 }),
  },
  {
    name: 'crossEntropy, sum',
    shapes: [[4, 3]],
    f: (x) => ops.crossEntropy(x, labels, { reduction: 'sum' }),
  },
  {
    name: 'crossEntropy, each',
    shapes: [[4, 3]],
    f: (x) => ops.crossEntropy(x, labels, { reduction: 'none' }),
  },
  { name: 'crossEntropy, of places', shapes: [[2, 3, 3]], f: (x) => ops.crossEntropy(x, places) },
  {
    name: 'crossEntropy, probabilities',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    f: (x, p) => ops.crossEntropy(x, p, { weight, labelSmoothing: 0.2 }),
  },
  {
    name: 'crossEntropy, probabilities of places',
    shapes: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    f: (x, p) => ops.crossEntropy(x, p, { reduction: 'none' }),
  },
  { name: 'nllLoss', shapes: [[4, 3]], f: (x) => ops.mul(ops.nllLoss(x, labels, { weight }), ops.sum(x)) },
  {
    name: 'nllLoss, ignoring',
    shapes: [[2, 3, 3]],
    f: (x) => ops.nllLoss(ops.exp(x), places, { ignoreIndex: 2 }),
  },
  {
    name: 'mseLoss',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    f: (x, y) => ops.mseLoss(x, y),
  },
  { name: 'mseLoss, each', shapes: [[2], [2]], f: (x, y) => ops.mseLoss(x, y, { reduction: 'none' }) },
  {
    name: 'l1Loss',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    f: (x, y) => ops.l1Loss(x, y),
    smooth: false,
  },
  { name: 'huberLoss', shapes: [[6], [6]], f: (x, y) => ops.huberLoss(x, y, { delta: 0.7 }), range: far },
  {
    name: 'smoothL1Loss',
    shapes: [[6], [6]],
    f: (x, y) => ops.smoothL1Loss(x, y, { beta: 0.5 }),
    range: far,
  },
  {
    name: 'smoothL1Loss, sharp',
    shapes: [[3], [3]],
    f: (x, y) => ops.smoothL1Loss(x, y, { beta: 0 }),
    smooth: false,
  },
  {
    name: 'binaryCrossEntropyWithLogits',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    f: (x, y) => ops.binaryCrossEntropyWithLogits(x, y),
  },
  {
    name: 'binaryCrossEntropyWithLogits, weights',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    f: (x, y) => ops.binaryCrossEntropyWithLogits(x, y, { posWeight: weight, weight, reduction: 'sum' }),
    range: far,
  },
  {
    name: 'weightedLoss',
    shapes: [[3], [3]],
    f: (x, y) => ops.weightedLoss(ops.sum(ops.mul(x, y)), ops.sum(ops.exp(y))),
  },
  {
    name: 'klDiv',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    f: (x, y) => ops.klDiv(x, y),
    range: [0.1, 1],
  },
  {
    name: 'klDiv, with a zero',
    shapes: [[2, 3]],
    f: (x) => ops.mul(ops.klDiv(x, probabilities), ops.sum(x)),
  },
  {
    name: 'klDiv, logarithms',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    f: (x, y) => ops.klDiv(x, y, { logTarget: true, reduction: 'batchmean' }),
  },
  {
    name: 'hingeEmbeddingLoss',
    shapes: [[4]],
    f: (x) => ops.square(ops.hingeEmbeddingLoss(x, signs, { margin: 0.3, reduction: 'sum' })),
  },
  {
    name: 'cosineEmbeddingLoss',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    f: (a, b) => ops.cosineEmbeddingLoss(a, b, signs, { margin: 0.1 }),
  },
  {
    name: 'cosineSimilarity',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    f: (a, b) => ops.cosineSimilarity(a, b),
  },
  {
    name: 'multiMarginLoss',
    shapes: [[4, 3]],
    f: (x) => ops.square(ops.multiMarginLoss(x, labels)),
    range: far,
  },
  {
    name: 'multiMarginLoss, squares',
    shapes: [[4, 3]],
    f: (x) => ops.multiMarginLoss(x, labels, { p: 2, weight, margin: 0.5, reduction: 'sum' }),
    range: far,
  },
]

const einsum = (equation: string, ...shapes: (readonly number[])[]): Row => ({
  name: `einsum, ${equation}`,
  shapes,
  f: (...operands) => ops.einsum(equation, ...operands),
})

export const einsums: readonly Row[] = [
  einsum('ij,jk->ik', [2, 3], [3, 4]),
  einsum('ij,jk', [2, 3], [3, 4]),
  einsum('bij,bjk->bik', [2, 2, 3], [2, 3, 4]),
  einsum('bhqd,bhkd->bhqk', [2, 2, 3, 2], [2, 2, 4, 2]),
  einsum('i,j->ij', [2], [3]),
  einsum('i,i->', [3], [3]),
  einsum('ij->ji', [2, 3]),
  einsum('ijk->j', [2, 3, 2]),
  einsum('ij,ij->i', [2, 3], [2, 3]),
  einsum('ij,k->i', [2, 3], [2]),
  einsum('ij,jk,kl->il', [2, 3], [3, 2], [2, 2]),
  einsum('ij,->ji', [2, 3], []),
  einsum('bi, oij, bj -> bo', [2, 3], [4, 3, 2], [2, 2]),
]
