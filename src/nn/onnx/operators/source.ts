import { sizeOf } from '../../../core/shape.ts'
import { constant, scalar, type Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { type NodeCall, type OperatorTable, range, refusal } from '../call.ts'
import { filledWith, one } from './arithmetic.ts'

// Tensors that depend on no numbers of the input, and conditions.

export const source = (): OperatorTable => ({
  Constant: constantOf,
  ConstantOfShape: (call) => {
    const value = call.tensor('value')
    const dtype = value?.dtype ?? call.float
    return filledWith(Number(value?.data?.[0] ?? 0), call.known(0, 'a shape') ?? [], dtype)
  },
  Shape: (call) => {
    const { x } = call
    return int64List(x.shape.slice(call.number('start', 0), call.number('end')))
  },
  Size: one((x) => scalar(sizeOf(x.shape), 'int64')),
  Range: rangeOf,
  EyeLike: eyeLike,
  If: (call) => {
    const isTrue = call.known(0, 'a condition')![0]
    return call.around.run(call.graph(isTrue ? 'then_branch' : 'else_branch'))
  },
})

const int64List = (values: readonly number[]): Tensor => constant(values, [values.length], 'int64')

/** Returns the tensor of a `Constant` node. */
export function constantOf(call: NodeCall): Tensor {
  const tensor = call.tensor('value')
  if (tensor) return tensor
  const [float, int] = [call.number('value_float'), call.number('value_int')]
  if (float !== undefined) return scalar(float, call.float)
  if (int !== undefined) return scalar(int, 'int64')
  const [floats, ints] = [call.numbers('value_floats'), call.numbers('value_ints')]
  if (floats) return constant(floats, [floats.length], call.float)
  if (ints) return int64List(ints)
  throw refusal('a constant of numbers', [...call.node.attributes.keys()].join(', ') || 'none')
}

/** Maximum number of elements that a node without inputs may make. */
const mostMade = 1 << 24

function rangeOf(call: NodeCall): Tensor {
  const [from, to, step] = [0, 1, 2].map((slot) => call.known(slot, 'bounds')![0]!) as [
    number,
    number,
    number,
  ]
  const count = Math.max(0, Math.ceil((to - from) / step))
  if (!(count <= mostMade)) throw refusal(`a range of at most ${mostMade} numbers`, count)
  return constant(
    range(count).map((i) => from + i * step),
    [count],
    call.x.dtype,
  )
}

function eyeLike(call: NodeCall): Tensor {
  const { x } = call
  const [rows, columns] = x.shape as [number, number]
  const to = call.number('dtype')
  const column = constant(range(columns), [1, columns], 'int64')
  const row = constant(range(rows), [rows, 1], 'int64')
  const isOn = ops.equal(ops.sub(column, row), call.number('k', 0))
  return ops.cast(isOn, to === undefined ? x.dtype : call.dtype(to))
}
