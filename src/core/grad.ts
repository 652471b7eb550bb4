import { noTensor } from './calls.ts'
import { isFloat } from './dtype.ts'
import { ShapeError } from './errors.ts'
import { sameShape, showShape, sizeOf } from './shape.ts'
import { constant, int64s, isTensor, node, scalar, type Tensor, topological } from './tensor.ts'

/**
 * Computes the gradients of a loss by reverse-mode differentiation. The gradients can be differentiated again.
 *
 * @param loss a float tensor of one element
 * @param wrt tensors to differentiate with respect to
 * @param seed scalar that multiplies every gradient: with a learning rate as the seed, rate · dL/dw costs one
 *   scalar multiplication rather than one per weight. @default 1
 * @returns seed · dL/dt for each t of `wrt`, in the shape of t; zeros where `loss` does not depend on t.
 * @throws {ShapeError} when `loss` is not a float of one element, or depends on nothing in `wrt`.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!isTensor(loss)) throw noTensor('gradients', loss)
  if (sizeOf(loss.shape) !== 1 || !isFloat(loss.dtype)) {
    throw new ShapeError(
      `gradients: wanted a loss of one float, got ${loss.dtype} ${showShape(loss.shape)}; reduce it with ops.mean or ops.sum`,
    )
  }
  if (wrt.length > 0 && !dependents(topological([loss], sourcesOf), wrt).has(loss)) {
    throw new ShapeError(
      'gradients: wanted a loss that depends on what it is differentiated by, got one that does not',
    )
  }
  return pullback([[loss, seedFor(loss, seed)]], wrt)
}

/**
 * Returns the derivative of `Σ y·dy` with respect to each tensor of `wrt`, in its shape, with every `dy` held constant;
 * zeros where no y depends on it. The derivatives can be differentiated again.
 *
 * @param outputs pairs of y and dy, which have one shape
 */
export function pullback(
  outputs: readonly (readonly [y: Tensor, dy: Tensor])[],
  wrt: readonly Tensor[],
): Tensor[] {
  const order = topological(
    outputs.map(([y]) => y),
    sourcesOf,
  )
  const relevant = dependents(order, wrt)
  const cotangents = new Map<Tensor, Tensor>()
  for (const [y, dy] of outputs) cotangents.set(y, accumulate(cotangents.get(y), dy, y))
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

/** Returns the gradient of the loss with respect to itself, in the loss's shape: `seed`, or 1 by default. */
function seedFor(loss: Tensor, seed: Tensor | undefined): Tensor {
  if (!seed) return constant([1], loss.shape, loss.dtype)
  if (sameShape(seed.shape, loss.shape)) return seed
  const { shape, dtype } = loss
  return node('Reshape', { inputs: [seed, int64s(shape)], shape, dtype })
}

const sourcesOf = (t: Tensor): readonly Tensor[] => (t.grad ? (t.sources ?? t.inputs) : [])

/** Returns `wrt` and all tensors computed from it. @param order tensors of the graph, each after its inputs */
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
  const { shape, dtype } = term
  return total ? node('Add', { inputs: [total, term], shape, dtype, grad: (dy) => [dy, dy] }) : term
}

const zeros = ({ shape, dtype }: Tensor): Tensor =>
  node('Expand', { inputs: [scalar(0, dtype), int64s(shape)], shape, dtype })
