import { broadcast, misfit } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'

function connect(op: string, who: string, ...operands: readonly Tensor[]): Tensor {
  const other = operands.find(({ dtype }) => dtype !== 'bool')
  if (other) throw misfit(who, 'bools', other.dtype, 'compare it with something')
  return node(op, {
    inputs: operands,
    shape: operands.reduce((shape, t) => broadcast(who, shape, t.shape), operands[0]!.shape),
    dtype: 'bool',
  })
}

/** Whether both `a` and `b` are true, element by element. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor => connect('And', 'logicalAnd', a, b)
/** Whether `a` or `b` or both are true, element by element. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor => connect('Or', 'logicalOr', a, b)
/** Whether exactly one of `a` and `b` is true, element by element. */
export const logicalXor = (a: Tensor, b: Tensor): Tensor => connect('Xor', 'logicalXor', a, b)
/** Whether `x` is false, element by element. */
export const logicalNot = (x: Tensor): Tensor => connect('Not', 'logicalNot', x)
