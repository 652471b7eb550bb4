import { type DType, isFloat } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { FileAttribute, FileGraph, FileNode } from '../../onnx/foreign.ts'
import { dtypeOf, type FileTensor, typeName } from '../../onnx/foreign-tensor.ts'
import { isKnown } from './fold.ts'

/** Thrown by an operator that cannot do what a node asks for: `wanted X, got Y; do Z`. */
export class Refusal extends FormatError {}

export const refusal = (wanted: string, got: string | number, fix?: string): Refusal =>
  new Refusal(`wanted ${wanted}, got ${got}${fix === undefined ? '' : `; ${fix}`}`)

/** What an operator may ask of the network that it belongs to. */
export interface Surroundings {
  readonly opset: number
  /** Type in which the file's float32 is computed: float64 in a network that was converted to it. */
  readonly float: 'float32' | 'float64'
  /** Size of the first axis that the file declares and that of the input, where a 1 may stand for the batch. */
  readonly batch: { readonly declared: number; readonly given: number; readonly isAny: boolean } | undefined
  constant(tensor: FileTensor): Tensor
  /** Returns the outputs of a graph within the node. */
  run(graph: FileGraph): Tensor[]
  /** Returns the element type, as ONNX numbers it, that the file gives a tensor; 0 where it is unknown. */
  typeOf(name: string): number
}

/** One node of a file as it is traced: its inputs and attributes. */
export class NodeCall {
  readonly node: FileNode
  readonly inputs: readonly (Tensor | undefined)[]
  readonly around: Surroundings

  constructor(node: FileNode, inputs: readonly (Tensor | undefined)[], around: Surroundings) {
    this.node = node
    this.inputs = inputs
    this.around = around
  }

  get opset(): number {
    return this.around.opset
  }

  get float(): 'float32' | 'float64' {
    return this.around.float
  }

  /** Number of outputs that the node has. */
  get outputs(): number {
    return this.node.outputs.length
  }

  /** First input. */
  get x(): Tensor {
    return this.input(0)
  }

  get rank(): number {
    return this.x.shape.length
  }

  /** @throws {Refusal} when the node has no such input. */
  input(slot: number): Tensor {
    const t = this.inputs[slot]
    if (t) return t
    throw refusal(`${slot + 1} or more inputs`, this.inputs.length, 'the file is damaged')
  }

  all(): Tensor[] {
    return this.inputs.filter((t) => t !== undefined)
  }

  #attribute(name: string): FileAttribute | undefined {
    return this.node.attributes.get(name)
  }

  has(name: string): boolean {
    return this.#attribute(name) !== undefined
  }

  number(name: string): number | undefined
  number(name: string, fallback: number): number
  number(name: string, fallback?: number): number | undefined {
    const value = this.#attribute(name)
    return typeof value === 'number' ? value : fallback
  }

  text(name: string, fallback: string): string {
    const value = this.#attribute(name)
    return typeof value === 'string' ? value : fallback
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.#attribute(name)
    return Array.isArray(value) ? (value as readonly number[]) : undefined
  }

  graph(name: string): FileGraph {
    const value = this.#attribute(name)
    if (typeof value === 'object' && 'nodes' in value) return value
    throw refusal(`a graph ${name}`, 'none', 'the file is damaged')
  }

  tensor(name: string): Tensor | undefined {
    const value = this.#attribute(name)
    return typeof value === 'object' && 'dims' in value ? this.around.constant(value) : undefined
  }

  /** Numbers of an input that must be known when the graph is traced; undefined if the node lacks it. */
  known(slot: number, what: string): number[] | undefined {
    const t = this.inputs[slot]
    if (t === undefined) return undefined
    if (isKnown(t)) return Array.from(t.data, Number)
    const wanted = `${what} that does not depend on the numbers in the input`
    throw refusal(wanted, `one computed by ${t.op}`, 'give an output before this node')
  }

  /** Numbers of an attribute or, from the operator set that made it an input, of that input. */
  setting(name: string, slot: number): readonly number[] | undefined {
    return this.numbers(name) ?? this.known(slot, name)
  }

  /** Axis as an index ≥ 0. */
  axis(fallback: number, rank: number = this.rank): number {
    return positive(this.number('axis', fallback), rank)
  }

  /** Type in which an ONNX element type is computed. @throws {Refusal} for types that are not read. */
  dtype(code: number): DType {
    const dtype = code === 16 ? undefined : dtypeOf(code)
    if (dtype === undefined) throw refusal('float, int32, int64 or bool', typeName(code))
    return dtype === 'float32' ? this.float : dtype
  }
}

/** What a node computes in Evenstep's operators. */
export type NodeRule = (call: NodeCall) => Tensor | readonly Tensor[]
export type OperatorTable = Readonly<Record<string, NodeRule>>

/** Returns an axis as an index ≥ 0. */
export function positive(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis <= Math.max(0, rank))
    return axis < 0 ? axis + rank : axis
  throw refusal(`an axis from ${-rank} to ${rank - 1}`, axis, 'the file is damaged')
}

/** Returns the integers from `first`, `count` of them. */
export const range = (count: number, first: number = 0): number[] =>
  Array.from({ length: count }, (_, i) => first + i)

/** Whether a tensor's elements are floats. */
export const isFloating = (t: Tensor): boolean => isFloat(t.dtype)
