import { isFloat } from '../../core/dtype.ts'
import { ArgumentError, EvenstepError, FormatError, ShapeError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { showShape, sizeOf } from '../../core/shape.ts'
import { constant, type Tensor } from '../../core/tensor.ts'
import { Variable } from '../../core/variable.ts'
import { type FileGraph, type FileNode, type FileValue, mostNodes } from '../../onnx/foreign.ts'
import { dtypeOf, type FileTensor } from '../../onnx/foreign-tensor.ts'
import { padOrCrop, spatial } from '../../ops/window.ts'
import { type Mode, type Module, modelOutput, type TensorRecord } from '../module.ts'
import { NodeCall, type Surroundings } from './call.ts'
import type { NetworkDesign } from './design.ts'
import { foldConstant, isKnown } from './fold.ts'
import { batchOf, graphInputs } from './inputs.ts'
import { placed } from './names.ts'
import { onnxOperators } from './operators/index.ts'
import { windowsAsked } from './operators/windows.ts'
import type { Bound } from './weights.ts'

/** Maximum number of elements of a traced tensor, exclusive. */
const mostElements = 2 ** 31

/** A graph imported from an ONNX file. Its layers and variables are its fields, at the paths that the file's names give. */
export class OnnxNetwork implements Module {
  readonly #design: NetworkDesign
  #bound: Bound | undefined

  constructor(design: NetworkDesign) {
    this.#design = design
  }

  /** Completes the network: `bind` makes its layers and variables as fields of it. */
  static of(design: NetworkDesign, bind: (root: object) => Bound): OnnxNetwork {
    const network = new OnnxNetwork(design)
    network.#bound = bind(network)
    return network
  }

  /** @param x the input or, of several, all inputs by name @returns the output or, of several, all by name */
  forward(x: Tensor | TensorRecord, mode: Mode): Tensor
  forward(x: Tensor | TensorRecord, mode: Mode): Tensor | TensorRecord {
    const given = graphInputs(this.#design, x)
    const found = new Run(this, this.#design, this.#bound!, given, mode).outputs()
    return this.#design.isSingle ? found[this.#design.outputs[0]!]! : found
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
  readonly #design: NetworkDesign
  readonly #bound: Bound
  readonly #mode: Mode
  readonly #scope: Scope
  readonly #float: 'float32' | 'float64'
  readonly #constant: (tensor: FileTensor) => Tensor
  readonly #around: Omit<Surroundings, 'run'>
  #count = 0

  constructor(
    network: OnnxNetwork,
    design: NetworkDesign,
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
    const call = new NodeCall(node, inputs, { ...this.#around, run })
    const made = layer ? this.#layer(layer, call) : isPart ? call.all()[0]! : onnxOperators()[node.op]!(call)
    const isConstant = !isPart && inputs.every((t) => t === undefined || isKnown(t))
    for (const [i, t] of [made].flat().entries()) {
      const name = node.outputs[i]
      if (sizeOf(t.shape) >= mostElements)
        throw new FormatError(`wanted fewer than 2³¹ elements, got ${showShape(t.shape)}`)
      if (name) scope.values.set(name, isConstant ? foldConstant(t) : t)
    }
  }

  #layer(
    { path, padsBefore }: { readonly path: readonly string[]; readonly padsBefore: boolean },
    call: NodeCall,
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
  { inputs }: NetworkDesign,
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
