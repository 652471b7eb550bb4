import { type Data, toData } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Variable } from '../../core/variable.ts'
import { called, type Module } from '../module.ts'
import { Residual } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm } from './batch-norm.ts'

/** A layer that batch normalization folds into: linear in its weight, whose first axis is the outputs. */
export interface Fusable extends Module {
  /** `[out, …]`. */
  readonly weight: Variable
  /** `[out]`, or undefined. */
  readonly bias: Variable | undefined
  /** A new layer with the same options and element type, with a bias and uninitialized. */
  withBias(): Fusable
}

/**
 * One layer equivalent to `layer` followed by `bn` in evaluation. As PyTorch's `fuse_linear_bn_eval`.
 *
 *     s = γ/√(running_var + eps)    weight' = s · weight    bias' = s · (bias − running_mean) + β
 *
 * For inference: the new layer has no batch statistics to train with. Changes neither of the two.
 *
 * @throws {ArgumentError} when the channels differ, or `bn` has no running statistics.
 */
export function fuse<L extends Fusable>(layer: L, bn: BatchNorm): ReturnType<L['withBias']> {
  const { mean, scale, shift } = evaluationMap(bn)
  const channels = layer.weight.shape[0]!
  if (channels !== mean.length) {
    throw new ArgumentError(
      `fuse: wanted as many channels in both layers, got ${channels} and ${mean.length}`,
    )
  }
  const fused = layer.withBias()
  const { dtype, data, shape } = layer.weight
  const row = data.length / shape[0]!
  const bias = layer.bias?.data
  fused.weight.data = toData(
    dtype,
    Float64Array.from(data as Float64Array, (w, i) => w * scale[Math.trunc(i / row)]!),
  )
  fused.bias!.data = toData(
    dtype,
    scale.map((s, c) => s * (Number(bias?.[c] ?? 0) - Number(mean[c])) + shift[c]!),
  )
  return fused as ReturnType<L['withBias']>
}

/**
 * A model for inference with each batch normalization fused into the layer before it, where the order is known:
 * in `Sequential`, also within another one or a `Residual`. Modules without such a pair are shared.
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

/** A batch normalization in evaluation: `y = scale · (x − mean) + shift`. */
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
