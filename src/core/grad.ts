import { isFloat } from './dtype.ts'
import { ShapeError } from './errors.ts'
import { sameShape, showShape, sizeOf } from './shape.ts'
import { constant, int64s, node, scalar, type Tensor, topological } from './tensor.ts'

/**
 * Reverse-mode gradients of a loss, as new lazy tensors: they can be differentiated again.
 *
 * @param loss one float
 * @param wrt tensors to differentiate with respect to
 * @param seed one number that multiplies every gradient. Gradients are linear in it, so `seed = rate` gives
 *   rate · dL/dw with one multiplication of a scalar instead of one per weight. @default 1
 * @returns seed · dloss/dt for each t of `wrt`, in the shape of t; zeros where `loss` does not depend on t.
 * @throws {ShapeError} when `loss` is not one float, or depends on nothing in `wrt`.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (sizeOf(loss.shape) !== 1 || !isFloat(loss.dtype)) {
    throw new ShapeError(
      `gradients: wanted a loss of one float, got ${loss.dtype} ${showShape(loss.shape)}; reduce it with ops.mean or ops.sum`,
    )
  }
  const order = topological([loss], sourcesOf)
  const relevant = dependents(order, wrt)
  if (wrt.length > 0 && !relevant.has(loss)) {
    throw new ShapeError(
      'gradients: wanted a loss that depends on what it is differentiated by, got one that does not',
    )
  }
  const cotangents = new Map([[loss, seedFor(loss, seed)]])
  for (const tensor of order.reverse()) {
    const dy = cotangents.get(tensor)
    if (!dy || !tensor.grad || !relevant.has(tensor)) continue
    const sources = sourcesOf(tensor)
    tensor.grad(dy).forEach((dx, i) => {
      const source = sources[i]!
      if (dx && relevant.has(source)) cotangents.set(source, accumulate(cotangents.get(source), dx, source))
    })
  }
  return wrt.map((t) => cotangents.get(t) ?? zeros(t))
}

/** A cotangent of the loss's shape: `seed`, or 1. */
function seedFor(loss: Tensor, seed: Tensor | undefined): Tensor {
  if (!seed) return constant([1], loss.shape, loss.dtype)
  if (sameShape(seed.shape, loss.shape)) return seed
  return node('Reshape', {
    inputs: [seed, int64s(loss.shape)],
    shape: loss.shape,
    dtype: loss.dtype,
  })
}

const sourcesOf = (t: Tensor): readonly Tensor[] => (t.grad ? (t.sources ?? t.inputs) : [])

/** The members of `order` through which a gradient reaches `wrt`. */
function dependents(order: readonly Tensor[], wrt: readonly Tensor[]): Set<Tensor> {
  const reached = new Set(wrt)
  for (const tensor of order) {
    if (sourcesOf(tensor).some((source) => reached.has(source))) reached.add(tensor)
  }
  return reached
}

function accumulate(total: Tensor | undefined, term: Tensor, source: Tensor): Tensor {
  if (!sameShape(term.shape, source.shape)) {
    throw new Error(
      `gradient rule into ${source.op}: shape ${showShape(term.shape)} is not ${showShape(source.shape)}`,
    )
  }
  if (!total) return term
  return node('Add', {
    inputs: [total, term],
    shape: term.shape,
    dtype: term.dtype,
    grad: (dy) => [dy, dy],
  })
}

const zeros = (t: Tensor): Tensor =>
  node('Expand', {
    inputs: [scalar(0, t.dtype), int64s(t.shape)],
    shape: t.shape,
    dtype: t.dtype,
  })
