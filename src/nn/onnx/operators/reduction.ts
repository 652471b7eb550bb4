import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { isFloating, type NodeCall, type NodeRule, type OperatorTable, positive, range } from '../call.ts'

type Reduce = (x: Tensor, axes: readonly number[], options: { readonly keepDims: boolean }) => Tensor

/** Makes an operator from a reduction. The axes became an input in opset 13 or 18; without any, all are reduced. */
const over =
  (f: Reduce): NodeRule =>
  (call) => {
    const given = call.setting('axes', 1) ?? []
    const none = given.length === 0
    const axes = none ? range(call.rank) : given.map((axis) => positive(axis, call.rank))
    const kept = none && call.number('noop_with_empty_axes', 0) === 1 ? [] : axes
    return f(call.x, kept, { keepDims: call.number('keepdims', 1) !== 0 })
  }

const squares = (x: Tensor): Tensor => ops.mul(x, x)
const sizes = (x: Tensor): Tensor => (isFloating(x) ? ops.abs(x) : ops.maximum(x, ops.sub(0, x)))

export const reductionOperators = (): OperatorTable => ({
  ReduceSum: over(ops.sum),
  ReduceMean: over(ops.mean),
  ReduceProd: over(ops.prod),
  ReduceMax: over((x, axes, keep) => (x.dtype === 'bool' ? ops.any(x, axes, keep) : ops.max(x, axes, keep))),
  ReduceMin: over((x, axes, keep) => (x.dtype === 'bool' ? ops.all(x, axes, keep) : ops.min(x, axes, keep))),
  ReduceL1: over((x, axes, keep) => ops.sum(sizes(x), axes, keep)),
  ReduceL2: over((x, axes, keep) => ops.norm(x, axes, keep)),
  ReduceLogSum: over((x, axes, keep) => ops.log(ops.sum(x, axes, keep))),
  ReduceLogSumExp: over(ops.logSumExp),
  ReduceSumSquare: over((x, axes, keep) => ops.sum(squares(x), axes, keep)),
  ArgMax: extreme(ops.argMax),
  ArgMin: extreme(ops.argMin),
  TopK: topK,
  CumSum: cumSum,
})

function extreme(f: (x: Tensor, axis: number) => Tensor): NodeRule {
  return (call) => {
    const axis = call.axis(0)
    const last = call.number('select_last_index', 0) === 1
    const index = last ? ops.sub(call.x.shape[axis]! - 1, f(ops.flip(call.x, [axis]), axis)) : f(call.x, axis)
    return call.number('keepdims', 1) ? ops.unsqueeze(index, axis) : index
  }
}

function topK(call: NodeCall): Tensor[] {
  const k = call.number('k') ?? call.known(1, 'k')![0]!
  const { values, indices } = ops.topK(call.x, k, call.axis(-1), { largest: call.number('largest', 1) === 1 })
  return [values, indices]
}

function cumSum(call: NodeCall): Tensor {
  const axis = positive(call.known(1, 'an axis')![0]!, call.rank)
  const turn = (t: Tensor): Tensor => (call.number('reverse', 0) ? ops.flip(t, [axis]) : t)
  const sums = turn(ops.cumSum(turn(call.x), axis))
  return call.number('exclusive', 0) ? ops.sub(sums, call.x) : sums
}
