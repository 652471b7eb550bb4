import type { Shape } from '../../../src/core/shape.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

type Case<O> = readonly [name: string, x: Shape, weight: Shape, options: O]

const walks: readonly Case<ops.ConvolutionOptions>[] = [
  ['plain', [2, 2, 5, 4], [3, 2, 3, 2], {}],
  ['padded', [1, 2, 4, 4], [2, 2, 3, 3], { padding: 1 }],
  ['uneven', [1, 1, 5, 6], [2, 1, 2, 3], { padding: [0, 2], stride: [2, 1], dilation: [1, 2] }],
  ['strided', [2, 1, 6, 5], [2, 1, 3, 3], { stride: 2, padding: 1 }],
  ['strided past the end', [1, 1, 6, 6], [1, 1, 1, 1], { stride: 4 }],
  ['dilated', [1, 2, 6, 6], [1, 2, 3, 3], { dilation: 2, padding: 2 }],
  ['grouped', [1, 4, 4, 4], [6, 2, 2, 2], { groups: 2, padding: 1 }],
  ['depthwise', [2, 3, 4, 4], [3, 1, 3, 3], { groups: 3, padding: 1, stride: 2 }],
  ['same, even window', [1, 1, 4, 5], [1, 1, 2, 4], { padding: 'same' }],
  ['same, dilated', [1, 1, 4, 5], [1, 1, 3, 3], { padding: 'same', dilation: 2 }],
  ['padded by more than the window', [1, 1, 2, 3], [1, 1, 2, 2], { padding: 3 }],
  ['size 1', [1, 1, 1, 1], [1, 1, 1, 1], { padding: 'valid' }],
]

const transposed: readonly Case<ops.ConvolutionTransposeOptions>[] = [
  ['plain', [2, 2, 3, 2], [2, 3, 3, 2], {}],
  ['strided', [1, 2, 3, 3], [2, 1, 3, 3], { stride: 2, padding: 1, outputPadding: 1 }],
  ['grouped', [1, 4, 2, 3], [4, 1, 2, 2], { groups: 2, stride: [1, 2] }],
  ['dilated', [1, 1, 3, 3], [1, 2, 2, 2], { dilation: 3, outputPadding: 2, padding: 1 }],
  ['size 1', [1, 1, 1, 1], [1, 1, 2, 2], { padding: 0 }],
]

/** Convolution and its transpose. */
export const convolution: readonly Row[] = [
  ...walks.map(
    ([name, x, weight, options]): Row => ({
      name: `conv2d, ${name}`,
      shapes: [x, weight],
      f: (a, b) => ops.conv2d(a, b, undefined, options),
    }),
  ),
  ...transposed.map(
    ([name, x, weight, options]): Row => ({
      name: `convTranspose2d, ${name}`,
      shapes: [x, weight],
      f: (a, b) => ops.convTranspose2d(a, b, undefined, options),
    }),
  ),
  { name: 'conv2d, bias', shapes: [[2, 2, 3, 3], [3, 2, 2, 2], [3]], f: (x, w, b) => ops.conv2d(x, w, b) },
  {
    name: 'conv1d',
    shapes: [[2, 2, 6], [3, 2, 3], [3]],
    f: (x, w, b) => ops.conv1d(x, w, b, { stride: 2, padding: 1 }),
  },
  {
    name: 'conv3d',
    shapes: [[1, 2, 3, 3, 2], [2, 2, 2, 2, 1], [2]],
    f: (x, w, b) => ops.conv3d(x, w, b, { padding: [1, 0, 0], stride: [1, 2, 1] }),
  },
  {
    name: 'convTranspose1d',
    shapes: [[2, 2, 3], [2, 2, 3], [2]],
    f: (x, w, b) => ops.convTranspose1d(x, w, b, { stride: 2, padding: 1 }),
  },
  {
    name: 'convTranspose2d, bias',
    shapes: [[1, 2, 2, 2], [2, 1, 2, 2], [1]],
    f: (x, w, b) => ops.convTranspose2d(x, w, b, { stride: 2 }),
  },
  {
    name: 'convTranspose3d',
    shapes: [[1, 1, 2, 2, 2], [1, 2, 2, 1, 2], [2]],
    f: (x, w, b) => ops.convTranspose3d(x, w, b, { stride: [2, 1, 1] }),
  },
]

