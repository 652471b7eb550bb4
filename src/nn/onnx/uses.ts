import { type FileNode, graphsWithin } from '../../onnx/foreign.ts'
import type { FileTensor } from '../../onnx/foreign-tensor.ts'

/** A place where a graph reads a constant. */
export interface Use {
  readonly node: FileNode
  readonly slot: number
  /** Index of the node, or of the node that it lies within. */
  readonly index: number
}

const reductions = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare']

/** Inputs that say how to compute, and are never weights. */
const settings: ReadonlyMap<string, readonly number[]> = new Map([
  ['Reshape', [1]],
  ['Clip', [1, 2]],
  ['Pad', [1, 2, 3]],
  ['Slice', [1, 2, 3, 4]],
  ['Resize', [1, 2, 3]],
  ['Upsample', [1]],
  ['Expand', [1]],
  ['Tile', [1]],
  ['TopK', [1]],
  ['Split', [1]],
  ['Squeeze', [1]],
  ['Unsqueeze', [1]],
  ['OneHot', [1, 2]],
  ['CumSum', [1]],
  ['Range', [0, 1, 2]],
  ['ConstantOfShape', [0]],
  ['Trilu', [1]],
  ['Dropout', [1, 2]],
  ['Pow', [1]],
  ['If', [0]],
  ...reductions.map((name): [string, readonly number[]] => [`Reduce${name}`, [1]]),
])

/** Inputs that are weights even if they have one number. */
const weights: ReadonlyMap<string, readonly number[]> = new Map([
  ['Conv', [1, 2]],
  ['ConvTranspose', [1, 2]],
  ['Gemm', [1, 2]],
  ['MatMul', [0, 1]],
  ['PRelu', [1]],
  ['BatchNormalization', [1, 2, 3, 4]],
  ['LayerNormalization', [1, 2]],
  ['InstanceNormalization', [1, 2]],
  ['GroupNormalization', [1, 2]],
  ['RMSNormalization', [1]],
])

const floats = [1, 10, 11, 16]

/**
 * Whether a constant that is read at `slot` of a node is a weight: a float in the place of a weight, or an operand of
 * more than one number, unless the file says that it is none.
 */
export function isWeight(tensor: FileTensor, { node, slot }: Use): boolean {
  if (tensor.isFixed || !floats.includes(tensor.dataType ?? 0) || settings.get(node.op)?.includes(slot))
    return false
  const size = tensor.dims.reduce((product, n) => product * Number(n), 1)
  return size > 1 || (weights.get(node.op)?.includes(slot) ?? false)
}

/** Whether a use is that of a running statistic, which no gradient changes. */
export const isStatistic = ({ node, slot }: Use): boolean => node.op === 'BatchNormalization' && slot > 2

/** Returns the constants that are outputs: of the graph, or of a graph within a node. */
export function constantOutputs(
  nodes: readonly FileNode[],
  constants: ReadonlyMap<string, FileTensor>,
  outputs: readonly string[],
): FileTensor[] {
  const own = outputs.map((name) => constants.get(name)).filter((tensor) => tensor !== undefined)
  const inner = nodes.flatMap((node) =>
    graphsWithin(node).flatMap((graph) => {
      const named = new Map([...constants, ...graph.constants])
      return constantOutputs(
        graph.nodes,
        named,
        graph.outputs.map(({ name }) => name),
      )
    }),
  )
  return [...own, ...inner]
}

/** Finds every use of every constant, graphs within nodes included. */
export function usesOfConstants(
  nodes: readonly FileNode[],
  constants: ReadonlyMap<string, FileTensor>,
): Map<FileTensor, Use[]> {
  const uses = new Map<FileTensor, Use[]>()
  const visit = (inside: readonly FileNode[], named: ReadonlyMap<string, FileTensor>, at?: number): void => {
    for (const [i, node] of inside.entries()) {
      const index = at ?? i
      for (const [slot, name] of node.inputs.entries()) {
        const tensor = named.get(name)
        if (!tensor) continue
        const known = uses.get(tensor)
        if (known) known.push({ node, slot, index })
        else uses.set(tensor, [{ node, slot, index }])
      }
      for (const graph of graphsWithin(node))
        visit(graph.nodes, new Map([...named, ...graph.constants]), index)
    }
  }
  visit(nodes, constants)
  return uses
}

/** Whether an operator's input at `slot` says how to compute. */
export const isSetting = (op: string, slot: number): boolean => settings.get(op)?.includes(slot) ?? false
