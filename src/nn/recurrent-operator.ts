import { sizeOf } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { reshape } from '../ops/broadcast.ts'
import { chunk, concat, stack } from '../ops/concat.ts'
import { transpose } from '../ops/movement.ts'
import type { RecurrentKind, RecurrentWeights, Unrolled } from './recurrent-kind.ts'

/**
 * Returns `unrolled` with tensors that an exported model computes by ONNX's operator for this kind of network: one
 * node per layer, for sequences of any length.
 *
 * @param layers the weights of each layer, by direction
 * @param sequence input of the first layer, `[length, batch, features]`
 */
export function withOperator(
  unrolled: Unrolled,
  kind: RecurrentKind,
  layers: readonly (readonly RecurrentWeights[])[],
  sequence: Tensor,
  batchFirst: boolean,
): Unrolled {
  // The weights are read now, while the step is traced.
  const read = layers.map((directions) => directions.map((weights) => valuesOf(weights)))
  let made: Unrolled | undefined
  const whole = (): Unrolled => {
    made ??= byOperator(kind, read, sequence, batchFirst)
    return made
  }
  const { output, hidden, cell } = unrolled
  return {
    output: { ...output, portable: () => whole().output },
    hidden: { ...hidden, portable: () => whole().hidden },
    ...(cell && { cell: { ...cell, portable: () => whole().cell! } }),
  }
}

interface Values {
  readonly ih: Tensor
  readonly hh: Tensor
  readonly biases: readonly [ih: Tensor, hh: Tensor] | undefined
}

const valuesOf = ({ weight_ih, weight_hh, bias_ih, bias_hh }: RecurrentWeights): Values => ({
  ih: weight_ih.value,
  hh: weight_hh.value,
  biases: bias_ih && bias_hh && [bias_ih.value, bias_hh.value],
})

function byOperator(
  kind: RecurrentKind,
  layers: readonly (readonly Values[])[],
  sequence: Tensor,
  batchFirst: boolean,
): Unrolled {
  const last: { hidden: Tensor; cell: Tensor }[] = []
  const output = layers.reduce((x, directions) => {
    const { all, ...states } = layer(kind, x, directions)
    last.push(states)
    return all
  }, sequence)
  return {
    output: batchFirst ? transpose(output, [1, 0, 2]) : output,
    hidden: concat(last.map(({ hidden }) => hidden)),
    ...(kind.hasCell && { cell: concat(last.map(({ cell }) => cell)) }),
  }
}

/** Returns the outputs of a layer, `[length, batch, directions · hiddenSize]`, and its final states. */
function layer(
  { name, order, attributes, hasCell }: RecurrentKind,
  x: Tensor,
  directions: readonly Values[],
): { readonly all: Tensor; readonly hidden: Tensor; readonly cell: Tensor } {
  const [length, batch] = x.shape as [number, number]
  const hiddenSize = directions[0]!.hh.shape[1]!
  const gates = (t: Tensor): Tensor => {
    const parts = chunk(t, order.length)
    return concat(order.map((gate) => parts[gate]!))
  }
  const rows = 2 * order.length * hiddenSize
  const bias = ({ biases }: Values): Tensor =>
    biases ? concat(biases.map(gates)) : constant(new Float64Array(rows), [rows], x.dtype)
  const recipe = {
    inputs: [
      x,
      stack(directions.map(({ ih }) => gates(ih))),
      stack(directions.map(({ hh }) => gates(hh))),
      stack(directions.map(bias)),
    ],
    attributes: {
      hidden_size: hiddenSize,
      direction: directions.length === 2 ? 'bidirectional' : 'forward',
      ...attributes?.(directions.length),
    },
  }
  const count = hasCell ? 3 : 2
  const output = (index: number, ...shape: number[]): Tensor =>
    node(name, { ...recipe, shape, dtype: x.dtype, output: { index, count } })
  const state = [directions.length, batch, hiddenSize]
  const each = transpose(output(0, length, ...state), [0, 2, 1, 3])
  return {
    all: reshape(each, [length, batch, sizeOf([directions.length, hiddenSize])]),
    hidden: output(1, ...state),
    cell: output(2, ...state),
  }
}
