import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { type NodeCall, type NodeRule, type OperatorTable, range, refusal } from '../call.ts'
import { filledWith } from './arithmetic.ts'

// Recurrent layers, unrolled.

/** State of a cell: the output and, of an LSTM, the cell state. */
type State = readonly [h: Tensor, c: Tensor]

/** What a cell computes from xᵀW + b for one step: the next state. */
type Cell = (xw: Tensor, state: State, weights: Weights) => State

interface Weights {
  readonly r: Tensor
  readonly bias: Tensor
  readonly size: number
  readonly isLinearFirst: boolean
}

export const recurrent = (): OperatorTable => ({
  LSTM: unrolled(4, ['Sigmoid', 'Tanh', 'Tanh'], lstmCell),
  GRU: unrolled(3, ['Sigmoid', 'Tanh'], gruCell),
  RNN: unrolled(1, ['Tanh'], rnnCell),
})

/** Maximum number of steps that are unrolled. */
const mostSteps = 5000

function unrolled(gates: number, usual: readonly string[], cell: Cell): NodeRule {
  return (call) => {
    checkPlain(call, usual)
    const [x, w] = [call.x, call.input(1)]
    const isBatchFirst = call.number('layout', 0) === 1
    const [steps, batch] = isBatchFirst ? [x.shape[1]!, x.shape[0]!] : [x.shape[0]!, x.shape[1]!]
    const size = call.number('hidden_size', call.input(2).shape.at(-1)!)
    if (steps > mostSteps) throw refusal(`a sequence of at most ${mostSteps} steps`, steps)
    const start = (slot: number, d: number): Tensor => startOf(call, slot, d, [batch, size], isBatchFirst)
    const parts = ops.unbind(x, isBatchFirst ? 1 : 0)
    const ends = range(w.shape[0]!).map((d) => {
      const { weights, from, bias } = weightsOf(call, d, gates, size)
      let state: State = [start(5, d), start(6, d)]
      const isReverse = call.text('direction', 'forward') === 'reverse' || d === 1
      const outputs: Tensor[] = []
      for (const t of isReverse ? range(steps).reverse() : range(steps)) {
        state = cell(ops.linear(parts[t]!, from, bias), state, weights)
        outputs[t] = state[0]
      }
      return { outputs, state }
    })
    const directions = (list: readonly Tensor[]): Tensor => ops.stack(list, isBatchFirst ? 1 : 0)
    const each = range(steps).map((t) => directions(ends.map(({ outputs }) => outputs[t]!)))
    const lasts = (i: 0 | 1): Tensor => directions(ends.map(({ state }) => state[i]))
    return [ops.stack(each, isBatchFirst ? 1 : 0), lasts(0), ...(gates === 4 ? [lasts(1)] : [])]
  }
}

function checkPlain(call: NodeCall, usual: readonly string[]): void {
  const activations = call.node.attributes.get('activations')
  const isUsual =
    activations === undefined ||
    (activations as readonly string[]).every((one, i) => one === usual[i % usual.length])
  if (!isUsual)
    throw refusal(`the activations ${usual.join(', ')}`, (activations as readonly string[]).join(', '))
  if (call.inputs[4]) throw refusal('sequences of one length', 'sequence_lens')
  if (call.inputs[7]) throw refusal('an LSTM without peepholes', 'some')
  if (call.has('clip')) throw refusal('no clip', call.number('clip', 0))
  if (call.number('input_forget', 0)) throw refusal('no input_forget', 1)
}

/** Returns the state at the start in direction `d`; zeros unless the node has an input for it. */
function startOf(
  call: NodeCall,
  slot: number,
  d: number,
  shape: readonly number[],
  isBatchFirst: boolean,
): Tensor {
  const given = call.inputs[slot]
  if (!given) return filledWith(0, shape, call.x.dtype)
  return ops.reshape(ops.slice(given, isBatchFirst ? [[], [d, d + 1]] : [[d, d + 1]]), shape)
}

function weightsOf(call: NodeCall, d: number, gates: number, size: number) {
  const own = (slot: number): Tensor => ops.squeeze(ops.slice(call.input(slot), [[d, d + 1]]), [0])
  const both = call.inputs[3] ? own(3) : filledWith(0, [2 * gates * size], call.x.dtype)
  const [bias, inner] = ops.split(both, gates * size) as [Tensor, Tensor]
  const isLinearFirst = call.number('linear_before_reset', 0) === 1
  const weights: Weights = { r: own(2), bias: inner, size, isLinearFirst }
  return { from: own(1), bias, weights }
}

const lstmCell: Cell = (xw, [h, c], { r, bias, size }) => {
  const [i, o, f, g] = ops.split(ops.add(xw, ops.linear(h, r, bias)), size, 1) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const next = ops.add(ops.mul(ops.sigmoid(f), c), ops.mul(ops.sigmoid(i), ops.tanh(g)))
  return [ops.mul(ops.sigmoid(o), ops.tanh(next)), next]
}

const gruCell: Cell = (xw, [h, c], { r, bias, size, isLinearFirst }) => {
  type Three = [Tensor, Tensor, Tensor]
  const [xz, xr, xh] = ops.split(xw, size, 1) as Three
  const [rz, rr, rh] = ops.split(r, size, 0) as Three
  const [bz, br, bh] = ops.split(bias, size) as Three
  const update = ops.sigmoid(ops.add(xz, ops.linear(h, rz, bz)))
  const reset = ops.sigmoid(ops.add(xr, ops.linear(h, rr, br)))
  const inner = isLinearFirst ? ops.mul(reset, ops.linear(h, rh, bh)) : ops.linear(ops.mul(reset, h), rh, bh)
  const next = ops.tanh(ops.add(xh, inner))
  return [ops.add(ops.mul(ops.sub(1, update), next), ops.mul(update, h)), c]
}

const rnnCell: Cell = (xw, [h, c], { r, bias }) => [ops.tanh(ops.add(xw, ops.linear(h, r, bias))), c]
