import { describe, test } from 'vitest'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { expectSameAsEvaluation, trained } from '../support/exported.ts'
import type { ModuleRow } from '../support/module-check.ts'
import { modules } from './rows/modules.ts'

// An exported model takes any number of examples, so what a row gives as constants for its own must depend on x.
const calls: Record<string, (module: nn.Module, x: Tensor) => Tensor> = {
  'MultiheadAttention, projected apart': (net, x) =>
    (net as nn.MultiheadAttention).forward(x, 'eval', {
      key: ops.slice(x, [[], [1], [0, 3]]),
      value: ops.slice(x, [[], [1], [1, 3]]),
      keyPaddingMask: ops.greater(ops.sum(ops.slice(x, [[], [1], [0, 1]]), [2]), 10),
    }),
}
for (const kind of ['RNN', 'LSTM', 'GRU']) {
  calls[`${kind}, everything`] = (net, x) =>
    (net as nn.RNN).forward(x, 'eval', {
      lengths: ops.add(ops.cast(ops.greater(ops.sum(x, [1, 2]), 0), 'int64'), constant([1], [], 'int64')),
    })
}

/** The module of a row, as a model. */
class Called implements nn.Module {
  readonly module: nn.Module
  readonly #name: string

  constructor({ name, make }: ModuleRow) {
    this.module = make()
    this.#name = name
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const call = calls[this.#name]
    return call ? call(this.module, x) : this.module.forward(x, mode)
  }
}

describe('every module can be exported, and computes what it does in evaluation', () => {
  test.each(modules)('$name', async (row) => {
    const shape = 'op' in row.input ? row.input.shape : row.input
    const dtype = 'op' in row.input ? row.input.dtype : 'float32'
    // Statistics of a batch need two examples, in evaluation as well.
    const counts = row.name === 'BatchNorm1d, no statistics' ? [2, 7] : [1, 2, 7]
    await expectSameAsEvaluation(trained(new Called(row)), { shape: shape.slice(1), dtype }, counts)
  })

  test.each([nn.RNN, nn.LSTM, nn.GRU])('%o, by its last states', async (Kind) => {
    class Last implements nn.Module {
      readonly net = new Kind(2, 3, { numLayers: 2, bidirectional: true })
      forward(x: Tensor): Tensor {
        const { hidden, cell } = this.net.unroll(ops.transpose(x, [1, 0, 2]))
        return ops.transpose(cell ? ops.add(hidden, cell) : hidden, [1, 0, 2])
      }
    }
    await expectSameAsEvaluation(trained(new Last()), { shape: [4, 2], dtype: 'float32' })
  })
})
