import { sizeOf } from '../../../core/shape.ts'
import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { isFloating, type NodeCall, type NodeRule, type OperatorTable, refusal } from '../call.ts'
import { isKnown } from '../fold.ts'
import { filledWith, one } from './arithmetic.ts'

export const activation = (): OperatorTable => ({
  Relu: one((x) => (isFloating(x) ? ops.relu(x) : ops.maximum(x, 0))),
  Sigmoid: one(ops.sigmoid),
  Tanh: one(ops.tanh),
  Softplus: one((x) => ops.softplus(x)),
  Softsign: one((x) => ops.div(x, ops.add(ops.abs(x), 1))),
  HardSwish: one(ops.hardswish),
  Mish: one(ops.mish),
  Identity: one((x) => x),
  Gelu: (call) =>
    ops.gelu(call.x, { approximate: call.text('approximate', 'none') === 'tanh' ? 'tanh' : 'none' }),
  Swish: (call) => ops.mul(call.x, ops.sigmoid(ops.mul(call.x, call.number('alpha', 1)))),
  HardSigmoid: (call) =>
    ops.clamp(ops.add(ops.mul(call.x, call.number('alpha', 0.2)), call.number('beta', 0.5)), 0, 1),
  LeakyRelu: (call) => ops.leakyRelu(call.x, call.number('alpha', 0.01)),
  Elu: (call) => ops.elu(call.x, call.number('alpha', 1)),
  Celu: (call) => ops.celu(call.x, call.number('alpha', 1)),
  Selu: (call) =>
    ops.mul(
      ops.elu(call.x, call.number('alpha', 1.6732632423543772)),
      call.number('gamma', 1.0507009873554805),
    ),
  ThresholdedRelu: (call) => ops.where(ops.greater(call.x, call.number('alpha', 1)), call.x, 0),
  PRelu: prelu,
  Shrink: shrink,
  Clip: clip,
  Softmax: normalizing(ops.softmax),
  LogSoftmax: normalizing(ops.logSoftmax),
  Hardmax: hardmax,
  Dropout: dropout,
})

function prelu(call: NodeCall): Tensor {
  const slope = call.input(1)
  const perChannel = call.opset < 7 && slope.shape.length === 1 && call.rank > 2
  return ops.prelu(
    call.x,
    perChannel ? ops.reshape(slope, [slope.shape[0]!, ...new Array<number>(call.rank - 2).fill(1)]) : slope,
  )
}

function shrink(call: NodeCall): Tensor {
  const { x } = call
  const [limit, bias] = [call.number('lambd', 0.5), call.number('bias', 0)]
  const above = ops.where(ops.greater(x, limit), ops.sub(x, bias), 0)
  return ops.where(ops.less(x, -limit), ops.add(x, bias), above)
}

/** Until opset 10 the bounds were attributes; since then, either is an input. */
function clip(call: NodeCall): Tensor {
  const { x } = call
  const bound = (name: string, slot: number): number | Tensor | undefined => {
    if (call.opset < 11) return call.number(name)
    const t = call.inputs[slot]
    return isKnown(t) ? Number(t.data[0]) : t
  }
  const [low, high] = [bound('min', 1), bound('max', 2)]
  const isPlain = [low, high].every((one) => one === undefined || typeof one === 'number')
  const [least, most] = [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY]
  if (isFloating(x) && isPlain && least <= most) return ops.clamp(x, least as number, most as number)
  const raised = low === undefined ? x : ops.maximum(x, low)
  return high === undefined ? raised : ops.minimum(raised, high)
}

/** Before opset 13, the axes from `axis` on counted as one. */
function normalizing(f: (x: Tensor, axis: number) => Tensor): NodeRule {
  return (call) => {
    const { x, opset } = call
    if (opset >= 13) return f(x, call.number('axis', -1))
    const from = call.axis(1)
    const rows = [sizeOf(x.shape.slice(0, from)), sizeOf(x.shape.slice(from))]
    return ops.reshape(f(ops.reshape(x, rows), 1), x.shape)
  }
}

/** 1 at the first of the greatest elements, 0 elsewhere. */
function hardmax(call: NodeCall): Tensor {
  const winner = (x: Tensor, axis: number): Tensor => {
    const last = x.shape.length - 1
    const along = axis < 0 ? axis + last + 1 : axis
    const swap = x.shape.map((_, i) => (i === along ? last : i === last ? along : i))
    const turned = ops.transpose(x, swap)
    const hot = ops.oneHot(ops.argMax(turned, last), x.shape[along]!, x.dtype)
    return ops.transpose(hot, swap)
  }
  return normalizing(winner)(call) as Tensor
}

/** Nothing in evaluation, which is what a file describes. Since opset 12, the mask keeps all; before, it is of zeros. */
function dropout(call: NodeCall): Tensor[] {
  if (call.known(2, 'training_mode')?.[0])
    throw refusal('inference', 'training_mode', 'add nn.Dropout instead')
  const { x } = call
  const kept = (): Tensor => {
    const ones = filledWith(call.opset < 12 ? 0 : 1, x.shape, 'int32')
    return call.opset < 10 ? ops.cast(ones, x.dtype) : ops.cast(ones, 'bool')
  }
  return [x, ...(call.outputs > 1 ? [kept()] : [])]
}
