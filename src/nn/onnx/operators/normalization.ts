import type { Tensor } from '../../../core/tensor.ts'
import { perChannel } from '../../../ops/batch-norm.ts'
import * as ops from '../../../ops/index.ts'
import { weighAxis } from '../../../ops/resample.ts'
import { type NodeCall, type OperatorTable, range, refusal } from '../call.ts'

export const normalizing = (): OperatorTable => ({
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  InstanceNormalization: instanceNorm,
  RMSNormalization: rmsNorm,
  LpNormalization: lpNorm,
  MeanVarianceNormalization: (call) => ops.standardize(call.x, call.numbers('axes') ?? [0, 2, 3], 1e-18).y,
  LRN: localResponse,
})

function batchNorm(call: NodeCall): Tensor | Tensor[] {
  const [x, scale, bias, mean, variance] = range(5).map((slot) => call.input(slot)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const eps = call.number('epsilon', 1e-5)
  if (!call.number('training_mode', 0)) return ops.normalizeBy(x, mean, variance, scale, bias, eps)
  const now = ops.batchNorm(x, scale, bias, eps)
  const momentum = call.number('momentum', 0.9)
  const blend = (old: Tensor, next: Tensor): Tensor =>
    ops.add(ops.mul(old, momentum), ops.mul(next, 1 - momentum))
  return [now.y, blend(mean, now.mean), blend(variance, now.variance)].slice(0, call.outputs)
}

function layerNorm(call: NodeCall): Tensor[] {
  const [x, scale, bias] = [call.x, call.input(1), call.inputs[2]]
  const from = call.axis(-1)
  const eps = call.number('epsilon', 1e-5)
  const { y, mean, variance } = ops.standardize(x, range(call.rank - from, from), eps)
  const scaled = ops.mul(y, scale)
  const inverse = (): Tensor => ops.reciprocal(ops.sqrt(ops.add(variance, eps)))
  return [bias ? ops.add(scaled, bias) : scaled, ...(call.outputs > 1 ? [mean, inverse()] : [])]
}

function rmsNorm(call: NodeCall): Tensor {
  const from = call.axis(-1)
  const axes = range(call.rank - from, from)
  return ops.mul(ops.rootMeanSquareNorm(call.x, axes, call.number('epsilon', 1e-5)), call.input(1))
}

/** Until opset 20, scale and bias had one number for each group; since then, for each channel. */
function groupNorm(call: NodeCall): Tensor {
  const { x } = call
  const kind = 'GroupNormalization'
  const [groups, channels] = [call.number('num_groups', 1), x.shape[1]!]
  if (channels % groups !== 0) throw refusal(`channels that ${groups} groups divide`, channels)
  const apart = ops.reshape(x, [x.shape[0]!, groups, -1])
  const y = ops.reshape(ops.standardize(apart, [2], call.number('epsilon', 1e-5)).y, x.shape)
  const wide = (v: Tensor): Tensor => {
    if (v.shape[0] === channels) return perChannel(kind, x)(v)
    const repeated = ops.expand(ops.unsqueeze(v, 1), [groups, channels / groups])
    return perChannel(kind, x)(ops.reshape(repeated, [channels]))
  }
  return ops.add(ops.mul(y, wide(call.input(1))), wide(call.input(2)))
}

function instanceNorm(call: NodeCall): Tensor {
  const { x } = call
  const { y } = ops.standardize(x, range(call.rank - 2, 2), call.number('epsilon', 1e-5))
  const wide = perChannel('InstanceNormalization', x)
  return ops.add(ops.mul(y, wide(call.input(1))), wide(call.input(2)))
}

/** Divides by the p-norm; a slice of zeros stays. */
function lpNorm(call: NodeCall): Tensor {
  const norm = ops.norm(call.x, [call.axis(-1)], { p: call.number('p', 2), keepDims: true })
  return ops.div(call.x, ops.where(ops.equal(norm, 0), 1, norm))
}

/** x / (bias + α/size · Σ x²)^β, the sum over `size` neighbouring channels. */
function localResponse(call: NodeCall): Tensor {
  const { x } = call
  const size = call.number('size', 1)
  const channels = x.shape[1]!
  const rows = range(channels).map((c) => {
    const near = range(size, c - Math.floor((size - 1) / 2)).filter((k) => k >= 0 && k < channels)
    return new Map(near.map((k) => [k, 1]))
  })
  const sums = weighAxis(ops.square(x), 1, rows)
  const scaled = ops.add(ops.mul(sums, call.number('alpha', 1e-4) / size), call.number('bias', 1))
  return ops.div(x, ops.pow(scaled, call.number('beta', 0.75)))
}
