import { constant } from '../../../src/core/tensor.ts'
import * as nn from '../../../src/nn/index.ts'
import type { ModuleRow } from '../../support/module-check.ts'

const affine = ['weight', 'bias']
const running = ['running_mean', 'running_var', 'num_batches_tracked']
// A layer counts a batch before it weighs it.
const learns = ['num_batches_tracked', 'running_mean', 'running_var']
const padding = constant([1, 1, 1, 0, 1, 1], [2, 3], 'bool')

/** Layers that look at one example at a time, or at the last axis. */
const simple: readonly ModuleRow[] = [
  { name: 'Linear', make: () => new nn.Linear(3, 2), input: [4, 3], output: [4, 2], state: affine },
  {
    name: 'Linear, no bias',
    make: () => new nn.Linear(3, 2, { bias: false }),
    input: [2, 4, 3],
    output: [2, 4, 2],
    state: ['weight'],
  },
  {
    name: 'Embedding',
    make: () => new nn.Embedding(5, 3),
    input: constant([0, 4, 4, 1], [2, 2], 'int64'),
    output: [2, 2, 3],
    state: ['weight'],
  },
  { name: 'Identity', make: () => new nn.Identity(), input: [2, 3], output: [2, 3], state: [] },
  {
    name: 'Sequential',
    make: () => new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2)),
    input: [2, 3],
    output: [2, 2],
    state: ['0.weight', '0.bias', '2.weight', '2.bias'],
  },
  {
    name: 'TabularInput',
    make: () => new nn.TabularInput({ categories: [0, 3, 0] }, { encode: 'one-hot' }),
    input: [2, 3],
    output: [2, 4],
    state: [],
  },
  {
    name: 'Denormalize',
    make: () => new nn.Denormalize({ y: { data: [1, 20, 3, 50], shape: [2] } }),
    input: [3, 2],
    output: [3, 2],
    state: [],
  },
  {
    name: 'Residual',
    make: () => new nn.Residual(new nn.Linear(3, 3)),
    input: [2, 3],
    output: [2, 3],
    state: ['branch.weight', 'branch.bias'],
  },
  {
    name: 'Residual, projected',
    make: () => new nn.Residual(new nn.Linear(3, 2), new nn.Linear(3, 2, { bias: false })),
    input: [2, 3],
    output: [2, 2],
    state: ['branch.weight', 'branch.bias', 'shortcut.weight'],
  },
]

const activations: readonly ModuleRow[] = [
  new nn.ReLU(),
  new nn.ReLU6(),
  new nn.LeakyReLU(),
  new nn.ELU(),
  new nn.CELU(),
  new nn.SELU(),
  new nn.GELU(),
  new nn.SiLU(),
  new nn.Mish(),
  new nn.Tanh(),
  new nn.Sigmoid(),
  new nn.LogSigmoid(),
  new nn.Softplus(),
  new nn.Hardtanh(),
  new nn.Hardsigmoid(),
  new nn.Hardswish(),
  new nn.Softmax(),
  new nn.LogSoftmax(),
].map((module) => ({
  name: module.constructor.name,
  make: () => module,
  input: [2, 5],
  output: [2, 5],
  state: [],
  smooth: !/ReLU|ELU|Hard/.test(module.constructor.name) || module.constructor.name === 'GELU',
}))

