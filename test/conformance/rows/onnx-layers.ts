import { floats, type NodeSpec, numbers, setting } from '../../support/onnx-build.ts'
import type { OnnxRow, OnnxRows } from './onnx-elementwise.ts'

const always =
  (...specs: readonly NodeSpec[]): OnnxRow =>
  () =>
    specs
const softmax: OnnxRow = always(
  { inputs: [floats([2, 3, 4], -3, 3)] },
  { inputs: [floats([2, 3, 4], -3, 3)], attributes: { axis: 1 } },
)
const image = floats([2, 3, 7, 6])
const same = { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' } as const

const pooling =
  (more: (opset: number) => readonly NonNullable<NodeSpec['attributes']>[]): OnnxRow =>
  (opset) =>
    [
      { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1] },
      { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 1, 0] },
      same,
      { ...same, auto_pad: 'SAME_LOWER' },
      { kernel_shape: [2, 2], auto_pad: 'VALID' },
      ...more(opset),
    ].map((attributes) => ({ inputs: [image], attributes }))

const convolutions: readonly NodeSpec[] = [
  { inputs: [image, floats([4, 3, 3, 2]), floats([4])], attributes: { pads: [1, 0, 1, 0], strides: [2, 1] } },
  { inputs: [image, floats([6, 1, 3, 3])], attributes: { group: 3, dilations: [2, 1], pads: [0, 1, 2, 0] } },
  { inputs: [image, floats([2, 3, 3, 2])], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
  { inputs: [image, floats([2, 3, 3, 2])], attributes: { auto_pad: 'SAME_LOWER' } },
  { inputs: [floats([2, 3, 8]), floats([4, 3, 3]), floats([4])] },
  { inputs: [floats([1, 2, 4, 4, 3]), floats([2, 2, 2, 2, 2])], attributes: { strides: [2, 1, 1] } },
]
const transposed: readonly NodeSpec[] = [
  { inputs: [image, floats([3, 4, 3, 2]), floats([4])], attributes: { strides: [2, 2], pads: [1, 0, 1, 0] } },
  {
    inputs: [image, floats([3, 2, 3, 3])],
    attributes: { group: 3, strides: [2, 1], output_padding: [1, 0] },
  },
  { inputs: [image, floats([3, 2, 3, 3])], attributes: { strides: [2, 2], output_shape: [14, 12] } },
  {
    inputs: [image, floats([3, 2, 3, 3])],
    attributes: { strides: [2, 2], pads: [0, 1, 1, 0], dilations: [1, 2] },
  },
  { inputs: [floats([2, 3, 5]), floats([3, 2, 3])], attributes: { auto_pad: 'SAME_UPPER', strides: [2] } },
]
const batchNorm: NodeSpec = {
  inputs: [image, floats([3]), floats([3]), floats([3]), floats([3], 0.5, 2)],
  attributes: { epsilon: { float: 0.01 } },
}
const affine = [floats([3]), floats([3])] as const
const gemm: OnnxRow = (opset) => [
  { inputs: [floats([2, 3]), floats([3, 4]), floats([4])] },
  {
    inputs: [floats([3, 2]), floats([4, 3]), floats([2, 1])],
    attributes: { transA: 1, transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
  },
  { inputs: [floats([2, 3]), floats([4, 3]), floats([4])], attributes: { transB: 1 } },
  ...(opset >= 11 ? [{ inputs: [floats([2, 3]), floats([3, 4])] }] : []),
]

/** Recurrent layers of `gates` gates: 5 steps, 2 sequences, 3 inputs, 4 outputs. */
const recurrent =
  (gates: number, more: NodeSpec['attributes'] = {}): OnnxRow =>
  () => {
    const outputs = gates === 4 ? 3 : 2
    const of = (directions: number): NodeSpec['inputs'] => {
      const state = floats([directions, 2, 4])
      const weights = [
        floats([directions, gates * 4, 3]),
        floats([directions, gates * 4, 4]),
        floats([directions, gates * 8]),
      ]
      return [floats([5, 2, 3]), ...weights, '', state, ...(gates === 4 ? [state] : [])]
    }
    const attributes = { hidden_size: 4, ...more }
    return [
      { inputs: of(1), attributes, outputs },
      { inputs: of(1), attributes: { ...attributes, direction: 'reverse' }, outputs },
      { inputs: of(2), attributes: { ...attributes, direction: 'bidirectional' }, outputs },
    ]
  }

const resizes = (opset: number): readonly NodeSpec[] => {
  if (opset < 11) {
    return ['nearest', 'linear'].map((mode) => ({
      inputs: [image, numbers([1, 1, 1.5, 2], [4], 'float32', true)],
      attributes: { mode },
    }))
  }
  const scales = numbers([1, 1, 2, 0.5], [4], 'float32', true)
  const modes = ['nearest', 'linear', 'cubic']
  const how = ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']
  // Operator set 11 wants all inputs, empty where they are not used.
  const none = opset < 13 ? numbers([], [0], 'float32', true) : ''
  const of = (attributes: NodeSpec['attributes'] = {}): NodeSpec => ({
    inputs: [image, none, scales],
    attributes,
  })
  return [
    ...modes.map((mode) => of({ mode })),
    ...how.map((name) => of({ mode: 'linear', coordinate_transformation_mode: name })),
    ...['floor', 'ceil', 'round_prefer_ceil'].map((name) =>
      of({ nearest_mode: name, coordinate_transformation_mode: 'asymmetric' }),
    ),
    of({ mode: 'cubic', exclude_outside: 1, cubic_coeff_a: { float: -0.5 } }),
    { inputs: [image, none, none, setting([2, 3, 9, 4])], attributes: { mode: 'linear' } },
    ...(opset >= 18
      ? [
          of({ mode: 'linear', antialias: 1 }),
          {
            inputs: [image, '' as const, '' as const, setting([9, 4])],
            attributes: { mode: 'linear', axes: [2, 3] },
          },
        ]
      : []),
  ]
}
const upsample = (opset: number): readonly NodeSpec[] =>
  ['nearest', 'linear'].map((mode) =>
    opset < 9
      ? { inputs: [image], attributes: { mode, scales: { floats: [1, 1, 2, 2] } } }
      : { inputs: [image, numbers([1, 1, 2, 2], [4], 'float32', true)], attributes: { mode } },
  )
const labels = numbers([0, 2, 1, 1], [4])
const losses: OnnxRow = always(
  { inputs: [floats([4, 3]), labels] },
  { inputs: [floats([4, 3]), labels, floats([3], 0.5, 2)], attributes: { reduction: 'sum' } },
  { inputs: [floats([4, 3]), labels], attributes: { reduction: 'none', ignore_index: 1 } },
)

export const layerRows: OnnxRows = {
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: always({ inputs: [floats([2, 3, 4])], differentiable: false }),
  MatMul: always(
    { inputs: [floats([2, 3]), floats([3, 4])] },
    { inputs: [floats([2, 1, 2, 3]), floats([5, 3, 4])] },
    { inputs: [floats([3]), floats([3, 4])] },
    { inputs: [floats([2, 3]), floats([3])] },
  ),
  Gemm: gemm,
  Einsum: always({ inputs: [floats([2, 3]), floats([3, 4])], attributes: { equation: 'ij,jk->ki' } }),
  Conv: always(...convolutions),
  ConvTranspose: always(...transposed),
  MaxPool: pooling((opset) => [
    ...(opset >= 10
      ? [
          { kernel_shape: [3, 2], ceil_mode: 1, strides: [2, 2] },
          { kernel_shape: [2, 2], dilations: [2, 2] },
        ]
      : []),
  ]),
  AveragePool: pooling((opset) => [
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    ...(opset >= 10 ? [{ kernel_shape: [3, 2], ceil_mode: 1, strides: [2, 2] }] : []),
    ...(opset >= 19 ? [{ kernel_shape: [2, 2], dilations: [2, 2] }] : []),
  ]),
  LpPool: pooling((opset) => [
    { kernel_shape: [2, 2], p: 3 },
    ...(opset >= 18 ? [{ kernel_shape: [2, 2], dilations: [2, 1] }] : []),
  ]),
  GlobalAveragePool: always({ inputs: [image] }),
  GlobalMaxPool: always({ inputs: [image] }),
  GlobalLpPool: always(
    { inputs: [image] },
    { inputs: [image], attributes: { p: 3 } },
    { inputs: [image], attributes: { p: 1 } },
  ),
  BatchNormalization: always(batchNorm),
  LayerNormalization: always(
    { inputs: [floats([2, 3, 4]), floats([4]), floats([4])] },
    { inputs: [floats([2, 3, 4]), floats([3, 4])], attributes: { axis: 1, epsilon: { float: 0.1 } } },
  ),
  GroupNormalization: (opset) => [
    {
      inputs: [floats([2, 4, 3]), ...(opset < 21 ? [floats([2]), floats([2])] : [floats([4]), floats([4])])],
      attributes: { num_groups: 2 },
    },
  ],
  InstanceNormalization: always({ inputs: [image, ...affine], attributes: { epsilon: { float: 0.01 } } }),
  RMSNormalization: always(
    { inputs: [floats([2, 3, 4]), floats([4])] },
    { inputs: [floats([2, 3, 4]), floats([3, 4])], attributes: { axis: 1 } },
  ),
  LpNormalization: always(
    { inputs: [floats([2, 3])] },
    { inputs: [floats([2, 3])], attributes: { p: 1, axis: 0 } },
  ),
  MeanVarianceNormalization: always({ inputs: [image] }, { inputs: [image], attributes: { axes: [0, 1] } }),
  LRN: always({
    inputs: [floats([2, 5, 3, 3])],
    attributes: { size: 3, alpha: { float: 0.1 }, bias: { float: 2 } },
  }),
  Resize: resizes,
  Upsample: upsample,
  LSTM: recurrent(4),
  GRU: (opset) => [...recurrent(3)(opset), ...recurrent(3, { linear_before_reset: 1 })(opset)],
  RNN: recurrent(1),
  SoftmaxCrossEntropyLoss: losses,
  NegativeLogLikelihoodLoss: losses,
}
