import { isFloat } from '../../core/dtype.ts'
import { ArgumentError, EvenstepError, FormatError, ShapeError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { showShape, showTensor, sizeOf } from '../../core/shape.ts'
import { constant, isTensor, type Tensor } from '../../core/tensor.ts'
import { Variable } from '../../core/variable.ts'
import {
  type FileGraph,
  type FileModel,
  type FileNode,
  type FileValue,
  mostNodes,
} from '../../onnx/foreign.ts'
import { dtypeOf, type FileTensor, type TensorValue } from '../../onnx/foreign-tensor.ts'
import { cast } from '../../ops/compare.ts'
import { padOrCrop, spatial } from '../../ops/window.ts'
import { type Mode, type Module, modelOutput, type TensorRecord } from '../module.ts'
import { Call, type Surroundings } from './call.ts'
import { fold, isKnown, within64 } from './fold.ts'
import { placed } from './names.ts'
import { onnxOperators } from './operators/index.ts'
import { windowsAsked } from './operators/windows.ts'
import type { Plan } from './plan.ts'
import type { Bound } from './weights.ts'

/** A value for an input of the file: a constant, or a function of the network's input. */
export type FixedInput = Tensor | ((x: Tensor) => Tensor)

/** Everything that a network needs to trace its file's graph. */
export interface Design {
  /** Name of the file in errors. */
  readonly who: string
  readonly model: FileModel
  readonly plan: Plan
  readonly nodes: readonly FileNode[]
  /** Names of the tensors to return. */
  readonly outputs: readonly string[]
  /** Whether `forward` returns the one output itself, not a record. */
  readonly isSingle: boolean
  /** Inputs that the caller passes to `forward`. */
  readonly inputs: readonly FileValue[]
  readonly fixed: ReadonlyMap<string, FixedInput>
  readonly isAnyBatch: boolean
  readonly constant: (tensor: FileTensor) => Tensor
}

/** Maximum number of elements of a traced tensor, exclusive. */
const mostElements = 2 ** 31

/** A graph imported from an ONNX file. Its layers and variables are its fields, at the paths that the file's names give. */
export class OnnxNetwork implements Module {
  readonly #design: Design
  #bound: Bound | undefined

  constructor(design: Design) {
    this.#design = design
  }

  /** Completes the network: `bind` makes its layers and variables as fields of it. */
  static of(design: Design, bind: (root: object) => Bound): OnnxNetwork {
    const network = new OnnxNetwork(design)
    network.#bound = bind(network)
    return network
  }

  /** @param x the input or, of several, all inputs by name @returns the output or, of several, all by name */
  forward(x: Tensor | TensorRecord, mode: Mode): Tensor
  forward(x: Tensor | TensorRecord, mode: Mode): Tensor | TensorRecord {
    const given = inputsOf(this.#design, x)
    const found = new Run(this, this.#design, this.#bound!, given, mode).outputs()
    return this.#design.isSingle ? found[this.#design.outputs[0]!]! : found
  }
}

/** Returns the tensors that the graph reads, by name. @throws {EvenstepError} when they are not what it wants. */
function inputsOf({ who, inputs, fixed }: Design, x: unknown): Map<string, Tensor> {
  const names = inputs.map(({ name }) => name)
  const record = isTensor(x) && inputs.length === 1 ? { [names[0]!]: x } : x
  const isRecord = typeof record === 'object' && record !== null && !isTensor(record)
  const wanted = `${names.length === 1 ? 'the input' : 'inputs by name'}: ${names.join(', ')}`
  if (!isRecord) throw mismatch(who, wanted, isTensor(x) ? 'a tensor' : x, 'give the others as inputs: { … }')
  const found = new Map<string, Tensor>()
  for (const value of inputs) {
    const t = (record as Record<string, unknown>)[value.name]
    if (!isTensor(t)) throw mismatch(who, wanted, Object.keys(record as object).join(', ') || 'none')
    found.set(value.name, fitting(who, value, t))
  }
  const first = found.get(names[0] ?? '')
  for (const [name, value] of fixed) {
    if (typeof value !== 'function') found.set(name, value)
    else if (first) found.set(name, value(first))
  }
  return found
}

/** Returns an input as the file declares it: integers are cast, floats are left, since a network may be float64. */
function fitting(who: string, { name, type, shape }: FileValue, t: Tensor): Tensor {
  const dtype = dtypeOf(type)
  if (shape && shape.length !== t.shape.length) {
    const sizes = shape.map((n) => (typeof n === 'number' && n > 0 ? n : n || '?'))
    throw new ShapeError(`${who}: wanted ${name} as [${sizes.join(', ')}], got ${showShape(t.shape)}`)
  }
  if (dtype === undefined || dtype === t.dtype || (isFloat(dtype) && isFloat(t.dtype))) return t
  if (!isFloat(dtype) && !isFloat(t.dtype) && dtype !== 'bool') return cast(t, dtype)
  throw new ShapeError(`${who}: wanted ${name} as ${dtype}, got ${showTensor(t)}`)
}

/** Returns a function that returns constants as tensors, each made once. */
export function constantsFor(read: (tensor: FileTensor) => TensorValue): (tensor: FileTensor) => Tensor {
  const made = new Map<FileTensor, Tensor>()
  return (tensor) => {
    const known = made.get(tensor)
    if (known) return known
    const { shape, dtype, data } = read(tensor)
    const numbers = data instanceof BigInt64Array ? Array.from(data, (n) => within64(Number(n))) : data
    const t = constant(numbers, shape, dtype)
    made.set(tensor, t)
    return t
  }
}

/** Names of tensors within a graph and around it. */
class Scope {
  readonly values = new Map<string, Tensor>()
  readonly #constants: ReadonlyMap<string, FileTensor>
  readonly #outer: Scope | undefined

  constructor(constants: ReadonlyMap<string, FileTensor>, outer?: Scope) {
    this.#constants = constants
    this.#outer = outer
  }

  find(name: string, read: (tensor: FileTensor) => Tensor): Tensor | undefined {
    const value = this.values.get(name)
    if (value) return value
    const constant = this.#constants.get(name)
    return constant ? read(constant) : this.#outer?.find(name, read)
  }
}

/** One pass over the graph, which traces each node. */
class Run {
  readonly #network: OnnxNetwork
  readonly #design: Design
  readonly #bound: Bound
  readonly #mode: Mode
  readonly #scope: Scope
  readonly #float: 'float32' | 'float64'
  readonly #constant: (tensor: FileTensor) => Tensor
  readonly #around: Omit<Surroundings, 'run'>
  #count = 0

  constructor(
    network: OnnxNetwork,
    design: Design,
    bound: Bound,
    given: ReadonlyMap<string, Tensor>,
    mode: Mode,
  ) {
    this.#network = network
    this.#design = design
    this.#bound = bound
    this.#mode = mode
    this.#float = isDouble(network, design, bound, given) ? 'float64' : 'float32'
    this.#scope = new Scope(design.plan.constants)
    const lifted = (t: Tensor): Tensor =>
      isFloat(t.dtype) && t.dtype !== this.#float && isKnown(t) ? constant(t.data, t.shape, this.#float) : t
    const made = design.constant
    this.#constant = this.#float === 'float64' ? (tensor) => lifted(made(tensor)) : made
    for (const [name, t] of [...design.plan.known, ...given])
      this.#scope.values.set(name, this.#float === 'float64' ? lifted(t) : t)
    const types = design.model.graph.described
    this.#around = {
      opset: design.model.opset,
      float: this.#float,
      batch: batchOf(design, given),
      constant: this.#constant,
      typeOf: (name) => design.plan.constants.get(name)?.dataType ?? types.get(name)?.type ?? 0,
    }
  }

  outputs(): TensorRecord {
    this.#trace(this.#design.nodes, this.#scope)
    return Object.fromEntries(this.#design.outputs.map((name) => [name, this.#find(name, this.#scope)]))
  }

  #trace(nodes: readonly FileNode[], scope: Scope): void {
    for (const node of nodes) {
      if (++this.#count > mostNodes)
        throw this.#error(node, new FormatError(`wanted at most ${mostNodes} nodes, got more`))
      try {
        this.#node(node, scope)
      } catch (error) {
        throw this.#error(node, error as Error)
      }
    }
  }

  #node(node: FileNode, scope: Scope): void {
    const layer = this.#bound.layers.get(node)
    const isPart = layer !== undefined || this.#bound.passes.has(node)
    const inputs = node.inputs.map((name, i) => {
      const isRead = name !== '' && (!isPart || (layer ? i === 0 : scope.values.has(name)))
      return isRead ? this.#find(name, scope) : undefined
    })
    const run = (graph: FileGraph): Tensor[] => {
      const inner = new Scope(graph.constants, scope)
      this.#trace(graph.nodes, inner)
      return graph.outputs.map(({ name }) => this.#find(name, inner))
    }
    const call = new Call(node, inputs, { ...this.#around, run })
    const made = layer ? this.#layer(layer, call) : isPart ? call.all()[0]! : onnxOperators()[node.op]!(call)
    const isConstant = !isPart && inputs.every((t) => t === undefined || isKnown(t))
    for (const [i, t] of [made].flat().entries()) {
      const name = node.outputs[i]
      if (sizeOf(t.shape) >= mostElements)
        throw new FormatError(`wanted fewer than 2³¹ elements, got ${showShape(t.shape)}`)
      if (name) scope.values.set(name, isConstant ? fold(t) : t)
    }
  }

  #layer(
    { path, padsBefore }: { readonly path: readonly string[]; readonly padsBefore: boolean },
    call: Call,
  ): Tensor {
    const module = placed(this.#network, path)
    if (typeof module !== 'object' || module === null || !('forward' in module)) {
      throw mismatch('', `a module at ${path.join('.')}`, module === undefined ? undefined : 'another value')
    }
    if (!padsBefore) return modelOutput(module as Module, call.x, this.#mode)
    const kernel = this.#design.plan.constants.get(call.node.inputs[1]!)!.dims.slice(2).map(Number)
    const windows = windowsAsked(call, kernel)
    const after = new Map(windows.map((w) => [w as object, w.after]))
    const padded = padOrCrop(
      call.x,
      spatial(windows, (w) => [w.before, after.get(w)!]),
    )
    return modelOutput(module as Module, padded, this.#mode)
  }

  #find(name: string, scope: Scope): Tensor {
    const found = scope.find(name, (tensor) => this.#valueOf(tensor))
    if (found) return found
    throw new FormatError(`wanted the tensor ${name}, got no node that computes it; the file is damaged`)
  }

  #valueOf(tensor: FileTensor): Tensor {
    const path = this.#bound.variables.get(tensor)
    if (path === undefined) return this.#constant(tensor)
    const variable = placed(this.#network, path)
    if (variable instanceof Variable) return variable.value
    throw new ArgumentError(`wanted a variable at ${path.join('.')}, got another value`)
  }

  /** Returns an error that names the node. */
  #error(node: FileNode, error: Error): Error {
    const at = `${this.#design.who}: node ${node.name || node.outputs[0]} (${node.op})`
    if (error.message.startsWith(`${this.#design.who}: `)) return error
    const text = `${at}: ${error.message.replace(/^: /, '')}`
    if (error instanceof ShapeError) return new ShapeError(text, { cause: error })
    if (error instanceof ArgumentError) return new ArgumentError(text, { cause: error })
    return error instanceof EvenstepError || error instanceof RangeError || error instanceof TypeError
      ? new FormatError(text, { cause: error })
      : error
  }
}

/** Whether a file's float32 is computed in float64: since the input is, or the variables were converted. */
function isDouble(
  network: OnnxNetwork,
  { inputs }: Design,
  { layers, variables }: Bound,
  given: ReadonlyMap<string, Tensor>,
): boolean {
  const isRaised = ({ name, type }: FileValue): boolean =>
    given.get(name)?.dtype === 'float64' && dtypeOf(type) === 'float32'
  if (inputs.some(isRaised)) return true
  const first = [...layers.values()].map(
    ({ path }) => (placed(network, path) as { weight?: unknown })?.weight,
  )
  const all = [...first, ...[...variables.values()].map((path) => placed(network, path))]
  return (
    all.some((one) => one instanceof Variable && one.dtype === 'float64') &&
    inputs.every(({ type }) => dtypeOf(type) !== 'float64')
  )
}

/** Returns the batch size that the file declares and that of the input, if the file declares one. */
function batchOf({ inputs, isAnyBatch }: Design, given: ReadonlyMap<string, Tensor>): Surroundings['batch'] {
  const [first] = inputs
  const declared = first?.shape?.[0]
  const size = first && given.get(first.name)?.shape[0]
  if (typeof declared !== 'number' || declared < 1 || size === undefined) return undefined
  return { declared, given: size, isAny: isAnyBatch }
}
