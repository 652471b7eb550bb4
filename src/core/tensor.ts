import { type DType, dtypes, isDType } from './dtype.ts'
import { mismatch } from './mismatch.ts'
import { choice, custom, type Option } from './options.ts'
import { type Shape, shapeOption } from './shape.ts'

/** Attribute of an ONNX node. Plain numbers are int64; `{ float }` is a float32. */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly strings: readonly string[] }

/** Maps dL/d(output of a node) to dL/d(source) for each of its `sources`; `null` where no gradient flows. */
export type GradientRule = (dy: Tensor) => readonly (Tensor | null)[]

/**
 * A lazy value: a graph node that will compute the numbers, not the numbers themselves.
 *
 * `op` is an ONNX operator, so that writing a model copies each node, or one of two other kinds of node:
 * `Input`, whose values are passed in when the graph runs, and `Constant`.
 */
export interface Tensor {
  readonly op: string
  readonly inputs: readonly Tensor[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly shape: Shape
  readonly dtype: DType
  /** Builds gradients as lazy tensors, so they can be differentiated again; absent if no gradient flows. */
  readonly grad?: GradientRule
  /**
   * Tensors whose gradients `grad` returns. An operation made of several nodes lists its own inputs here, so
   * that one closed-form derivative replaces the derivatives of its nodes. @default `inputs`
   */
  readonly sources?: readonly Tensor[]
  /**
   * Which output of `op` this tensor is, if `op` has several. Those outputs are separate tensors with the same
   * `op`, `inputs` and `attributes`; writing a model merges them into one node.
   */
  readonly output?: { readonly index: number; readonly count: number }
  /**
   * Returns an equal tensor, for exported models: its operators do not depend on the lengths of axes, and are the plain
   * ones where this tensor's own are chosen for the speed of training. Absent if its own operators serve.
   */
  readonly portable?: () => Tensor
  /**
   * Returns an equal tensor, for training and evaluation: a node that runs a graph for each step of a sequence, where this
   * tensor's own operators are a copy for each step. It need not have a gradient. Absent if there are no such steps.
   */
  readonly rolled?: () => Tensor
  /** Graph that this node runs, for `Scan`. */
  readonly body?: Body
  /** Values of a `Constant` node, in row-major order. */
  readonly data?: ArrayLike<number>
}

/** Graph that a node runs. Its tensors are its own: none is used outside. */
export interface Body {
  /** Number that tells this graph from all others. */
  readonly id: number
  /** Stand-ins for the inputs of the node, in their order. */
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** Number of inputs that the operator takes; the graph reads those that follow from around the node. */
  readonly taken: number
}

type Recipe = Pick<Tensor, 'inputs'> & Partial<Omit<Tensor, 'op' | 'inputs' | 'data'>>

/** Makes a tensor computed by ONNX operator `op`. By default, it has the first input's shape and dtype. */
export function node(op: string, { inputs, shape, dtype, ...rest }: Recipe): Tensor {
  const [first] = inputs
  return { op, attributes: {}, inputs, shape: shape ?? first!.shape, dtype: dtype ?? first!.dtype, ...rest }
}

/** Makes a tensor whose values are passed in each time the graph runs. */
export const input = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  node('Input', { inputs: [], shape, dtype })

/**
 * Makes a tensor whose values are part of the graph.
 *
 * @param data numbers in row-major order
 * @throws {ArgumentError} when `data` is not a flat list of numbers, or its length does not match the shape.
 */
export function constant(data: ArrayLike<number>, shape?: Shape, dtype: DType = 'float32'): Tensor {
  const { length, 0: first } = Object(data) as ArrayLike<unknown>
  if (typeof data !== 'object' || length === undefined || !['number', 'undefined'].includes(typeof first)) {
    throw mismatch('constant', 'a flat list of numbers', data, 'for one number, write constant([5], [])')
  }
  const sizes = shapeOption.read('constant', 'shape', shape ?? [length])!
  if (length !== sizes.reduce((a, b) => a * b, 1)) {
    throw mismatch('constant', `numbers for the shape [${sizes.join(', ')}]`, `${length} of them`)
  }
  if (!isDType(dtype)) dtypeOption.read('constant', 'dtype', dtype)
  return { ...node('Constant', { inputs: [], shape: sizes, dtype }), data }
}

/** Makes a constant int64 vector, as operators take it for a shape, axes or indices. */
export const int64s = (values: readonly number[]): Tensor => constant(values, [values.length], 'int64')

/** Makes a constant tensor of shape `[]`. */
export const scalar = (value: number, dtype: DType = 'float32'): Tensor => constant([value], [], dtype)

/** Whether a value is a tensor. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'op' in value && 'inputs' in value

/** Declares an option that is the type of a tensor's elements. */
export const dtypeOption: Option<DType, DType | undefined> = choice(dtypes)

/** Declares an option that is a tensor. */
export const tensorOption: Option<Tensor, Tensor | undefined> = custom<Tensor>('a tensor', isTensor)

/**
 * Returns `roots` and all tensors that they are computed from, each tensor after its inputs.
 *
 * @param parents returns the tensors that must precede a tensor. @default its inputs
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
