import { forwardOf } from '../../core/calls.ts'
import { type Data, isDType, toData } from '../../core/dtype.ts'
import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { mismatch, showValue } from '../../core/mismatch.ts'
import { nameBeside, nameOf, setName } from '../../core/names.ts'
import { input, type Tensor } from '../../core/tensor.ts'
import { trace, type Variable } from '../../core/variable.ts'
import { called, checkLayer, type Module } from '../module.ts'
import { callsOf } from '../observe.ts'
import { Residual } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm } from './batch-norm.ts'

/** A layer that can absorb batch normalization: linear in `weight`, whose first axis is the output channels. */
export interface Fusable extends Module {
  /** Weight, `[outChannels, …]`. */
  readonly weight: Variable
  /** Bias, `[outChannels]`; undefined if the layer has none. */
  readonly bias: Variable | undefined
  /** Returns a new, uninitialized layer with the same options and element type, but with a bias. */
  withBias(): Fusable
}

/**
 * Returns a single layer that in `eval` is equivalent to `layer` followed by `bn`. Like PyTorch's
 * `fuse_linear_bn_eval`.
 *
 *     s = γ/√(running_var + eps)    weight' = s · weight    bias' = s · (bias − running_mean) + β
 *
 * For inference only: the new layer has no batch statistics to train with. `layer` and `bn` do not change. A `Linear`
 * works along the last axis but `bn` along axis 1, so their input must be `[batch, features]`.
 *
 * @throws {ArgumentError} when one of the two is missing or has another kind, the channels differ, or `bn` has no
 *   running statistics.
 */
export function fuse<L extends Fusable>(layer: L, bn: BatchNorm): ReturnType<L['withBias']> {
  checkPair(layer, bn)
  const { mean, scale, shift } = evaluationMap(bn)
  const { dtype, data, shape } = layer.weight
  const channels = shape[0]!
  const fused = layer.withBias()
  const row = data.length / channels
  const bias = layer.bias?.data
  const scaled = Float64Array.from(data as Float64Array, (w, i) => w * scale[Math.trunc(i / row)]!)
  const shifted = scale.map((s, c) => s * (Number(bias?.[c] ?? 0) - Number(mean[c])) + shift[c]!)
  fused.weight.data = toData(dtype, scaled)
  fused.bias!.data = toData(dtype, shifted)
  return fused as ReturnType<L['withBias']>
}

function checkPair(layer: unknown, bn: unknown): void {
  const kind = (value: unknown): string =>
    typeof value === 'object' && value !== null ? value.constructor.name : showValue(value)
  if (!isFusable(layer) || !(bn instanceof BatchNorm)) {
    const wanted = 'a linear or convolutional layer and a batch normalization'
    const fix = 'for a whole model, use nn.fuseAll(model)'
    throw new ArgumentError(`fuse: wanted ${wanted}, got ${kind(layer)} and ${kind(bn)}; ${fix}`)
  }
  const channels = layer.weight.shape[0]!
  const normalized = bn.runningMean?.shape[0] ?? channels
  if (channels !== normalized) {
    throw new ArgumentError(`fuse: wanted layers with equal channels, got ${channels} and ${normalized}`)
  }
  if (takes(bn, layer)) return
  const wanted = 'a batch normalization that takes the output of the layer'
  throw new ArgumentError(`fuse: wanted ${wanted}, got ${kind(layer)} and ${kind(bn)}`)
}

/**
 * Returns a copy of a model for inference in which each batch normalization is fused into the layer before it in a
 * `Sequential`, including a `Sequential` nested in another one or in a `Residual`. Other modules are shared with
 * `model`.
 *
 * A pair is fused only if the result is certain to be equivalent. After a convolution it always is. After a `Linear`,
 * whose channels are the last axis, this depends on the input's shape: without `x`, such pairs are not fused.
 *
 * @param x shape and element type of a batch for the model, for instance `{ shape: [64, 3], dtype: 'float32' }`
 * @throws {ArgumentError} when `x` is no such object; also the errors of the model for such a batch.
 */
