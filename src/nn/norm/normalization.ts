import type { DType } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import type { Shape } from '../../core/shape.ts'
import { input, type Tensor } from '../../core/tensor.ts'
import { trace } from '../../core/variable.ts'
import type { Mode, Module } from '../module.ts'
import { type Call, observe } from '../observe.ts'
import { Identity } from '../residual.ts'
import { BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch-norm.ts'
import type { Fusable } from './fuse.ts'
import { GroupNorm } from './group-norm.ts'

/** How a model's hidden layers are normalised. */
export type NormalizationType = (typeof types)[number]

/**
 * A kind of normalisation, or one with its options.
 *
 * - `none`: none
 * - `batch`: batch normalization; a layer that is there keeps its options, but for those that are given
 * - `ghost`: the same with a `virtualBatchSize`, 32 unless given
 * - `layer`: each example by itself, all channels together; γ and β by channel
 * - `group`: each example by itself, in `groups` of channels; by default as many as leave 16 channels or more in each
 * - `instance`: each channel of each example by itself, for inputs with axes after the channels
 */
export type Normalization =
  | NormalizationType
  | ({ readonly type: 'batch' | 'ghost' } & Pick<BatchNormOptions, (typeof batchOptions)[number]>)
  | { readonly type: 'group'; readonly groups?: number }
  | { readonly type: 'none' | 'layer' | 'instance' }

const types = ['none', 'batch', 'ghost', 'layer', 'group', 'instance'] as const
const batchOptions = ['eps', 'momentum', 'affine', 'zeroDebias', 'nonFinite', 'virtualBatchSize'] as const

/**
 * Change how a model is normalised, before it is initialized: the means to compare normalisations of one model.
 *
 * Where the model has batch normalization, another layer takes the place of each. Where it has none, one is put after each
 * linear or convolutional layer but the last one that is called; the state names of what was there stay, and the new
 * layer's are below them: `fc1.norm.weight`. With `none`, a layer whose bias batch normalization had made needless gets
 * one.
 *
 * Weights that two such models share start with the same numbers, for these come from (seed, state name).
 *
 * @param x of a batch that the model takes
 * @returns the model, changed
 * @throws {ArgumentError} when the kind or an option is unknown or out of range, or nothing can be normalised.
 */
export function normalizeLayers<M extends Module>(
  model: M,
  kind: Normalization,
  x: { readonly shape: Shape; readonly dtype: DType },
): M {
  const make = maker(kind)
  const calls = callsOf(model, input(x.shape, x.dtype))
  const norms = calls.filter(({ module }) => module instanceof BatchNorm)
  if (norms.length > 0) for (const call of norms) replace(model, call, calls, make)
  else if (typeOf(kind) !== 'none') insert(model, calls, make)
  return model
}

/** A model has no place for the normalization that it is to have. */
export class NormalizationError extends ArgumentError {}

const unsuitable = (wanted: string, got: unknown, fix?: string): NormalizationError =>
  new NormalizationError(mismatch('normalization', wanted, got, fix).message)

/** Makes the layer that normalises `x`, given the batch normalization that is there. */
type Make = (x: Tensor, known?: BatchNorm) => Module

const typeOf = (kind: Normalization): NormalizationType => (typeof kind === 'string' ? kind : kind.type)

function maker(kind: Normalization): Make {
  const { type, ...options } = typeof kind === 'string' ? { type: kind } : { ...kind }
  if (!types.includes(type)) throw unknownName('normalization', types, String(type), 'type as ')
  const known = type === 'group' ? ['groups'] : isBatch(type) ? batchOptions : []
  const stranger = Object.keys(options).find((name) => !known.some((option) => option === name))
  if (stranger !== undefined) throw unknownName(`normalization ${type}`, known, stranger)
  if (isBatch(type)) return (x, norm) => batchNormLike(norm, x, type, options as BatchNormOptions)
  if (type === 'none') return () => new Identity()
  const { groups } = options as { readonly groups?: number }
  return ({ shape }) => {
    const channels = shape[1]!
    if (type === 'layer') return new GroupNorm(1, channels)
    if (type === 'group') return new GroupNorm(groups ?? groupsOf(channels), channels)
    if (shape.length > 2) return new GroupNorm(channels, channels)
    throw unsuitable('axes after the channels for instance', shape, "use 'layer' or 'group'")
  }
}

const isBatch = (type: NormalizationType): type is 'batch' | 'ghost' => type === 'batch' || type === 'ghost'

function batchNormLike(
  norm: BatchNorm | undefined,
  { shape }: Tensor,
  type: 'batch' | 'ghost',
  options: BatchNormOptions,
): BatchNorm {
  if (norm && type === 'batch' && Object.keys(options).length === 0) return norm
  const Kind = shape.length > 4 ? BatchNorm3d : shape.length > 3 ? BatchNorm2d : BatchNorm1d
  return new Kind(shape[1]!, {
    ...norm?.options,
    ...(type === 'ghost' && { virtualBatchSize: 32 }),
    ...options,
  })
}

/** The most groups that leave 16 channels or more in each. */
function groupsOf(channels: number): number {
  let groups = Math.max(1, Math.floor(channels / 16))
  while (channels % groups !== 0) groups--
  return groups
}

/** What the model calls in a forward pass, in order. */
function callsOf(model: Module, x: Tensor): Call[] {
  const calls: Call[] = []
  trace(() =>
    observe(
      model,
      (call) => calls.push(call),
      () => model.forward(x, 'eval'),
    ),
  )
  return calls
}

/** Put another layer where a batch normalization is. */
function replace(model: Module, call: Call, calls: readonly Call[], make: Make): void {
  const norm = call.module as BatchNorm
  const x = call.inputs[0] as Tensor
  const next = make(x, norm)
  if (next === norm) return
  put(model, norm, next)
  const before = calls.find(({ output }) => output === x)?.module
  if (next instanceof Identity && norm.bias && before && isHidden(before) && !before.bias) {
    put(model, before, before.withBias())
  }
}

/** Wherever a field holds one module, make it hold another. */
function put(root: object, old: Module, next: Module, seen: Set<object> = new Set()): void {
  seen.add(root)
  for (const [field, child] of Object.entries(root)) {
    if (child === old) Object.assign(root, { [field]: next })
    else if (typeof child === 'object' && child !== null && !ArrayBuffer.isView(child) && !seen.has(child)) {
      put(child, old, next, seen)
    }
  }
}

/** Normalise what each linear or convolutional layer gives, but the last. */
function insert(model: Module, calls: readonly Call[], make: Make): void {
  const layers = calls.flatMap(({ module, output }) => (isHidden(module) ? [[module, output] as const] : []))
  const last = layers.at(-1)?.[0]
  const hidden = new Map(layers.filter(([layer]) => layer !== last))
  if (hidden.size === 0) {
    throw unsuitable('2 or more linear or convolutional layers', layers.length)
  }
  for (const [layer, { shape }] of hidden) {
    if (layer.weight.shape.length > 2 || shape.length === 2) continue
    throw unsuitable('linear layers that give [batch, features]', shape, "use 'none'")
  }
  // Layers without a mode of their own, such as Linear, are not told it: the model is.
  let mode: Mode = 'eval'
  wrap(model, (forward, x, given, ...more) => {
    mode = given as Mode
    return forward(x, given, ...more)
  })
  for (const [layer, output] of hidden) {
    const norm = make(output)
    Object.assign(layer, { norm })
    wrap(layer, (forward, ...given) => norm.forward(forward(...given), mode))
  }
}

type Forward = (x: Tensor, ...more: unknown[]) => Tensor

/** Give a module a `forward` of its own around the one that it has. */
function wrap(module: Module, body: (forward: Forward, x: Tensor, ...more: unknown[]) => Tensor): void {
  const forward = (module.forward as Forward).bind(module)
  const value: Forward = (...given) => body(forward, ...given)
  Object.defineProperty(module, 'forward', { value, configurable: true })
}

const isHidden = (module: Module): module is Fusable => 'withBias' in module
