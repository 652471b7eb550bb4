import { constant } from '../../../src/core/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

const padding = constant([1, 1, 1, 0, 1, 0], [2, 3], 'bool')
const rows = constant([1, 0, 1, 1], [4], 'bool')

/** Normalization over other axes than the batch, or over part of it. */
export const normalization: readonly Row[] = [
  { name: 'standardize', shapes: [[3, 4]], f: (x) => ops.standardize(x, [1], 1e-5).y },
  { name: 'standardize, rows', shapes: [[4, 3]], f: (x) => ops.standardize(x, [0], 1e-5).y },
  { name: 'standardize, two axes', shapes: [[2, 3, 4]], f: (x) => ops.standardize(x, [-2, -1], 1e-5).y },
  { name: 'standardize, statistics', shapes: [[3, 4]], f: (x) => ops.standardize(x, [1], 1e-5).variance },
  { name: 'rootMeanSquareNorm', shapes: [[3, 4]], f: (x) => ops.rootMeanSquareNorm(x, [1], 1e-5) },
  {
    name: 'ghostBatchNorm',
    shapes: [[6, 2], [2], [2]],
    f: (x, w, b) => ops.ghostBatchNorm(x, 3, w, b, 1e-5).y,
  },
  {
    name: 'ghostBatchNorm, length',
    shapes: [[4, 2, 3], [2]],
    f: (x, w) => ops.ghostBatchNorm(x, 2, w, undefined, 1e-5).y,
  },
  {
    name: 'ghostBatchNorm, statistics',
    shapes: [[4, 2]],
    f: (x) => ops.ghostBatchNorm(x, 2, undefined, undefined, 1e-5).variance,
  },
  {
    name: 'maskedBatchNorm',
    shapes: [[2, 2, 3], [2], [2]],
    f: (x, w, b) => ops.maskedBatchNorm(x, padding, w, b, 1e-5).y,
  },
  {
    name: 'maskedBatchNorm, no length',
    shapes: [[4, 2]],
    f: (x) => ops.maskedBatchNorm(x, rows, undefined, undefined, 1e-5).y,
  },
]
