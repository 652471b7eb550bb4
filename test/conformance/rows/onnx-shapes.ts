import { tensorProto, valueInfo } from '../../../src/onnx/proto.ts'
import { floats, type NodeSpec, nodeOf, numbers, type Operand, setting } from '../../support/onnx-build.ts'
import type { OnnxRow, OnnxRows } from './onnx-elementwise.ts'

const always =
  (...specs: readonly NodeSpec[]): OnnxRow =>
  () =>
    specs
const x = floats([2, 3, 4])
const image = floats([2, 4, 3, 3])

/** Specs whose setting became an input in the operator set `since`. */
const moved =
  (
    since: number,
    name: string,
    values: readonly number[],
    more: Readonly<Record<string, number>> = {},
  ): OnnxRow =>
  (opset) =>
    opset < since
      ? [{ inputs: [x], attributes: { [name]: values, ...more } }]
      : [{ inputs: [x, setting(values)], attributes: more }]
const reduce =
  (since: number, low = -1, high = 1, operand: Operand = floats([2, 3, 4], low, high)): OnnxRow =>
  (opset) => [
    opset < since
      ? { inputs: [operand], attributes: { axes: [0, 2], keepdims: 0 } }
      : { inputs: [operand, setting([0, 2])], attributes: { keepdims: 0 } },
    { inputs: [operand] },
    ...(opset >= since ? [{ inputs: [operand], attributes: { noop_with_empty_axes: 1 } }] : []),
  ]
const index = (attributes: NodeSpec['attributes'], opset: number): NodeSpec => ({
  inputs: [numbers([3, 1, 3, 2, 2, 0], [2, 3], 'float32')],
  attributes: { ...attributes, ...(opset >= 12 && { select_last_index: 1 }) },
  types: ['int64'],
  differentiable: false,
})
const extreme: OnnxRow = (opset) => [
  index({ axis: 1 }, opset),
  index({ axis: 1, keepdims: 0 }, 7),
  index({}, 7),
]
const slicing: OnnxRow = (opset) => {
  if (opset < 10) return [{ inputs: [x], attributes: { starts: [0, 1], ends: [2, -1], axes: [1, 2] } }]
  return [
    { inputs: [x, setting([0, 1]), setting([2, 2 ** 31 - 1]), setting([1, 2]), setting([1, 2])] },
    { inputs: [x, setting([1]), setting([2])] },
    ...(opset >= 10 ? [{ inputs: [x, setting([-1]), setting([-9]), setting([2]), setting([-1])] }] : []),
  ]
}
const pads = [0, 1, 0, 0, 2, 1]
const padding: OnnxRow = (opset) => {
  const modes = ['constant', 'reflect', 'edge', ...(opset >= 19 ? ['wrap'] : [])]
  const of = (mode: string): NodeSpec =>
    opset < 11
      ? { inputs: [x], attributes: { pads, mode } }
      : { inputs: [x, setting(pads)], attributes: { mode } }
  const valued: NodeSpec =
    opset < 11
      ? { inputs: [x], attributes: { pads, value: { float: 2.5 } } }
      : { inputs: [x, setting(pads), numbers([2.5], [], 'float32', true)] }
  const axes: NodeSpec = { inputs: [x, setting([1, 2]), '', setting([-1])] }
  return [...modes.map(of), valued, ...(opset >= 18 ? [axes] : [])]
}
const splitting: OnnxRow = (opset) => [
  opset < 13
    ? { inputs: [x], attributes: { axis: 2, split: [1, 3] }, outputs: 2 }
    : { inputs: [x, setting([1, 3])], attributes: { axis: 2 }, outputs: 2 },
  opset < 18
    ? { inputs: [x], attributes: { axis: 2 }, outputs: 2 }
    : { inputs: [x], attributes: { axis: 1, num_outputs: 2 }, outputs: 2 },
]

