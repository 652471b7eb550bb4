import { constant } from '../../../src/core/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

const labels = constant([2, 0, 1, 2], [4], 'int64')
const mask = constant([1, 0, 1, 0, 0, 1], [2, 3], 'bool')

/** What a multilayer perceptron with batch normalization needs. */
export const core: readonly Row[] = [
  { name: 'add', shapes: [[2, 3], [3]], f: ops.add },
  { name: 'add, scalar', shapes: [[2, 3], []], f: ops.add },
  {
    name: 'sub, both broadcast',
    shapes: [
      [2, 1],
      [1, 3],
    ],
    f: ops.sub,
  },
  { name: 'sub, number', shapes: [[3]], f: (x) => ops.sub(2, x) },
  {
    name: 'mul',
    shapes: [
      [2, 3],
      [1, 3],
    ],
    f: ops.mul,
  },
  {
    name: 'mul, batched',
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
    f: ops.mul,
  },
  { name: 'mul, itself', shapes: [[3]], f: (x) => ops.mul(x, x) },
  {
    name: 'div',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    f: ops.div,
    range: [0.5, 2],
  },
  { name: 'div, empty', shapes: [[0, 3], [3]], f: ops.div, range: [0.5, 2] },
  { name: 'neg', shapes: [[4]], f: ops.neg },
  { name: 'exp', shapes: [[4]], f: ops.exp },
  { name: 'log', shapes: [[4]], f: ops.log, range: [0.5, 2] },
  { name: 'sqrt', shapes: [[4]], f: ops.sqrt, range: [0.5, 2] },
  { name: 'reciprocal', shapes: [[4]], f: ops.reciprocal, range: [0.5, 2] },
  { name: 'relu', shapes: [[3, 4]], f: ops.relu, smooth: false },
  { name: 'logSoftmax', shapes: [[3, 4]], f: (x) => ops.logSoftmax(x) },
  { name: 'logSoftmax, first axis', shapes: [[3, 4]], f: (x) => ops.logSoftmax(x, 0) },
  { name: 'softmax', shapes: [[2, 3, 4]], f: (x) => ops.softmax(x, 1) },
  { name: 'where', shapes: [[2, 3], [3]], f: (a, b) => ops.where(mask, a, b) },
  { name: 'cast', shapes: [[3]], f: (x) => ops.cast(x, 'float64') },
  { name: 'expand', shapes: [[2, 1]], f: (x) => ops.expand(x, [4, 2, 3]) },
  { name: 'sum, all', shapes: [[2, 3]], f: (x) => ops.sum(x) },
  { name: 'sum, rows', shapes: [[2, 3]], f: (x) => ops.sum(x, [0]) },
  { name: 'sum, rows kept', shapes: [[2, 3]], f: (x) => ops.sum(x, [0], { keepDims: true }) },
  { name: 'sum, columns', shapes: [[2, 3]], f: (x) => ops.sum(x, [-1]) },
  { name: 'sum, middle', shapes: [[2, 3, 4]], f: (x) => ops.sum(x, [1], { keepDims: true }) },
  { name: 'sum, no axis', shapes: [[2, 3]], f: (x) => ops.sum(x, []) },
  { name: 'sum, size 1', shapes: [[1, 1]], f: (x) => ops.sum(x, [1]) },
  { name: 'mean', shapes: [[2, 3]], f: (x) => ops.mean(x) },
  { name: 'mean, rows', shapes: [[4, 3]], f: (x) => ops.mean(x, [0]) },
  { name: 'mean, two axes', shapes: [[2, 3, 4]], f: (x) => ops.mean(x, [0, 2], { keepDims: true }) },
  { name: 'variance', shapes: [[2, 3]], f: (x) => ops.variance(x, [1]) },
  { name: 'variance, biased', shapes: [[4, 3]], f: (x) => ops.variance(x, [0], { correction: 0 }) },
  { name: 'reshape', shapes: [[2, 3]], f: (x) => ops.reshape(x, [3, -1]) },
  { name: 'reshape, empty', shapes: [[0, 3]], f: (x) => ops.reshape(x, [3, 0]) },
  { name: 'transpose', shapes: [[2, 3, 4]], f: (x) => ops.transpose(x, [2, 0, 1]) },
  {
    name: 'matmul',
    shapes: [
      [2, 3],
      [3, 4],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, size 1',
    shapes: [
      [1, 1],
      [1, 1],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, batched',
    shapes: [
      [5, 2, 3],
      [3, 4],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, both batched',
    shapes: [
      [2, 1, 2, 3],
      [4, 3, 2],
    ],
    f: ops.matmul,
  },
  { name: 'linear', shapes: [[4, 3], [2, 3], [2]], f: ops.linear },
  {
    name: 'linear, no bias',
    shapes: [
      [4, 3],
      [2, 3],
    ],
    f: (x, w) => ops.linear(x, w),
  },
  { name: 'linear, batched', shapes: [[2, 4, 3], [2, 3], [2]], f: ops.linear },
  { name: 'crossEntropy', shapes: [[4, 3]], f: (x) => ops.crossEntropy(x, labels) },
  { name: 'batchNorm', shapes: [[4, 3], [3], [3]], f: (x, w, b) => ops.batchNorm(x, w, b, 1e-5).y },
  {
    name: 'batchNorm, not affine',
    shapes: [[4, 3]],
    f: (x) => ops.batchNorm(x, undefined, undefined, 1e-5).y,
  },
  {
    name: 'batchNorm, length',
    shapes: [[2, 3, 4], [3], [3]],
    f: (x, w, b) => ops.batchNorm(x, w, b, 1e-5).y,
  },
  {
    name: 'batchNorm, statistics',
    shapes: [[4, 3]],
    f: (x) => ops.batchNorm(x, undefined, undefined, 1e-5).variance,
  },
  {
    name: 'normalizeBy',
    shapes: [[4, 3], [3], [3], [3], [3]],
    f: (x, mean, variance, w, b) => ops.normalizeBy(x, mean, variance, w, b, 1e-5),
    range: [0.5, 2],
  },
]
