import type { FileGraph, FileNode } from '../../onnx/foreign.ts'
import type { GraphPlan } from './plan.ts'

/** Operators whose output has as many axes as their first input. */
const alike = new Set(
  (
    'Relu Sigmoid Tanh LeakyRelu Elu Selu Celu Clip Softmax LogSoftmax HardSigmoid HardSwish Mish Gelu Swish Softplus ' +
    'Softsign ThresholdedRelu PRelu Dropout Identity Cast CastLike BatchNormalization InstanceNormalization LayerNormalization ' +
    'GroupNormalization RMSNormalization LRN MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool Pad ' +
    'Resize Upsample Concat Split Slice Transpose Exp Log Sqrt Abs Neg Reciprocal Erf Floor Ceil Round CumSum Trilu ' +
    'Tile DepthToSpace SpaceToDepth LpNormalization MeanVarianceNormalization'
  ).split(' '),
)
const broadcasting = new Set('Add Sub Mul Div Pow Max Min Sum Mean Where MatMul'.split(' '))

/** Returns the number of axes of tensors by their names, as far as a file says or its operators imply. */
export function ranksOf(plan: GraphPlan, nodes: readonly FileNode[], graph: FileGraph): Map<string, number> {
  const ranks = new Map<string, number>()
  for (const [name, { shape }] of graph.described) if (shape) ranks.set(name, shape.length)
  for (const [name, { dims }] of plan.constants) ranks.set(name, dims.length)
  for (const [name, { shape }] of plan.known) ranks.set(name, shape.length)
  for (const node of nodes) {
    const rank = rankOf(node, (slot) => ranks.get(node.inputs[slot] ?? ''), plan)
    if (rank === undefined) continue
    for (const name of node.outputs) if (!ranks.has(name)) ranks.set(name, rank)
  }
  return ranks
}

function rankOf(
  node: FileNode,
  of: (slot: number) => number | undefined,
  { known, constants }: GraphPlan,
): number | undefined {
  const { op, attributes, inputs } = node
  if (op === 'Conv' || op === 'ConvTranspose') return of(1)
  if (alike.has(op)) return of(0)
  if (op === 'Gemm' || op === 'Flatten') return 2
  if (broadcasting.has(op)) {
    const all = inputs.map((_, i) => of(i))
    return all.every((one) => one !== undefined) ? Math.max(...all) : undefined
  }
  const list = attributes.get(op === 'Reshape' ? 'shape' : 'axes') as readonly number[] | undefined
  const second = inputs[1] ?? ''
  const dims = known.get(second)?.shape ?? constants.get(second)?.dims
  const count = list?.length ?? (dims?.length === 1 ? Number(dims[0]) : undefined)
  const rank = of(0)
  if (op === 'Reshape') return count
  if (rank === undefined || count === undefined) return undefined
  if (op === 'Squeeze') return rank - count
  if (op === 'Unsqueeze') return rank + count
  const isReduced = op.startsWith('Reduce')
  return isReduced ? (attributes.get('keepdims') === 0 ? rank - count : rank) : undefined
}
