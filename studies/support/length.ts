import { ops, type Tensor } from 'evenstep'

/** √Σt² over all numbers of all tensors: the norm of one vector in several pieces. */
export const length = (tensors: readonly Tensor[]): Tensor =>
  ops.sqrt(tensors.map((t) => ops.sum(ops.square(t))).reduce((a, b) => ops.add(a, b)))
