import type { Shape } from '../../core/shape.ts'
import type { FileNode } from '../../onnx/foreign.ts'
import { type FileTensor, shapeOfTensor } from '../../onnx/foreign-tensor.ts'
import { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d } from '../convolution.ts'
import { Linear } from '../linear.ts'
import type { Module } from '../module.ts'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../norm/batch-norm.ts'
import { GroupNorm } from '../norm/group-norm.ts'
import { LayerNorm } from '../norm/layer-norm.ts'

// Which nodes become layers of `nn`.

/** A variable of a layer: the constant that it starts from, `turned` if the layer has it transposed. */
export interface LayerWeight {
  readonly field: string
  readonly tensor: FileTensor
  readonly turned?: boolean
  /** Whether it is a running statistic, which no gradient changes. */
  readonly statistic?: boolean
}

/** A layer that computes what a node does. */
export interface Candidate {
  readonly module: Module
  /** The weight that the layer is named by comes first. */
  readonly weights: readonly LayerWeight[]
  /** Whether the node's padding is not the layer's, and must be added before. */
  readonly padsBefore?: boolean
  /** The node that adds the bias, if it is another one. */
  readonly adds?: FileNode
}

/** What is known of the graph around a node. */
export interface Neighbours {
  readonly who: string
  /** Returns the weight that a node reads at `slot`; undefined if it reads something computed, or nothing. */
  weight(node: FileNode, slot: number): FileTensor | undefined
  rank(name: string): number | undefined
  /** Returns the only node that reads a tensor; undefined if there are several, or the tensor is an output. */
  reader(name: string): FileNode | undefined
}

const numberAt = (node: FileNode, name: string, fallback: number): number => {
  const value = node.attributes.get(name)
  return typeof value === 'number' ? value : fallback
}
const numbersAt = (node: FileNode, name: string): readonly number[] | undefined => {
  const value = node.attributes.get(name)
  return Array.isArray(value) ? (value as readonly number[]) : undefined
}
const hasInput = (node: FileNode, slot: number): boolean => (node.inputs[slot] ?? '') !== ''

/** Returns the layer that computes what a node does; undefined if none does. */
export function layerFor(node: FileNode, near: Neighbours): Candidate | undefined {
  if (node.op === 'Conv') return convolution(node, near)
  if (node.op === 'ConvTranspose') return transposed(node, near)
  if (node.op === 'Gemm') return gemm(node, near)
  if (node.op === 'MatMul') return matmul(node, near)
  if (node.op === 'BatchNormalization') return batchNorm(node, near)
  if (node.op === 'LayerNormalization') return layerNorm(node, near)
  return node.op === 'GroupNormalization' ? groupNorm(node, near) : undefined
}

/** Returns the weight and bias of a node, as fields; undefined unless both are constants or the bias is absent. */
function weightAndBias(node: FileNode, near: Neighbours, turned = false): LayerWeight[] | undefined {
  const [weight, bias] = [near.weight(node, 1), near.weight(node, 2)]
  if (!weight || (hasInput(node, 2) && !bias)) return undefined
  return [
    { field: 'weight', tensor: weight, ...(turned && { turned }) },
    ...(bias ? [{ field: 'bias', tensor: bias }] : []),
  ]
}

function convolution(node: FileNode, near: Neighbours): Candidate | undefined {
  const weights = weightAndBias(node, near)
  if (!weights) return undefined
  const [out, inside, ...kernel] = shapeOfTensor(weights[0]!.tensor, near.who) as [
    number,
    number,
    ...number[],
  ]
  const Kind = [Conv1d, Conv2d, Conv3d][kernel.length - 1]
  const groups = numberAt(node, 'group', 1)
  if (!Kind || out % groups !== 0) return undefined
  const auto = node.attributes.get('auto_pad') ?? 'NOTSET'
  const pads = auto === 'NOTSET' ? (numbersAt(node, 'pads') ?? []) : []
  const isEven = kernel.every((_, i) => (pads[i] ?? 0) === (pads[i + kernel.length] ?? 0))
  const padsBefore = !isEven || String(auto).startsWith('SAME')
  const module = new Kind(inside * groups, out, kernel, {
    stride: kernel.map((_, i) => numbersAt(node, 'strides')?.[i] ?? 1),
    dilation: kernel.map((_, i) => numbersAt(node, 'dilations')?.[i] ?? 1),
    padding: padsBefore ? 0 : kernel.map((_, i) => pads[i] ?? 0),
    groups,
    bias: weights.length > 1,
  })
  return { module, weights, padsBefore }
}

