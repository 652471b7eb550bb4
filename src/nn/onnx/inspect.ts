import { sizeOf } from '../../core/shape.ts'
import {
  type FileModel,
  type FileNode,
  type FileValue,
  graphsWithin,
  readForeign,
} from '../../onnx/foreign.ts'
import { type FileTensor, shapeOfTensor, typeName } from '../../onnx/foreign-tensor.ts'
import { hoistedGraph, neededNodes } from './plan.ts'
import { unknownOperators } from './unknown-operators.ts'
import { isStatistic, isWeight, usesOfConstants } from './uses.ts'

/** What an ONNX file holds, and how it would be imported. */
export interface OnnxSummary {
  readonly producer: string
  readonly opset: number
  readonly inputs: readonly FileValue[]
  readonly outputs: readonly FileValue[]
  /** Number of nodes by operator, most frequent first. */
  readonly operators: readonly (readonly [op: string, count: number])[]
  /** Operators that cannot be imported, with their first nodes. */
  readonly unknown: readonly (readonly [op: string, node: string])[]
  /** Number of conditional nodes: each is imported only if its condition is known when the graph is traced. */
  readonly conditions: number
  /** Number of tensors that would learn, and of their numbers. */
  readonly weights: { readonly tensors: number; readonly numbers: number; readonly types: readonly string[] }
  /** Number of convolutions and matrix products with weights, of those that a batch normalization follows or precedes. */
  readonly products: number
  readonly normalizations: number
  /** Tensors before the last layers with weights, where the network can be cut. */
  readonly cuts: readonly string[]
}

const products = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul']

/** Lists what an ONNX file holds, without reading its numbers. @param who name of the file in errors */
export function inspectOnnx(bytes: Uint8Array, who: string): OnnxSummary {
  const model = readForeign(bytes, who)
  const graph = hoistedGraph(model.graph)
  const outputs = graph.outputs.map(({ name }) => name)
  const nodes = neededNodes(graph.nodes, outputs)
  const uses = usesOfConstants(nodes, graph.constants)
  const weights = [...uses].filter(([tensor, at]) =>
    at.some((use) => isWeight(tensor, use) && !isStatistic(use)),
  )
  const weighted = new Set(
    weights.flatMap(([, at]) => at.map(({ node }) => node)).filter(({ op }) => products.includes(op)),
  )
  const counts = new Map<string, number>()
  for (const op of operatorsOf(model)) counts.set(op, (counts.get(op) ?? 0) + 1)
  return {
    producer: model.producer,
    opset: model.opset,
    inputs: graph.inputs,
    outputs: graph.outputs,
    operators: [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])),
    unknown: unknownOperators(nodes).map(({ op, nodes: [first] }) => [op, labelOf(first!)]),
    conditions: counts.get('If') ?? 0,
    weights: summed(
      weights.map(([tensor]) => tensor),
      who,
    ),
    products: weighted.size,
    normalizations: nodes.filter(({ op }) => op === 'BatchNormalization').length,
    cuts: cutsOf(nodes.filter((node) => weighted.has(node))),
  }
}

const labelOf = ({ name, outputs }: FileNode): string => name || (outputs[0] ?? '')

function operatorsOf({ graph }: FileModel): string[] {
  const visit = (nodes: readonly FileNode[]): string[] =>
    nodes.flatMap((node) => [node.op, ...graphsWithin(node).flatMap((inner) => visit(inner.nodes))])
  return visit(graph.nodes).filter((op) => op !== 'Constant')
}

function summed(tensors: readonly FileTensor[], who: string): OnnxSummary['weights'] {
  const numbers = tensors.reduce((sum, tensor) => sum + sizeOf(shapeOfTensor(tensor, who)), 0)
  const types = [...new Set(tensors.map(({ dataType = 0 }) => typeName(dataType)))]
  return { tensors: tensors.length, numbers, types }
}

/** Number of cuts to name. */
const mostCuts = 3

/** Returns what the last layers with weights read, last first. */
const cutsOf = (weighted: readonly FileNode[]): string[] =>
  [...new Set(weighted.map(({ inputs }) => inputs[0] ?? ''))].reverse().slice(0, mostCuts)