/** Pooling and resizing. */
export const pooling: readonly Row[] = [
  { name: 'maxPool1d', shapes: [[2, 2, 7]], f: (x) => ops.maxPool1d(x, 3), smooth: false },
  { name: 'maxPool2d', shapes: [[2, 2, 5, 4]], f: (x) => ops.maxPool2d(x, 2), smooth: false },
  {
    name: 'maxPool2d, overlapping and padded',
    shapes: [[1, 2, 5, 6]],
    f: (x) => ops.maxPool2d(x, 3, { stride: 2, padding: 1 }),
    smooth: false,
  },
  {
    name: 'maxPool2d, dilated beyond its end',
    shapes: [[1, 1, 6, 7]],
    f: (x) => ops.maxPool2d(x, 2, { stride: 3, padding: 1, dilation: 3, ceilMode: true }),
    smooth: false,
  },
  {
    name: 'maxPool2d, padded side by side',
    shapes: [[1, 2, 5, 6]],
    f: (x) => ops.maxPool2d(x, [2, 3], { padding: 1, ceilMode: true }),
    smooth: false,
  },
  {
    name: 'maxPool3d',
    shapes: [[1, 1, 4, 3, 4]],
    f: (x) => ops.maxPool3d(x, 2, { stride: 1 }),
    smooth: false,
  },
  { name: 'avgPool1d', shapes: [[2, 2, 6]], f: (x) => ops.avgPool1d(x, 3, { stride: 2, padding: 1 }) },
  { name: 'avgPool2d', shapes: [[1, 2, 4, 6]], f: (x) => ops.avgPool2d(x, [2, 3]) },
  {
    name: 'avgPool2d, beyond its end',
    shapes: [[1, 1, 5, 4]],
    f: (x) => ops.avgPool2d(x, 2, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
  },
  { name: 'avgPool3d', shapes: [[1, 1, 2, 3, 2]], f: (x) => ops.avgPool3d(x, [2, 3, 1]) },
  { name: 'adaptiveAvgPool1d', shapes: [[1, 2, 7]], f: (x) => ops.adaptiveAvgPool1d(x, 3) },
  { name: 'adaptiveAvgPool2d', shapes: [[1, 2, 5, 4]], f: (x) => ops.adaptiveAvgPool2d(x, [3, 2]) },
  { name: 'adaptiveAvgPool2d, one', shapes: [[2, 2, 3, 4]], f: (x) => ops.adaptiveAvgPool2d(x, 1) },
  { name: 'adaptiveMaxPool1d', shapes: [[1, 2, 7]], f: (x) => ops.adaptiveMaxPool1d(x, 3), smooth: false },
  {
    name: 'adaptiveMaxPool2d',
    shapes: [[1, 2, 5, 4]],
    f: (x) => ops.adaptiveMaxPool2d(x, [3, 2]),
    smooth: false,
  },
  {
    name: 'interpolate, nearest',
    shapes: [[1, 2, 3, 2]],
    f: (x) => ops.interpolate(x, { scaleFactor: 2 }),
  },
  {
    name: 'interpolate, nearest to fewer',
    shapes: [[1, 2, 5]],
    f: (x) => ops.interpolate(x, { size: 3 }),
  },
  {
    name: 'interpolate, bilinear',
    shapes: [[1, 2, 3, 4]],
    f: (x) => ops.interpolate(x, { size: [5, 3], mode: 'bilinear' }),
  },
  {
    name: 'interpolate, corners',
    shapes: [[2, 1, 3]],
    f: (x) => ops.interpolate(x, { scaleFactor: 1.7, mode: 'linear', alignCorners: true }),
  },
]
