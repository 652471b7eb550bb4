import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { relu } from '../ops/activation.ts'
import { add, mul, sub } from '../ops/arithmetic.ts'
import { chunk, concat } from '../ops/concat.ts'
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
    const cell: RecurrentCell = (sum) => [squash(sum)]
    const names = { tanh: 'Tanh', relu: 'Relu' }
    const attributes = (directions: number) => ({
      activations: { strings: new Array<string>(directions).fill(names[nonlinearity]) },
    })
    const kind = { name: 'RNN', gates: 1, hasCell: false, cell, sums: 1, order: [0], attributes }
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
    const kind = { name: 'LSTM', gates: 4, hasCell: true, cell: lstm, sums: 4, order: [0, 3, 1, 2] }
    super(kind, inputSize, hiddenSize, options)
  }
}

/** The derivatives are in closed form: 17 operators on a state rather than 22. */
const lstm: RecurrentCell = (sum, [, cell]) => {
  const [ofI, ofF, ofG, ofO] = chunk(sum, 4, 1)
  const [i, f, g, o] = [sigmoid(ofI!), sigmoid(ofF!), tanh(ofG!), sigmoid(ofO!)]
  const [kept, added] = [mul(f, cell!), mul(i, g)]
  const next: Tensor = {
    ...add(kept, added),
    sources: [ofI!, ofF!, ofG!, cell!],
    grad(dc) {
      const [toKept, toAdded] = [mul(dc, kept), mul(dc, added)]
      return [
        sub(toAdded, mul(toAdded, i)), // dc·g·i(1 − i)
        sub(toKept, mul(toKept, f)), // dc·c·f(1 − f)
        sub(mul(dc, i), mul(toAdded, g)), // dc·i(1 − g²)
        mul(dc, f),
      ]
    },
  }
  const squashed = tanh(next)
  const hidden: Tensor = {
    ...mul(o, squashed),
    sources: [ofO!, next],
    grad(dh) {
      const whole = mul(dh, hidden)
      return [
        sub(whole, mul(whole, o)), // dh·tanh(c)·o(1 − o)
        sub(mul(dh, o), mul(whole, squashed)), // dh·o(1 − tanh²(c))
      ]
    },
  }
  return [hidden, next]
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
      sums: 2,
      order: [1, 0, 2],
      attributes,
    }
    super(kind, inputSize, hiddenSize, options)
  }
}

/** The derivatives are in closed form, with few operators. */
const gru: RecurrentCell = (sum, [hidden], apart) => {
  const [xn, hn] = [apart!.input, apart!.recurrent]
  const gates = sigmoid(sum)
  const [r, z] = chunk(gates, 2, 1)
  const gated = mul(r!, hn)
  const n = tanh(add(xn, gated))
  const kept = mul(z!, sub(hidden, n))
  const next: Tensor = {
    ...add(n, kept),
    sources: [sum, xn, hn, hidden],
    grad(dh) {
      const [toKept, toHidden] = [mul(dh, kept), mul(dh, z!)]
      const toN = sub(dh, toHidden)
      const ofN = sub(toN, mul(mul(toN, n), n)) // dh(1 − z)(1 − n²)
      const toGates = concat([mul(ofN, gated), toKept], 1)
      const ofGates = sub(toGates, mul(toGates, gates)) // ofN·hn·r(1 − r) and dh(h − n)·z(1 − z)
      return [ofGates, ofN, mul(ofN, r!), toHidden]
    },
  }
  return [next]
}
