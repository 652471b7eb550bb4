import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import { relu } from '../ops/activation.ts'
import { add, mul, sub } from '../ops/arithmetic.ts'
import { chunk } from '../ops/concat.ts'
import { sigmoid, tanh } from '../ops/sigmoid.ts'
import { Recurrent, type RecurrentOptions, recurrentOptions } from './recurrent.ts'
import type { RecurrentCell } from './recurrent-kind.ts'

const rnnOptions = {
  ...recurrentOptions,
  /** Activation whose output is the new hidden state. @default 'tanh' */
  nonlinearity: choice(['tanh', 'relu'], 'tanh'),
}
export interface RNNOptions extends OptionsOf<typeof rnnOptions> {}

/**
 * Elman network with input x and hidden state h. Like PyTorch's `nn.RNN`, but without dropout between layers.
 *
 *     h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh)
 */
export class RNN extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options?: RNNOptions) {
    const { nonlinearity, ...rest } = readOptions('RNN', rnnOptions, options)
    const squash = { tanh, relu }[nonlinearity]
    const cell: RecurrentCell = (input, recurrent) => [squash(add(input, recurrent))]
    const names = { tanh: 'Tanh', relu: 'Relu' }
    const attributes = (directions: number) => ({
      activations: { strings: new Array<string>(directions).fill(names[nonlinearity]) },
    })
    const kind = { name: 'RNN', gates: 1, hasCell: false, cell, sums: true, order: [0], attributes }
    super(kind, inputSize, hiddenSize, rest)
  }
}

/**
 * Long short-term memory. Like PyTorch's `nn.LSTM`, but without projections and without dropout between layers.
 *
 *     i, f, o = σ(W·x + U·h + b)    g = tanh(W·x + U·h + b)
 *     c ← f·c + i·g    h ← o·tanh(c)
 *
 * Here x is the input, h the hidden state, c the cell state. Each of i, f, g and o has its own W, U and b; in the
 * weights, they are stacked in this order.
 *
 * Source: Hochreiter & Schmidhuber 1997; with forget gates, Gers, Schmidhuber & Cummins 2000.
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions) {
    const kind = { name: 'LSTM', gates: 4, hasCell: true, cell: lstm, sums: true, order: [0, 3, 1, 2] }
    super(kind, inputSize, hiddenSize, options)
  }
}

const lstm: RecurrentCell = (input, recurrent, [, cell]) => {
  const [i, f, g, o] = chunk(add(input, recurrent), 4, 1)
  const next = add(mul(sigmoid(f!), cell!), mul(sigmoid(i!), tanh(g!)))
  return [mul(sigmoid(o!), tanh(next)), next]
}

/**
 * Gated recurrent units. Like PyTorch's `nn.GRU`, but without dropout between layers.
 *
 *     r, z = σ(W·x + b + U·h + b′)    n = tanh(W·x + b + r·(U·h + b′))
 *     h ← (1 − z)·n + z·h
 *
 * Here x is the input, h the hidden state. Each of r, z and n has its own W, U, b and b′; in the weights, they are
 * stacked in this order.
 *
 * Source: Cho et al. 2014, https://arxiv.org/abs/1406.1078, with r outside the product, as in cuDNN.
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions) {
    const attributes = () => ({ linear_before_reset: 1 })
    const kind = {
      name: 'GRU',
      gates: 3,
      hasCell: false,
      cell: gru,
      sums: false,
      order: [1, 0, 2],
      attributes,
    }
    super(kind, inputSize, hiddenSize, options)
  }
}

const gru: RecurrentCell = (input, recurrent, [hidden]) => {
  const [xr, xz, xn] = chunk(input, 3, 1)
  const [hr, hz, hn] = chunk(recurrent, 3, 1)
  const z = sigmoid(add(xz!, hz!))
  const n = tanh(add(xn!, mul(sigmoid(add(xr!, hr!)), hn!)))
  return [add(n, mul(z, sub(hidden, n)))]
}
