import type { Tensor } from '../../core/tensor.ts'
import {
  type FileAttribute,
  type FileGraph,
  type FileNode,
  graphsWithin,
  isFileGraph,
  isFileTensor,
} from '../../onnx/foreign.ts'
import type { FileTensor } from '../../onnx/foreign-tensor.ts'
import { NodeCall, type Surroundings } from './call.ts'
import { foldConstant, isKnown } from './fold.ts'
import { onnxOperators } from './operators/index.ts'

// A file's graph, simplified before weights are looked for: constants are collected, whether they are initializers or
// nodes, and conditions that are constant are replaced by the branch that they choose.

/** A graph in which every constant tensor is in `constants`, graphs within included. */
export interface GraphPlan {
  readonly nodes: readonly FileNode[]
  readonly constants: ReadonlyMap<string, FileTensor>
  /** Small integers and bools that are known before the graph is traced, by the tensors' names. */
  readonly known: ReadonlyMap<string, Tensor>
}

/** Moves the tensors of `Constant` nodes to the constants of their graph, and resolves other names for constants. */
export function hoistedGraph(graph: FileGraph): FileGraph {
  const constants = new Map(graph.constants)
  const nodes: FileNode[] = []
  for (const node of graph.nodes) {
    const [name = ''] = node.outputs
    const value = node.op === 'Constant' ? node.attributes.get('value') : undefined
    const alias = node.op === 'Identity' ? constants.get(node.inputs[0] ?? '') : undefined
    if (isFileTensor(value)) constants.set(name, { ...value, name: value.name || name })
    else if (alias) constants.set(name, alias)
    else nodes.push(withGraphs(node, hoistedGraph))
  }
  return { ...graph, nodes, constants }
}

function withGraphs(node: FileNode, change: (graph: FileGraph) => FileGraph): FileNode {
  if (![...node.attributes.values()].some((value) => isFileGraph(value) || isFileTensor(value))) return node
  const changed = [...node.attributes].map(([name, value]): [string, FileAttribute] => {
    if (isFileGraph(value)) return [name, change(value)]
    if (!isFileTensor(value) || !value.rawData) return [name, value]
    return [name, { ...value, rawData: value.rawData.slice() }] // so that the file's bytes can be let go of
  })
  return { ...node, attributes: new Map(changed) }
}

/**
 * Plans how a file's graph is traced.
 *
 * @param given tensors that the caller fixed, by the names of inputs
 * @param around what an operator may ask for; only constants are computed here
 */
export function graphPlanOf(
  graph: FileGraph,
  given: ReadonlyMap<string, Tensor>,
  around: Surroundings,
): GraphPlan {
  const planner = new Planner(given, around)
  planner.add(hoistedGraph(graph))
  return planner
}

class Planner implements GraphPlan {
  readonly nodes: FileNode[] = []
  readonly constants = new Map<string, FileTensor>()
  readonly known: Map<string, Tensor>
  readonly #around: Surroundings
  /** Names of the tensors that `nodes` compute. */
  readonly #made = new Set<string>()

  constructor(given: ReadonlyMap<string, Tensor>, around: Surroundings) {
    this.known = new Map(given)
    this.#around = around
  }

  add(graph: FileGraph): void {
    for (const [name, tensor] of graph.constants) this.constants.set(name, tensor)
    for (const node of graph.nodes) {
      const branch = this.#branch(node)
      if (branch) this.#inline(branch, node)
      else if (!this.#compute(node)) this.#push(node)
    }
  }

  /** Returns the branch that a condition chooses, if the condition is known. */
  #branch(node: FileNode): FileGraph | undefined {
    if (node.op !== 'If') return undefined
    const condition = this.#valueOf(node.inputs[0] ?? '')
    const chosen = condition && node.attributes.get(condition.data?.[0] ? 'then_branch' : 'else_branch')
    return isFileGraph(chosen) ? chosen : undefined
  }