const normalizations: readonly ModuleRow[] = [
  ...[
    { Kind: nn.BatchNorm1d, input: [4, 3] },
    { Kind: nn.BatchNorm1d, input: [2, 3, 4] },
    { Kind: nn.BatchNorm2d, input: [2, 3, 2, 2] },
    { Kind: nn.BatchNorm3d, input: [2, 3, 1, 2, 2] },
  ].map(({ Kind, input }) => ({
    name: `${Kind.name}, ${input.length} axes`,
    make: () => new Kind(3),
    input,
    output: input,
    state: [...affine, ...running],
    learns,
  })),
  {
    name: 'BatchNorm1d, not affine',
    make: () => new nn.BatchNorm1d(3, { affine: false }),
    input: [4, 3],
    output: [4, 3],
    state: running,
    learns,
  },
  {
    name: 'BatchNorm1d, weight alone',
    make: () => new nn.BatchNorm1d(3, { affine: 'weight' }),
    input: [4, 3],
    output: [4, 3],
    state: ['weight', ...running],
    learns,
  },
  {
    name: 'BatchNorm1d, bias alone',
    make: () => new nn.BatchNorm1d(3, { affine: 'bias', momentum: null }),
    input: [4, 3],
    output: [4, 3],
    state: ['bias', ...running],
    learns,
  },
  {
    name: 'BatchNorm1d, no statistics',
    make: () => new nn.BatchNorm1d(3, { trackRunningStats: false }),
    input: [4, 3],
    output: [4, 3],
    state: affine,
  },
  {
    name: 'BatchNorm1d, frozen',
    make: () => nn.freeze(new nn.BatchNorm1d(3)),
    input: [4, 3],
    output: [4, 3],
    state: [...affine, ...running],
  },
  {
    name: 'BatchNorm1d, ghosts',
    make: () => new nn.BatchNorm1d(3, { virtualBatchSize: 2 }),
    input: [6, 3],
    output: [6, 3],
    state: [...affine, ...running],
    learns,
  },
  {
    name: 'BatchNorm1d, masked',
    make: () => new nn.BatchNorm1d(2, { nonFinite: 'skip' }),
    input: [2, 2, 3],
    output: [2, 2, 3],
    state: [...affine, ...running],
    learns,
    call: (bn, x, mode) => (bn as nn.BatchNorm1d).forward(x, mode, padding),
  },
  {
    // With other clips its gradient is not its slope: none flows through r and d.
    name: 'BatchNorm1d, renorm without correction',
    make: () => new nn.BatchNorm1d(3, { renorm: { rMax: 1, dMax: 0 } }),
    input: [4, 3],
    output: [4, 3],
    state: [...affine, ...running],
    learns,
  },
  { name: 'LayerNorm', make: () => new nn.LayerNorm(3), input: [2, 3], output: [2, 3], state: affine },
  {
    name: 'LayerNorm, two axes',
    make: () => new nn.LayerNorm([3, 2], { bias: false }),
    input: [2, 3, 2],
    output: [2, 3, 2],
    state: ['weight'],
  },
  { name: 'RMSNorm', make: () => new nn.RMSNorm(3), input: [2, 3], output: [2, 3], state: ['weight'] },
  {
    name: 'GroupNorm',
    make: () => new nn.GroupNorm(2, 4),
    input: [2, 4, 3],
    output: [2, 4, 3],
    state: affine,
  },
  {
    name: 'DyT',
    make: () => new nn.DyT(3, { alpha: 0.8 }),
    input: [2, 3],
    output: [2, 3],
    state: ['alpha', ...affine],
  },
  {
    name: 'Derf, channels first',
    make: () => new nn.Derf(2, { channelsLast: false }),
    input: [2, 2, 3],
    output: [2, 2, 3],
    state: ['alpha', 'shift', ...affine],
  },
  {
    name: 'StandardizedLinear',
    make: () => new nn.StandardizedLinear(3, 2),
    input: [4, 3],
    output: [4, 2],
    state: ['weight', 'gain', 'bias'],
  },
  {
    name: 'StandardizedConv1d, groups and stride',
    make: () => new nn.StandardizedConv1d(2, 4, 3, { stride: 2, padding: 1, groups: 2 }),
    input: [2, 2, 5],
    output: [2, 4, 3],
    state: ['weight', 'gain', 'bias'],
  },
  {
    name: 'StandardizedConv2d, no bias',
    make: () => new nn.StandardizedConv2d(2, 3, [2, 3], { bias: false }),
    input: [2, 2, 3, 4],
    output: [2, 3, 2, 2],
    state: ['weight', 'gain'],
  },
  { name: 'SkipInit', make: () => new nn.SkipInit(), input: [2, 3], output: [2, 3], state: ['gain'] },
  {
    name: 'InstanceNorm1d',
    make: () => new nn.InstanceNorm1d(2),
    input: [2, 2, 3],
    output: [2, 2, 3],
    state: [],
  },
  {
    name: 'InstanceNorm2d',
    make: () => new nn.InstanceNorm2d(2, { affine: true, trackRunningStats: true }),
    input: [2, 2, 3, 2],
    output: [2, 2, 3, 2],
    state: [...affine, ...running],
    learns,
  },
  {
    name: 'PReLU',
    make: () => new nn.PReLU({ numParameters: 3 }),
    input: [2, 3, 2],
    output: [2, 3, 2],
    state: ['weight'],
    smooth: false,
  },
]

const lengths = constant([1, 3], [2], 'int64')
const directions = (names: readonly string[], suffixes: readonly string[]): string[] =>
  suffixes.flatMap((suffix) => names.map((name) => `${name}_${suffix}`))
const weights = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']