function transposed(node: FileNode, near: Neighbours): Candidate | undefined {
  const weights = weightAndBias(node, near)
  if (!weights) return undefined
  const [c, inside, ...kernel] = shapeOfTensor(weights[0]!.tensor, near.who) as [number, number, ...number[]]
  const Kind = [ConvTranspose1d, ConvTranspose2d][kernel.length - 1]
  const each = (name: string, fallback: number): number[] =>
    kernel.map((_, i) => numbersAt(node, name)?.[i] ?? fallback)
  const [stride, dilation, outputPadding] = [
    each('strides', 1),
    each('dilations', 1),
    each('output_padding', 0),
  ]
  const pads = numbersAt(node, 'pads') ?? []
  const isPlain =
    (node.attributes.get('auto_pad') ?? 'NOTSET') === 'NOTSET' &&
    !node.attributes.has('output_shape') &&
    kernel.every(
      (_, i) => (pads[i] ?? 0) === (pads[i + kernel.length] ?? 0) && outputPadding[i]! < stride[i]!,
    )
  if (!Kind || !isPlain) return undefined
  const groups = numberAt(node, 'group', 1)
  const padding = kernel.map((_, i) => pads[i] ?? 0)
  const options = { stride, dilation, outputPadding, padding, groups, bias: weights.length > 1 }
  return { module: new Kind(c, inside * groups, kernel, options), weights }
}

/** Returns a linear layer whose weight is a matrix `[in, out]`, or `[out, in]` if it is as the layer has it. */
function linear(weights: readonly LayerWeight[], who: string): Linear | undefined {
  const shape = shapeOfTensor(weights[0]!.tensor, who)
  if (shape.length !== 2) return undefined
  const [out, features] = (weights[0]!.turned ? shape.toReversed() : shape) as [number, number]
  const bias = weights[1] && shapeOfTensor(weights[1].tensor, who)
  if (out < 1 || features < 1 || (bias && !isVector(bias, out))) return undefined
  return new Linear(features, out, { bias: bias !== undefined })
}

const isVector = (shape: Shape, length: number): boolean => shape.length === 1 && shape[0] === length

function gemm(node: FileNode, near: Neighbours): Candidate | undefined {
  const isPlain =
    numberAt(node, 'alpha', 1) === 1 && numberAt(node, 'beta', 1) === 1 && !numberAt(node, 'transA', 0)
  const weights = weightAndBias(node, near, !numberAt(node, 'transB', 0))
  const module = isPlain && weights && linear(weights, near.who)
  return module ? { module, weights } : undefined
}

/** A product with a constant matrix and, if nothing else reads it, the sum of the product and a constant vector. */
function matmul(node: FileNode, near: Neighbours): Candidate | undefined {
  const weight = near.weight(node, 1)
  if (!weight || near.weight(node, 0)) return undefined
  const first: LayerWeight = { field: 'weight', tensor: weight, turned: true }
  const sum = near.reader(node.outputs[0] ?? '')
  if (sum?.op === 'Add') {
    const bias = near.weight(sum, sum.inputs[0] === node.outputs[0] ? 1 : 0)
    const both = bias && [first, { field: 'bias', tensor: bias }]
    const module = both && linear(both, near.who)
    if (module) return { module, weights: both, adds: sum }
  }
  const module = linear([first], near.who)
  return module && { module, weights: [first] }
}

const fieldsOfNorm = ['weight', 'bias', 'runningMean', 'runningVar']

function batchNorm(node: FileNode, near: Neighbours): Candidate | undefined {
  const rank = near.rank(node.inputs[0] ?? '')
  const weights = fieldsOfNorm.map((field, i) => ({
    field,
    tensor: near.weight(node, i + 1),
    statistic: i > 1,
  }))
  const isComplete = (all: typeof weights): all is (LayerWeight & { statistic: boolean })[] =>
    all.every(({ tensor }) => tensor !== undefined)
  const Kind = rank === undefined ? undefined : [BatchNorm1d, BatchNorm1d, BatchNorm2d, BatchNorm3d][rank - 2]
  const isOwn = numberAt(node, 'training_mode', 0) === 0 && node.outputs.slice(1).every((name) => name === '')
  if (!Kind || !isComplete(weights) || !isOwn) return undefined
  const [channels = 0] = shapeOfTensor(weights[0]!.tensor, near.who)
  const eps = numberAt(node, 'epsilon', 1e-5)
  const momentum = Number((1 - numberAt(node, 'momentum', 0.9)).toPrecision(6))
  if (channels < 1 || !(eps > 0) || !(momentum >= 0 && momentum <= 1)) return undefined
  return { module: new Kind(channels, { eps, momentum }), weights }
}

function layerNorm(node: FileNode, near: Neighbours): Candidate | undefined {
  const weights = weightAndBias(node, near)
  const shape = weights && shapeOfTensor(weights[0]!.tensor, near.who)
  const isLast = shape && numberAt(node, 'axis', -1) === -shape.length && node.outputs.length === 1
  if (!weights || !shape || !isLast) return undefined
  return {
    module: new LayerNorm(shape, { eps: numberAt(node, 'epsilon', 1e-5), bias: weights.length > 1 }),
    weights,
  }
}

function groupNorm(node: FileNode, near: Neighbours): Candidate | undefined {
  const weights = weightAndBias(node, near)
  const groups = numberAt(node, 'num_groups', 1)
  const [channels = 0] = weights ? shapeOfTensor(weights[0]!.tensor, near.who) : []
  // Until opset 20, a group's channels shared a number, so that there are as many numbers as groups.
  if (!weights || weights.length < 2 || channels % groups !== 0 || channels === groups) return undefined
  return { module: new GroupNorm(groups, channels, { eps: numberAt(node, 'epsilon', 1e-5) }), weights }
}
