import type { DType } from './dtype.ts'
import { custom, type Option } from './options.ts'
import type { Shape } from './shape.ts'

/** An attribute of an ONNX node. A bare number is an integer; `{ float }` is a float. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

/** Returns dL/d(source) for each source, given dL/d(output); `null` where no gradient flows. */
export type GradientRule = (dy: Tensor) => readonly (Tensor | null)[]

/**
 * A lazy value: a recipe without its numbers.
 *
 * The recipe is an ONNX node, so there is no second representation to learn: `op` is an ONNX operator, and
 * writing a model means copying each node. Two operators are not ONNX's: `Input`, whose numbers arrive when the
 * graph runs, and `Constant`.
 */
export interface Tensor {
  readonly op: string
  readonly inputs: readonly Tensor[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly shape: Shape
  readonly dtype: DType
  /** Absent where no gradient flows. Returns lazy tensors, which can be differentiated again. */
  readonly grad?: GradientRule
  /**
   * The tensors that `grad` gives gradients for, if these are not `inputs`: the last node of a composed
   * operation can carry the derivative of the whole in closed form.
   */
  readonly sources?: readonly Tensor[]
  /**
   * Position among the results of its node, if the operator has several. The results of one node are tensors of
   * one `op` with the same `inputs` and `attributes`: writing a model makes them one node again.
   */
  readonly output?: { readonly index: number; readonly count: number }
  /** The numbers of a `Constant`. */
  readonly data?: ArrayLike<number>
}

type Recipe = Pick<Tensor, 'inputs'> & Partial<Omit<Tensor, 'op' | 'inputs' | 'data'>>

/** A tensor computed by the ONNX operator `op`, with the shape and type of the first input unless given. */
export function node(op: string, { inputs, shape, dtype, ...rest }: Recipe): Tensor {
  const [first] = inputs
  return { op, attributes: {}, inputs, shape: shape ?? first!.shape, dtype: dtype ?? first!.dtype, ...rest }
}

/** A tensor whose numbers arrive when the graph runs. */
export const input = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  node('Input', { inputs: [], shape, dtype })

/** A tensor whose numbers are part of the graph. */
export const constant = (
  data: ArrayLike<number>,
  shape: Shape = [data.length],
  dtype: DType = 'float32',
): Tensor => ({
  ...node('Constant', { inputs: [], shape, dtype }),
  data,
})

/** A list of int64: a shape, axes or indices. */
export const int64s = (values: readonly number[]): Tensor => constant(values, [values.length], 'int64')

/** One number, as a tensor of shape `[]`. */
export const scalar = (value: number, dtype: DType = 'float32'): Tensor => constant([value], [], dtype)

/** Whether a value is a tensor. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'op' in value && 'inputs' in value

/** An option that is a tensor. */
export const tensorOption: Option<Tensor, Tensor | undefined> = custom<Tensor>('a tensor', isTensor)

/** Every tensor that `roots` are computed from, inputs before users. @param parents of a tensor @default its inputs */
export function topological(
  roots: readonly Tensor[],
  parents: (t: Tensor) => readonly Tensor[] = (t) => t.inputs,
): Tensor[] {
  const order: Tensor[] = []
  const seen = new Set<Tensor>()
  // An explicit stack: a deep network would overflow the call stack.
  const stack: { readonly tensor: Tensor; next: number }[] = []
  const enter = (tensor: Tensor): void => {
    if (seen.has(tensor)) return
    seen.add(tensor)
    stack.push({ tensor, next: 0 })
  }
  for (const root of roots) {
    enter(root)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const parent = parents(top.tensor)[top.next++]
      if (parent) enter(parent)
      else order.push(stack.pop()!.tensor)
    }
  }
  return order
}