const sequences: readonly ModuleRow[] = [
  ...[nn.RNN, nn.LSTM, nn.GRU].flatMap((Kind) => [
    {
      name: Kind.name,
      make: () => new Kind(2, 2),
      input: [3, 2, 2],
      output: [3, 2, 2],
      state: directions(weights, ['l0']),
    },
    {
      name: `${Kind.name}, everything`,
      make: () => new Kind(2, 2, { numLayers: 2, bidirectional: true, batchFirst: true, bias: false }),
      input: [2, 3, 2],
      output: [2, 3, 4],
      state: directions(weights.slice(0, 2), ['l0', 'l0_reverse', 'l1', 'l1_reverse']),
      call: (net: nn.Module, x: Parameters<nn.Module['forward']>[0], mode: nn.Mode) =>
        (net as nn.RNN).forward(x, mode, { lengths }),
    },
  ]),
  {
    name: 'MultiheadAttention',
    make: () => new nn.MultiheadAttention(4, 2),
    input: [3, 2, 4],
    output: [3, 2, 4],
    state: ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'],
  },
  {
    name: 'MultiheadAttention, projected apart',
    make: () => new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 2, batchFirst: true }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    state: [
      ...['q_proj_weight', 'k_proj_weight', 'v_proj_weight', 'in_proj_bias'],
      ...['out_proj.weight', 'out_proj.bias'],
    ],
    call: (net, x, mode) =>
      (net as nn.MultiheadAttention).forward(x, mode, {
        key: constant(
          new Float64Array(12).map((_, i) => Math.sin(i)),
          [2, 2, 3],
          x.dtype,
        ),
        value: constant(
          new Float64Array(8).map((_, i) => Math.cos(i)),
          [2, 2, 2],
          x.dtype,
        ),
        keyPaddingMask: constant([0, 1, 0, 0], [2, 2], 'bool'),
      }),
  },
]

const convolutions: readonly ModuleRow[] = [
  {
    name: 'Conv1d',
    make: () => new nn.Conv1d(2, 3, 2, { stride: 2, padding: 1 }),
    input: [2, 2, 5],
    output: [2, 3, 3],
    state: affine,
  },
  {
    name: 'Conv1d, circular, no bias',
    make: () => new nn.Conv1d(2, 2, 3, { padding: 'same', paddingMode: 'circular', bias: false }),
    input: [2, 2, 4],
    output: [2, 2, 4],
    state: ['weight'],
  },
  {
    name: 'Conv2d',
    make: () => new nn.Conv2d(2, 3, 3, { padding: 1 }),
    input: [2, 2, 3, 4],
    output: [2, 3, 3, 4],
    state: affine,
  },
  {
    name: 'Conv2d, strided in groups',
    make: () => new nn.Conv2d(4, 2, [2, 1], { stride: [2, 1], dilation: [1, 2], groups: 2 }),
    input: [2, 4, 4, 3],
    output: [2, 2, 2, 3],
    state: affine,
  },
  {
    name: 'Conv3d',
    make: () => new nn.Conv3d(1, 2, 2, { padding: [0, 1, 0] }),
    input: [2, 1, 2, 2, 3],
    output: [2, 2, 1, 3, 2],
    state: affine,
  },
  {
    name: 'ConvTranspose1d',
    make: () => new nn.ConvTranspose1d(2, 3, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    input: [2, 2, 3],
    output: [2, 3, 6],
    state: affine,
  },
  {
    name: 'ConvTranspose2d',
    make: () => new nn.ConvTranspose2d(2, 2, 2, { stride: 2, groups: 2, bias: false }),
    input: [2, 2, 2, 3],
    output: [2, 2, 4, 6],
    state: ['weight'],
  },
]

/** Layers without variables: pools, and what changes a shape or drops elements. */
const stateless: readonly ModuleRow[] = [
  // A difference of two steps is one of two masks: test/conformance/dropout.test.ts has the slope under one.
  { name: 'Dropout', make: () => new nn.Dropout(0.4), input: [3, 4], output: [3, 4], state: [], draws: true },
  { name: 'Flatten', make: () => new nn.Flatten(), input: [2, 3, 2], output: [2, 6], state: [] },
  { name: 'Flatten, inner', make: () => new nn.Flatten(0, 1), input: [2, 3, 2], output: [6, 2], state: [] },
  {
    name: 'MaxPool1d',
    make: () => new nn.MaxPool1d(2),
    input: [2, 2, 5],
    output: [2, 2, 2],
    state: [],
    smooth: false,
  },
  {
    name: 'MaxPool2d',
    make: () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    input: [2, 2, 4, 3],
    output: [2, 2, 2, 2],
    state: [],
    smooth: false,
  },
  { name: 'AvgPool1d', make: () => new nn.AvgPool1d(2), input: [2, 2, 5], output: [2, 2, 2], state: [] },
  {
    name: 'AvgPool2d',
    make: () => new nn.AvgPool2d(2, { stride: 1, padding: 1 }),
    input: [2, 2, 3, 2],
    output: [2, 2, 4, 3],
    state: [],
  },
  {
    name: 'AdaptiveAvgPool1d',
    make: () => new nn.AdaptiveAvgPool1d(3),
    input: [2, 2, 5],
    output: [2, 2, 3],
    state: [],
  },
  {
    name: 'AdaptiveAvgPool2d',
    make: () => new nn.AdaptiveAvgPool2d([1, 2]),
    input: [2, 2, 4, 3],
    output: [2, 2, 1, 2],
    state: [],
  },
]

export const modules: readonly ModuleRow[] = [
  ...simple,
  ...activations,
  ...normalizations,
  ...convolutions,
  ...stateless,
  ...sequences,
]