  /** Adds a branch's nodes. Names that the graph uses already are changed. */
  #inline(branch: FileGraph, node: FileNode): void {
    const taken = (name: string): boolean =>
      this.constants.has(name) || this.known.has(name) || this.#made.has(name)
    const own = [...branch.constants.keys(), ...branch.nodes.flatMap(({ outputs }) => outputs)]
    const clashing = own.filter((name) => name !== '' && taken(name))
    const renamed = new Map(clashing.map((name) => [name, `${node.outputs[0]}/${name}`]))
    const graph = renamed.size > 0 ? renamedIn(branch, renamed) : branch
    this.add(graph)
    const ends = graph.outputs.map(({ name }, i): FileNode => {
      const output = node.outputs[i] ?? ''
      return { op: 'Identity', name: node.name, inputs: [name], outputs: [output], attributes: new Map() }
    })
    for (const end of ends) {
      const [from, to] = [end.inputs[0]!, end.outputs[0]!]
      const constant = this.constants.get(from)
      if (constant) this.constants.set(to, constant)
      else if (!this.#compute(end)) this.#push(end)
    }
  }

  #push(node: FileNode): void {
    this.nodes.push(node)
    for (const name of node.outputs) this.#made.add(name)
  }

  /** Computes a node that depends on integers and bools alone that are known. @returns whether it does */
  #compute(node: FileNode): boolean {
    const operators = onnxOperators()
    if (!(node.op in operators) || graphsWithin(node).length > 0) return false
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#valueOf(name)))
    if (node.inputs.some((name, i) => name !== '' && inputs[i] === undefined)) return false
    if (node.inputs.length === 0 && node.op !== 'Constant') return false
    try {
      const made = [operators[node.op]!(new NodeCall(node, inputs, this.#around))].flat()
      const folded = made.map(foldConstant)
      if (!folded.every(isKnown)) return false
      for (const [i, t] of folded.entries()) if (node.outputs[i]) this.known.set(node.outputs[i], t)
      return true
    } catch {
      return false // the error is thrown when the graph is traced, and names the node
    }
  }

  /** Returns a tensor that is known: one computed before, or a constant of few integers or bools. */
  #valueOf(name: string): Tensor | undefined {
    const found = this.known.get(name)
    if (found) return found
    const constant = this.constants.get(name)
    if (constant === undefined || !isSmallSetting(constant)) return undefined
    const made = this.#around.constant(constant)
    return made.dtype.startsWith('float') ? undefined : made
  }
}

const mostKnown = 4096

/** Whether a constant has few numbers, of which none is a float. */
const isSmallSetting = ({ dims, dataType = 0 }: FileTensor): boolean =>
  [6, 7, 9].includes(dataType) && dims.reduce((size, n) => size * Number(n), 1) <= mostKnown

/** Returns a graph with other names for tensors, graphs within included. */
function renamedIn(graph: FileGraph, names: ReadonlyMap<string, string>): FileGraph {
  const to = (name: string): string => names.get(name) ?? name
  return {
    ...graph,
    constants: new Map([...graph.constants].map(([name, tensor]) => [to(name), tensor])),
    outputs: graph.outputs.map((one) => ({ ...one, name: to(one.name) })),
    nodes: graph.nodes.map((node) => ({
      ...withGraphs(node, (inner) => renamedIn(inner, names)),
      inputs: node.inputs.map(to),
      outputs: node.outputs.map(to),
    })),
  }
}

/** Returns the names of all tensors that a node reads, also in graphs within. */
export const readBy = (node: FileNode): string[] => [
  ...node.inputs,
  ...graphsWithin(node).flatMap((graph) => [
    ...graph.nodes.flatMap(readBy),
    ...graph.outputs.map(({ name }) => name),
  ]),
]

/** Returns the nodes that the tensors named in `outputs` depend on, in order. */
export function neededNodes(nodes: readonly FileNode[], outputs: readonly string[]): FileNode[] {
  const needed = new Set(outputs)
  return nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => name !== '' && needed.has(name))) return false
      for (const name of readBy(node)) needed.add(name)
      return true
    })
    .reverse()
}