export function fuseAll(model: Module, x?: Pick<Tensor, 'shape' | 'dtype'>): Module {
  checkLayer('fuseAll', 'model', model)
  checkBatch(x)
  const calls = x && callsOf(model, input(x.shape, x.dtype))
  return fusedOf(model, (layer, bn) => {
    if (!takes(bn, layer)) return false
    if (!calls) return spatialOf(layer).length > 0
    const outputs = new Set(calls.flatMap(({ module, output }) => (module === layer ? [output] : [])))
    const given = calls.flatMap(({ module, inputs }) => (module === bn ? [inputs[0] as Tensor] : []))
    const fits = (t: Tensor): boolean => t.shape.length === layer.weight.shape.length && outputs.has(t)
    return given.length > 0 && given.every(fits)
  })
}

/** @throws {ArgumentError} unless `x` is undefined or an object with the shape and element type of a batch. */
function checkBatch(x: unknown): void {
  const { shape, dtype } = Object(x) as Partial<Tensor>
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0)
  if (x === undefined || (isShape && isDType(dtype))) return
  const wanted = 'the shape and element type of a batch'
  throw mismatch('fuseAll', wanted, x, "such as { shape: [64, 3], dtype: 'float32' }")
}

function fusedOf(model: Module, isSure: (layer: Fusable, bn: BatchNorm) => boolean): Module {
  if (model instanceof Residual && isPlain(model, Residual)) {
    const [branch, shortcut] = [fusedOf(model.branch, isSure), fusedOf(model.shortcut, isSure)]
    return branch === model.branch && shortcut === model.shortcut ? model : new Residual(branch, shortcut)
  }
  if (!(model instanceof Sequential && isPlain(model, Sequential))) return model
  const layers: Module[] = []
  for (const layer of model) {
    const before = layers.at(-1)
    const plain = layer instanceof BatchNorm && isPlain(layer, BatchNorm) && layer.runningMean
    if (plain && isFusable(before) && isSure(before, layer)) {
      layers[layers.length - 1] = named(fuse(before, layer), before)
    } else layers.push(fusedOf(layer, isSure))
  }
  return new Sequential(...layers)
}

/** Gives the variables of a fused layer the names that they had in the layer it replaces. */
function named<L extends Fusable>(fused: L, { weight }: Fusable): L {
  setName(fused.weight, nameOf(weight))
  setName(fused.bias!, nameBeside(weight, 'bias'))
  return fused
}

/** Whether a module computes what its library class does, that is, no subclass has overridden `forward`. */
const isPlain = (module: Module, { prototype }: { readonly prototype: Module }): boolean =>
  forwardOf(module) === prototype.forward

/** Whether a layer's `withBias` is defined in the same class as its `forward`, or in a subclass of that class. */
function isFusable(layer: unknown): layer is Fusable {
  if (typeof layer !== 'object' || layer === null || !('withBias' in layer && 'forward' in layer))
    return false
  const forward = forwardOf(layer as Module)
  for (let at: object = layer; at; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'withBias')) return true
    if (Object.getOwnPropertyDescriptor(at, 'forward')?.value === forward) return false
  }
  return false
}

/** Returns a size of 1 for each spatial axis of a layer's output, as many as its weight has after the first two. */
const spatialOf = ({ weight }: Fusable): number[] => weight.shape.slice(2).map(() => 1)

/** Whether a batch normalization accepts a layer's output, as `[batch, features]` or `[batch, channels, …]`. */
function takes(bn: BatchNorm, layer: Fusable): boolean {
  const { shape, dtype } = layer.weight
  try {
    trace(() => bn.forward(input([2, shape[0]!, ...spatialOf(layer)], dtype), 'eval'))
    return true
  } catch (error) {
    if (error instanceof ShapeError) return false
    throw error
  }
}

/** Returns what a batch normalization computes in `eval`, per channel: `y = scale · (x − mean) + shift`. */
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