export const shapeRows: OnnxRows = {
  ReduceSum: reduce(13),
  ReduceMean: reduce(18),
  ReduceProd: reduce(18, 0.5, 1.5),
  ReduceMax: reduce(18),
  ReduceMin: reduce(18),
  ReduceL1: reduce(18),
  ReduceL2: reduce(18),
  ReduceLogSum: reduce(18, 0.5, 2),
  ReduceLogSumExp: reduce(18),
  ReduceSumSquare: reduce(18),
  ArgMax: extreme,
  ArgMin: extreme,
  TopK: (opset) => [
    opset < 10
      ? { inputs: [x], attributes: { k: 2 }, outputs: 2, types: ['float32', 'int64'] }
      : { inputs: [x, setting([2])], attributes: { axis: 1 }, outputs: 2, types: ['float32', 'int64'] },
    ...(opset >= 11
      ? [
          {
            inputs: [x, setting([3])],
            attributes: { largest: 0 },
            outputs: 2,
            types: ['float32', 'int64'] as const,
          },
        ]
      : []),
  ],
  CumSum: always(
    { inputs: [x, setting(1)] },
    { inputs: [x, setting(-1)], attributes: { reverse: 1 } },
    { inputs: [x, setting(2)], attributes: { exclusive: 1 } },
  ),
  Reshape: (opset) => [
    { inputs: [x, setting([3, -1])] },
    { inputs: [x, setting([0, 2, 6])] },
    ...(opset >= 14 ? [{ inputs: [x, setting([4, 6])], attributes: { allowzero: 1 } }] : []),
  ],
  Flatten: (opset) => [
    { inputs: [x] },
    { inputs: [x], attributes: { axis: 0 } },
    ...(opset >= 11 ? [{ inputs: [x], attributes: { axis: -1 } }] : []),
  ],
  Squeeze: (opset) => [
    opset < 13
      ? { inputs: [floats([1, 3, 1])], attributes: { axes: [2] } }
      : { inputs: [floats([1, 3, 1]), setting([2])] },
    { inputs: [floats([1, 3, 1])] },
  ],
  Unsqueeze: moved(13, 'axes', [0, 3]),
  Transpose: always({ inputs: [x] }, { inputs: [x], attributes: { perm: [1, 2, 0] } }),
  Concat: always({ inputs: [x, floats([2, 1, 4])], attributes: { axis: 1 } }),
  Split: splitting,
  Slice: slicing,
  Pad: padding,
  Expand: always({ inputs: [floats([3, 1]), setting([2, 1, 4])] }),
  Tile: always({ inputs: [floats([2, 3]), setting([2, 1])] }),
  DepthToSpace: (opset) => [
    { inputs: [image], attributes: { blocksize: 2 } },
    ...(opset >= 11 ? [{ inputs: [image], attributes: { blocksize: 2, mode: 'CRD' } }] : []),
  ],
  SpaceToDepth: always({ inputs: [floats([2, 3, 4, 6])], attributes: { blocksize: 2 } }),
  Gather: (opset) => [
    { inputs: [x, numbers([2, 0, 1, 1], [2, 2])], attributes: { axis: 1 } },
    ...(opset >= 11 ? [{ inputs: [x, numbers([-1], [1])] }] : []),
  ],
  GatherND: (opset) => [
    { inputs: [x, numbers([0, 1, 1, 2], [2, 2])] },
    ...(opset >= 12 ? [{ inputs: [x, numbers([1, 2], [2, 1])], attributes: { batch_dims: 1 } }] : []),
  ],
  GatherElements: always({ inputs: [floats([3, 2]), numbers([0, -1, 2, 0], [2, 2])] }),
  ScatterElements: (opset) =>
    opset < 16
      ? []
      : [
          {
            inputs: [floats([3, 2]), numbers([0, 1, 2, -1], [2, 2]), floats([2, 2])],
            attributes: { reduction: 'add' },
          },
        ],
  OneHot: always({
    inputs: [numbers([1, -1, 0, 7], [2, 2]), setting([3]), floats([2])],
    attributes: { axis: 1 },
    types: ['float32'],
  }),
  Trilu: always(
    { inputs: [floats([2, 3, 4])] },
    { inputs: [floats([3, 4]), setting(1)], attributes: { upper: 0 } },
  ),
  Shape: (opset) => [
    { inputs: [x], types: ['int64'], differentiable: false },
    ...(opset >= 15
      ? [{ inputs: [x], attributes: { start: 1, end: -1 }, types: ['int64'] as const, differentiable: false }]
      : []),
  ],
  Size: always({ inputs: [x], types: ['int64'], differentiable: false }),
  Range: always({ inputs: [setting(1), setting(8), setting(3)], types: ['int64'] }),
  EyeLike: always({ inputs: [floats([3, 4])], attributes: { k: 1 }, differentiable: false }),
  ConstantOfShape: always(
    { inputs: [setting([2, 3])], types: ['float32'] },
    {
      inputs: [setting([2])],
      attributes: { value: { tensor: tensorProto('', { shape: [1], dtype: 'int64', data: [5] }) } },
      types: ['int64'],
    },
  ),
  Constant: (opset) => [
    {
      inputs: [],
      attributes: { value: { tensor: tensorProto('', { shape: [2], dtype: 'float32', data: [1.5, -2] }) } },
    },
    ...(opset >= 12
      ? [
          { inputs: [], attributes: { value_float: { float: 0.5 } } },
          { inputs: [], attributes: { value_ints: [3, 4] }, types: ['int64'] as const },
          { inputs: [], attributes: { value_int: 3 }, types: ['int64'] as const },
          { inputs: [], attributes: { value_floats: { floats: [0.25, 2] } } },
        ]
      : []),
  ],
  If: always({
    inputs: [numbers([1], [], 'bool', true)],
    attributes: {
      then_branch: { graph: branch(1) },
      else_branch: { graph: branch(2) },
    },
    types: ['float32'],
  }),
}

function branch(value: number) {
  const constant = { tensor: tensorProto('', { shape: [2], dtype: 'float32', data: [value, -value] }) }
  return {
    name: `branch${value}`,
    node: [nodeOf('Constant', [], ['c'], { value: constant }), nodeOf('Neg', ['c'], ['r'])],
    output: [valueInfo('r', 'float32', [2])],
  }
}
