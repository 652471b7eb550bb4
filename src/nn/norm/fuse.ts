import { type Data, toData } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Variable } from '../../core/variable.ts'
import { called, type Module } from '../module.ts'
import { Residual } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm } from './batch-norm.ts'

/** A layer that can absorb batch normalization: linear in `weight`, whose first axis is the output channels. */
export interface Fusable extends Module {
  /** Weight, `[outChannels, …]`. */
  readonly weight: Variable
  /** Bias, `[outChannels]`; undefined if the layer has none. */
  readonly bias: Variable | undefined
  /** Returns a new, uninitialized layer of the same options and element type, but with a bias. */
  withBias(): Fusable
}

/**
 * Returns one layer that is equivalent to `layer`, then `bn`, in `eval`. As PyTorch's `fuse_linear_bn_eval`.
 *
 *     s = γ/√(running_var + eps)    weight' = s · weight    bias' = s · (bias − running_mean) + β
 *
 * For inference: the new layer has no batch statistics to train with. `layer` and `bn` do not change.
 *
 * @throws {ArgumentError} when the channels differ, or `bn` has no running statistics.
 */
export function fuse<L extends Fusable>(layer: L, bn: BatchNorm): ReturnType<L['withBias']> {
  const { mean, scale, shift } = evaluationMap(bn)
  const { dtype, data, shape } = layer.weight
  const channels = shape[0]!
  if (channels !== mean.length) {
    throw new ArgumentError(`fuse: wanted layers with equal channels, got ${channels} and ${mean.length}`)
  }
  const fused = layer.withBias()
  const row = data.length / channels
  const bias = layer.bias?.data
  const scaled = Float64Array.from(data as Float64Array, (w, i) => w * scale[Math.trunc(i / row)]!)
  const shifted = scale.map((s, c) => s * (Number(bias?.[c] ?? 0) - Number(mean[c])) + shift[c]!)
  fused.weight.data = toData(dtype, scaled)
  fused.bias!.data = toData(dtype, shifted)
  return fused as ReturnType<L['withBias']>
}

/**
 * Returns a model for inference with each batch normalization fused into the layer before it in a `Sequential`,
 * also within a nested `Sequential` or a `Residual`. It shares its other modules with `model`.
 */
export function fuseAll(model: Module): Module {
  if (model instanceof Residual) return new Residual(fuseAll(model.branch), fuseAll(model.shortcut))
  if (!(model instanceof Sequential)) return model
  const layers: Module[] = []
  for (const layer of model) {
    const before = layers.at(-1)
    if (layer instanceof BatchNorm && layer.runningMean && before && isFusable(before)) {
      layers[layers.length - 1] = fuse(before, layer)
    } else layers.push(fuseAll(layer))
  }
  return new Sequential(...layers)
}

const isFusable = (layer: Module): layer is Fusable => 'withBias' in layer

/** Returns what a batch normalization computes in `eval`, by channel: `y = scale · (x − mean) + shift`. */
function evaluationMap(bn: BatchNorm): { mean: Data; scale: Float64Array; shift: Float64Array } {
  const { runningMean, runningVar, weight, bias, eps } = bn
  if (!runningMean || !runningVar) {
    throw new ArgumentError(`fuse: wanted running statistics in ${called(bn, 'BatchNorm')}, got none`)
  }
  const mean = runningMean.data
  const along = (of: (channel: number) => number): Float64Array =>
    Float64Array.from(mean as Float64Array, (_, c) => of(c))
  return {
    mean,
    scale: along((c) => Number(weight?.data[c] ?? 1) / Math.sqrt(Number(runningVar.data[c]) + eps)),
    shift: along((c) => Number(bias?.data[c] ?? 0)),
  }
}
