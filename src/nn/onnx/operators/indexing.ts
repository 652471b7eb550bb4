import { sizeOf } from '../../../core/shape.ts'
import { constant, scalar, type Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { isFloating, type NodeCall, type OperatorTable, positive, range, refusal } from '../call.ts'
import { isKnown } from '../fold.ts'

export const indexing = (): OperatorTable => ({
  Gather: gather,
  GatherND: gatherND,
  GatherElements: (call) => {
    const axis = call.axis(0)
    return ops.gather(call.x, axis, wrapped(call.input(1), call.x.shape[axis]!))
  },
  ScatterElements: scatter,
  OneHot: oneHot,
  Trilu: trilu,
})

/** Counts negative indices from the end. */
function wrapped(index: Tensor, size: number): Tensor {
  if (!isKnown(index)) return ops.where(ops.less(index, 0), ops.add(index, size), index)
  const whole = Array.from(index.data, (i) => (i < 0 ? i + size : i))
  return constant(whole, index.shape, index.dtype)
}

function gather(call: NodeCall): Tensor {
  const [x, index] = [call.x, call.input(1)]
  const axis = call.axis(0)
  const rows = asVector(wrapped(index, x.shape[axis]!))
  const taken = ops.indexSelect(x, axis, rows)
  return ops.reshape(taken, [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)])
}

/** Returns an index as a vector; a constant stays one. */
const asVector = (index: Tensor): Tensor =>
  isKnown(index)
    ? constant(index.data, [index.data.length], index.dtype)
    : ops.reshape(index, [sizeOf(index.shape)])

function gatherND(call: NodeCall): Tensor {
  const [x, index] = [call.x, call.input(1)]
  const batches = call.number('batch_dims', 0)
  const depth = index.shape.at(-1)!
  const lead = x.shape.slice(0, batches)
  const inner = x.shape.slice(batches, batches + depth)
  const flat = ops.reshape(x, [sizeOf(lead) * sizeOf(inner), sizeOf(x.shape.slice(batches + depth))])
  const tuples = ops.reshape(index, [sizeOf(lead), sizeOf(index.shape.slice(batches, -1)), depth])
  const own = ops
    .unbind(tuples, 2)
    .reduce(
      (sum, part, i) => ops.add(ops.mul(sum, inner[i]!), wrapped(part, inner[i]!)),
      scalar(0, index.dtype),
    )
  const firsts = constant(range(sizeOf(lead)), [sizeOf(lead), 1], index.dtype)
  const rows = ops.add(own, ops.mul(firsts, sizeOf(inner)))
  const taken = ops.indexSelect(flat, 0, ops.reshape(rows, [sizeOf(rows.shape)]))
  return ops.reshape(taken, [...index.shape.slice(0, -1), ...x.shape.slice(batches + depth)])
}

function scatter(call: NodeCall): Tensor {
  const reduction = call.text('reduction', 'none')
  if (reduction !== 'add') throw refusal("ScatterElements with reduction 'add'", `'${reduction}'`)
  const axis = call.axis(0)
  return ops.scatterAdd(call.x, axis, wrapped(call.input(1), call.x.shape[axis]!), call.input(2))
}

function oneHot(call: NodeCall): Tensor {
  const labels = isFloating(call.x) ? ops.cast(call.x, 'int64') : call.x
  const depth = call.known(1, 'a depth')![0]!
  const [off, on] = ops.unbind(call.input(2), 0)
  const classes = constant(range(depth), [depth], labels.dtype)
  const isOn = ops.equal(ops.unsqueeze(wrapped(labels, depth), labels.shape.length), classes)
  const last = ops.where(isOn, on!, off!) // a label out of range has no class
  const rank = last.shape.length
  const order = range(rank - 1)
  order.splice(positive(call.number('axis', -1), rank), 0, rank - 1)
  return ops.transpose(last, order)
}

function trilu(call: NodeCall): Tensor {
  const [rows, columns] = call.x.shape.slice(-2) as [number, number]
  const by = call.known(1, 'a diagonal')?.[0] ?? 0
  const isUpper = call.number('upper', 1) === 1
  const [row, column] = [
    constant(range(rows), [rows, 1], 'int64'),
    constant(range(columns), [1, columns], 'int64'),
  ]
  const off = ops.sub(column, row)
  return ops.where(isUpper ? ops.greaterEqual(off, by) : ops.lessEqual(off, by), call.x, 0)
}
