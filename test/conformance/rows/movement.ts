import { constant, type Tensor } from '../../../src/core/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

/** What moves elements and changes none. */
export const movement: readonly Row[] = [
  { name: 'slice', shapes: [[4, 3, 5]], f: (x) => ops.slice(x, [[1, 3], [], [-4, -1]]) },
  {
    name: 'slice, steps',
    shapes: [[7, 4]],
    f: (x) =>
      ops.slice(x, [
        [1, 6, 2],
        [0, 4, 3],
      ]),
  },
  { name: 'slice, backwards', shapes: [[7]], f: (x) => ops.slice(x, [[5, undefined, -2]]) },
  { name: 'slice, backwards to an end', shapes: [[7]], f: (x) => ops.slice(x, [[-1, 0, -3]]) },
  { name: 'slice, nothing', shapes: [[3, 2]], f: (x) => ops.slice(x, [[2, 2]]) },
  { name: 'slice, empty', shapes: [[0, 2]], f: (x) => ops.slice(x, [[], [0, 1]]) },
  {
    name: 'pad',
    shapes: [[2, 3]],
    f: (x) =>
      ops.pad(x, [
        [1, 0],
        [0, 2],
      ]),
  },
  { name: 'pad, a value', shapes: [[2]], f: (x) => ops.pad(x, [[1, 2]], { value: 3 }) },
  {
    name: 'pad, empty',
    shapes: [[2, 0]],
    f: (x) =>
      ops.pad(x, [
        [1, 0],
        [0, 2],
      ]),
  },
  {
    name: 'pad, reflect',
    shapes: [[3, 4]],
    f: (x) =>
      ops.pad(
        x,
        [
          [2, 1],
          [0, 3],
        ],
        { mode: 'reflect' },
      ),
  },
  {
    name: 'pad, replicate',
    shapes: [[2, 3]],
    f: (x) =>
      ops.pad(
        x,
        [
          [2, 1],
          [0, 3],
        ],
        { mode: 'replicate' },
      ),
  },
  {
    name: 'pad, circular',
    shapes: [[2, 3]],
    f: (x) =>
      ops.pad(
        x,
        [
          [2, 1],
          [1, 2],
        ],
        { mode: 'circular' },
      ),
  },
  { name: 'flip', shapes: [[2, 3, 4]], f: (x) => ops.flip(x, [0, -1]) },
  { name: 'roll', shapes: [[2, 5]], f: (x) => ops.roll(x, -7, 1) },
  {
    name: 'concat',
    shapes: [
      [2, 3],
      [2, 1],
      [2, 0],
    ],
    f: (...all) => ops.concat(all, -1),
  },
  { name: 'concat, itself', shapes: [[3]], f: (x) => ops.concat([x, ops.exp(x), x]) },
  { name: 'split', shapes: [[5, 2]], f: (x) => product(ops.split(x, [2, 2, 1]).map((t) => ops.sum(t, [0]))) },
  { name: 'split, one size', shapes: [[2, 5]], f: (x) => ops.mul(ops.split(x, 3, 1)[1]!, 2) },
  { name: 'chunk', shapes: [[7]], f: (x) => ops.mul(ops.chunk(x, 3)[2]!, ops.sum(ops.chunk(x, 3)[0]!)) },
  {
    name: 'stack',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    f: (a, b) => ops.stack([a, b, a], 1),
  },
  { name: 'unbind', shapes: [[3, 2]], f: (x) => product(ops.unbind(x)) },
  { name: 'squeeze', shapes: [[1, 2, 1]], f: (x) => ops.squeeze(x) },
  { name: 'unsqueeze', shapes: [[2, 3]], f: (x) => ops.unsqueeze(x, -2) },
  { name: 'flatten', shapes: [[2, 3, 4]], f: (x) => ops.flatten(x, 1) },
  { name: 'flatten, a scalar', shapes: [[]], f: (x) => ops.flatten(x) },
  { name: 'tile', shapes: [[2, 3]], f: (x) => ops.tile(x, [2, 1, 3]) },
  { name: 'tile, fewer', shapes: [[2, 3]], f: (x) => ops.tile(x, [2]) },
]

const int64 = (values: readonly number[], shape: readonly number[]) => constant(values, shape, 'int64')
const picks = int64([2, 0, 0, 1, 1, 1], [2, 3])
const rows = int64([1, 0, 1, 3], [4])

/** What picks elements by their place. */
export const picking: readonly Row[] = [
  { name: 'gather', shapes: [[3, 4]], f: (x) => ops.gather(x, 0, picks) },
  { name: 'gather, last axis', shapes: [[2, 4]], f: (x) => ops.gather(x, -1, picks) },
  {
    name: 'scatterAdd',
    shapes: [
      [3, 4],
      [2, 3],
    ],
    f: (x, source) => ops.scatterAdd(x, 0, picks, source),
  },
  { name: 'indexSelect', shapes: [[4, 2]], f: (x) => ops.indexSelect(x, 0, rows) },
  { name: 'indexSelect, middle', shapes: [[2, 4, 3]], f: (x) => ops.indexSelect(x, 1, rows) },
  { name: 'embedding', shapes: [[3, 2]], f: (x) => ops.embedding(picks, x) },
  { name: 'take', shapes: [[2, 2]], f: (x) => ops.take(x, rows) },
  { name: 'topK', shapes: [[3, 5]], f: (x) => square(ops.topK(x, 2).values) },
  {
    name: 'topK, least of columns',
    shapes: [[5, 2]],
    f: (x) => square(ops.topK(x, 3, 0, { largest: false }).values),
  },
  { name: 'sort', shapes: [[2, 4]], f: (x) => square(ops.sort(x).values) },
  {
    name: 'sort, descending',
    shapes: [[4, 2]],
    f: (x) => square(ops.sort(x, 0, { descending: true }).values),
  },
]

const square = (x: Tensor) => ops.mul(x, x)
const product = (tensors: readonly Tensor[]) => tensors.reduce((a, b) => ops.mul(a, b))
