import { describe, expect, test } from 'vitest'
import { expectSameAsEvaluation, trained } from '../../test/support/exported.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { exportOnnx } from '../train/export.ts'

const x = { shape: [3], dtype: 'float32' } as const

describe('JavaScript that branches on the number of examples', () => {
  const model = (f: (y: Tensor, n: number) => Tensor): nn.Module => {
    const layer = new nn.Linear(3, 4)
    return trained({ layer, forward: (x: Tensor) => f(layer.forward(x), x.shape[0]!) } as nn.Module)
  }
  const wrong: Readonly<Record<string, readonly [(y: Tensor, n: number) => Tensor, number | undefined]>> = {
    'another formula for 1': [(y, n) => (n === 1 ? y : ops.sub(y, ops.mean(y, [0]))), 1],
    'a constant bounded below': [(y, n) => ops.div(y, Math.max(1, n - 1)), 1],
    'a constant of even numbers': [(y, n) => ops.mul(y, n % 2), undefined],
    'a threshold among small numbers': [(y, n) => ops.mul(y, n > 3 ? 2 : 1), 1],
    'a threshold among great numbers': [(y, n) => ops.mul(y, n > 600 ? 2 : 1), 1024],
    'one number': [(y, n) => (n === 2 ? ops.relu(y) : y), 2],
    'a batch that is doubled': [(y, n) => (n === 1 ? y : ops.concat([y, y])), 1],
    'an order of operands': [(y, n) => (n === 1 ? ops.sub(y, ops.relu(y)) : ops.sub(ops.relu(y), y)), 1],
  }
  test.each(Object.entries(wrong))('is refused: %s', (_, [f, n]) => {
    const reason =
      n === undefined
        ? 'export: wanted constants that follow from the number of examples'
        : `export: wanted the same computation for any number of examples, got another for ${n} than for 23 (`
    expect(() => exportOnnx(model(f), x)).toThrow(reason)
  })

  test('is exported where it only avoids what does nothing', async () => {
    const alike = (f: (y: Tensor, n: number) => Tensor) => expectSameAsEvaluation(model(f), x, [1, 2, 7])
    await alike((y, n) => ops.sub(y, n === 1 ? ops.mul(y, 0.5) : ops.mul(ops.max(y, [0]), 0.5)))
    await alike((y, n) => (n === 1 ? y : ops.flip(y, [0])))
    await alike((y, n) =>
      ops.mul(
        y,
        constant(
          Array.from({ length: n }, (_, i) => 2 + 3 * i),
          [n, 1],
        ),
      ),
    )
    await expectSameAsEvaluation(trained(new nn.BatchNorm1d(3, { trackRunningStats: false })), x, [2, 7])
  })
})
