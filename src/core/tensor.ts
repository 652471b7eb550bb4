import type { DType } from './dtype.ts'
import { custom, type Option } from './options.ts'
import type { Shape } from './shape.ts'

/** Attribute of an ONNX node. A plain number is an int64; `{ float }` is a float32. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

/** Returns dL/d(source) for each source, given dL/d(output); `null` where no gradient flows. */
export type GradientRule = (dy: Tensor) => readonly (Tensor | null)[]

/**
 * A lazy value: the node of a graph that computes it, not its numbers.
 *
 * The node is one of ONNX: `op` is an ONNX operator, and writing a model copies each node. Two operators are
 * not in ONNX: `Input`, whose values are fed when the graph runs, and `Constant`.
 */
export interface Tensor {
  readonly op: string
  readonly inputs: readonly Tensor[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly shape: Shape
  readonly dtype: DType
  /** Gradient rule, in lazy tensors, which can be differentiated again; absent if no gradient flows. */
  readonly grad?: GradientRule
  /**
   * Tensors whose gradients `grad` returns. The last node of a composite operation can carry the closed-form
   * derivative with respect to the operation's inputs. @default `inputs`
   */
  readonly sources?: readonly Tensor[]
  /**
   * Position among the outputs of an operator with several. Outputs of one node are separate tensors with the
   * same `op`, `inputs` and `attributes`; writing a model merges them into one node.
   */
  readonly output?: { readonly index: number; readonly count: number }
  /** Values of a `Constant`. */
  readonly data?: ArrayLike<number>
}

type Recipe = Pick<Tensor, 'inputs'> & Partial<Omit<Tensor, 'op' | 'inputs' | 'data'>>

/** Makes a tensor that the ONNX operator `op` computes. Shape and type default to those of the first input. */
export function node(op: string, { inputs, shape, dtype, ...rest }: Recipe): Tensor {
  const [first] = inputs
  return { op, attributes: {}, inputs, shape: shape ?? first!.shape, dtype: dtype ?? first!.dtype, ...rest }
}

/** Makes a tensor whose values are fed when the graph runs. */
export const input = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  node('Input', { inputs: [], shape, dtype })

/** Makes a tensor whose values are part of the graph. */
export const constant = (
  data: ArrayLike<number>,
  shape: Shape = [data.length],
  dtype: DType = 'float32',
): Tensor => ({ ...node('Constant', { inputs: [], shape, dtype }), data })

/** Makes a constant int64 vector, such as a shape, axes or indices. */
export const int64s = (values: readonly number[]): Tensor => constant(values, [values.length], 'int64')

/** Makes a constant scalar. */
export const scalar = (value: number, dtype: DType = 'float32'): Tensor => constant([value], [], dtype)

/** Whether a value is a tensor. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'op' in value && 'inputs' in value

/** Declares an option that is a tensor. */
export const tensorOption: Option<Tensor, Tensor | undefined> = custom<Tensor>('a tensor', isTensor)

/**
 * Returns `roots` and every tensor they are computed from, inputs before users.
 *
 * @param parents returns the tensors to visit before a tensor. @default its inputs
 */
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
