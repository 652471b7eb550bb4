import { ArgumentError } from '../core/errors.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { rebuild } from '../onnx/rebuild.ts'

/**
 * Returns the bytes of an ONNX model that computes `y` for any number of examples.
 *
 * The graph must have been traced with an unusual batch size, so that its multiples in the graph show where the
 * batch size was used: in the shape of a Reshape, it is replaced by −1 (inferred from the other sizes);
 * anywhere else, it means that the graph depends on the number of examples.
 *
 * @param inputs the input of the graph, and constants, by the name that they get in the model
 * @param weights what replaces each weight in the graph
 * @param batch the batch size that the graph was traced with
 * @throws {ArgumentError} when the graph depends on the number of examples.
 */
export function inferenceModel(
  inputs: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<Tensor, Tensor>,
  y: Tensor,
  batch: number,
): Uint8Array {
  const [free] = rebuild([y], (t) => weights.get(t) ?? (t.op === 'Reshape' ? anyRows(t, batch) : t))
  const known = new Set(inputs.values())
  const bound = topological([free!]).find((t) => t.op === 'Constant' && !known.has(t) && mentions(t, batch))
  if (bound || y.shape[0] !== batch) {
    throw new ArgumentError(
      'export: wanted a model that treats each example alone, got one that depends on their number',
    )
  }
  return toOnnx(inputs, new Map([['y', free!]]), 'N')
}

/** Replaces by −1 the size in a Reshape that is a multiple of the batch size, if there is exactly one. */
function anyRows(t: Tensor, batch: number): Tensor {
  const [x, shape] = t.inputs
  const sizes = Array.from(shape!.data!)
  if (sizes.filter((n) => n > 0 && n % batch === 0).length !== 1) return t
  const data = sizes.map((n) => (n > 0 && n % batch === 0 ? -1 : n))
  return { ...t, inputs: [x!, { ...shape!, data }] }
}

const mentions = ({ data, shape }: Tensor, batch: number): boolean =>
  [...shape, ...Array.from(data ?? [])].some((n) => n !== 0 && n % batch === 0)
