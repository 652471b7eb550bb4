import { expect, test } from 'vitest'
import type { Shape } from '../src/core/shape.ts'
import { variables } from '../src/core/state.ts'
import { constant, input } from '../src/core/tensor.ts'
import { trace } from '../src/core/variable.ts'
import * as nn from '../src/nn/index.ts'
import { add } from '../src/ops/index.ts'

/** A forward pass of a layer that a model holds as its field `layer`. */
const forward = (layer: nn.Module, shape: Shape): void => {
  variables({ layer })
  trace(() => layer.forward(input(shape), 'train'))
}
const lengths = constant([1, 2, 3], [3], 'int64')

test.each<[wanted: string, mistake: () => unknown]>([
  ['LayerNorm: wanted normalizedShape as a positive integer, got 0', () => new nn.LayerNorm([3, 0])],
  ['LayerNorm: wanted eps as a number > 0, got -1', () => new nn.LayerNorm(3, { eps: -1 })],
  ['layer (LayerNorm): wanted […, 3, 2], got [4, 3]', () => forward(new nn.LayerNorm([3, 2]), [4, 3])],
  ['RMSNorm: wanted eps as a number > 0, got 0', () => new nn.RMSNorm(3, { eps: 0 })],
  ['layer (RMSNorm): wanted […, 3], got [3, 4]', () => forward(new nn.RMSNorm(3), [3, 4])],
  ['GroupNorm: wanted numChannels as a multiple of numGroups, got 5 and 2', () => new nn.GroupNorm(2, 5)],
  ['layer (GroupNorm): wanted [batch, 4, …], got [2, 3]', () => forward(new nn.GroupNorm(2, 4), [2, 3])],
  [
    'InstanceNorm1d: wanted momentum as a number from 0 to 1, null or a schedule, got 2',
    () => new nn.InstanceNorm1d(2, { momentum: 2 }),
  ],
  [
    'layer (InstanceNorm1d): wanted [batch, 2, length], got [4, 2]',
    () => forward(new nn.InstanceNorm1d(2), [4, 2]),
  ],
  [
    'layer (InstanceNorm2d): wanted [batch, 2, height, width], got [4, 3, 2, 2]',
    () => forward(new nn.InstanceNorm2d(2), [4, 3, 2, 2]),
  ],
  [
    'layer (InstanceNorm1d): wanted 2 or more values per channel and example, got [4, 2, 1]',
    () => forward(new nn.InstanceNorm1d(2), [4, 2, 1]),
  ],
  ['Embedding: wanted paddingIdx from -4 to 3, got 4', () => new nn.Embedding(4, 2, { paddingIdx: 4 })],
  ['Embedding: wanted embeddingDim as a positive integer, got 1.5', () => new nn.Embedding(4, 1.5)],
  ['PReLU: wanted numParameters as a positive integer, got 0', () => new nn.PReLU({ numParameters: 0 })],
  [
    'layer (Residual): wanted a branch of [4, 3], the shape of the shortcut, got [4, 2]; project the shortcut',
    () => forward(new nn.Residual(new nn.Linear(3, 2)), [4, 3]),
  ],
  ['GRU: wanted numLayers as a positive integer, got 0', () => new nn.GRU(2, 3, { numLayers: 0 })],
  [
    `RNN: wanted nonlinearity as 'tanh' or 'relu', got "gelu"`,
    () => new nn.RNN(2, 3, { nonlinearity: 'gelu' as 'relu' }),
  ],
  ['layer (GRU): wanted [length, batch, 2], got [5, 4, 3]', () => forward(new nn.GRU(2, 3), [5, 4, 3])],
  [
    'layer (LSTM): wanted [batch, length, 2], got [5, 2]',
    () => forward(new nn.LSTM(2, 3, { batchFirst: true }), [5, 2]),
  ],
  [
    'GRU: wanted lengths of [4], got [3]',
    () => trace(() => new nn.GRU(2, 3).unroll(input([5, 4, 2]), { lengths })),
  ],
  [
    'LSTM: wanted hidden of [1, 4, 3], got [4, 3]',
    () => trace(() => new nn.LSTM(2, 3).unroll(input([5, 4, 2]), { hidden: input([4, 3]) })),
  ],
  [
    'GRU: wanted no cell state, got one',
    () => trace(() => new nn.GRU(2, 3).unroll(input([5, 4, 2]), { cell: input([1, 4, 3]) })),
  ],
  [
    'MultiheadAttention: wanted embedDim as a multiple of numHeads, got 6 and 4',
    () => new nn.MultiheadAttention(6, 4),
  ],
  [
    'layer (MultiheadAttention): wanted [length, batch, 6], got [5, 4, 3]',
    () => forward(new nn.MultiheadAttention(6, 2), [5, 4, 3]),
  ],
  [
    'MultiheadAttention: wanted keyPaddingMask of [4, 5], got [5, 4]',
    () =>
      trace(() =>
        new nn.MultiheadAttention(6, 2).forward(input([5, 4, 6]), 'eval', {
          keyPaddingMask: input([5, 4], 'bool'),
        }),
      ),
  ],
  [
    'MultiheadAttention: wanted attnMask of [5, 5], got [4, 4]',
    () =>
      trace(() =>
        new nn.MultiheadAttention(6, 2).forward(input([5, 4, 6]), 'eval', { attnMask: input([4, 4]) }),
      ),
  ],
])('%s', (wanted, mistake) => {
  let got = 'nothing was thrown'
  try {
    mistake()
  } catch (error) {
    got = (error as Error).message
  }
  expect(got).toBe(wanted)
})

test('the stack of an error names its module once, also where a loader makes the stacks', () => {
  const { prepareStackTrace } = Error
  Error.prepareStackTrace = (error) => String(error)
  try {
    forward({ forward: (x) => add(x, constant([1, 2], [2])) }, [4, 3])
    expect.unreachable()
  } catch (error) {
    expect((error as Error).stack).toMatch(/^ShapeError: layer \(Object\): Add: wanted/)
  } finally {
    Error.prepareStackTrace = prepareStackTrace
  }
})
