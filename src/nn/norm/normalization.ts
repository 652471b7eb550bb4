import type { DType } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import { integer, type OptionsOf, readOptions } from '../../core/options.ts'
import type { Shape } from '../../core/shape.ts'
import { input, type Tensor } from '../../core/tensor.ts'
import type { Mode, Module } from '../module.ts'
import { type Call, callsOf } from '../observe.ts'
import { Identity } from '../residual.ts'
import {
  BatchNorm,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
  batchNormOptions,
} from './batch-norm.ts'
import { Derf, type DynamicTanhOptions, DyT, dynamicOptions } from './dynamic-tanh.ts'
import type { Fusable } from './fuse.ts'
import { GroupNorm } from './group-norm.ts'

const { eps, momentum, affine, zeroDebias, nonFinite, virtualBatchSize } = batchNormOptions
const batchOptions = { eps, momentum, affine, zeroDebias, nonFinite, virtualBatchSize }
/** Number of examples that ghost batch normalization normalizes together, if not given. */
export const ghostBatchSize = 32

const groupOptions = {
  /** Number of groups of channels. @default the most that leave at least 16 channels per group */
  groups: integer({ min: 1 }),
}

/** Options that each kind of normalization accepts. */
const kinds = {
  none: {},
  batch: batchOptions,
  ghost: batchOptions,
  layer: {},
  group: groupOptions,
  instance: {},
  dyt: dynamicOptions,
  derf: dynamicOptions,
}

/** Name of a kind of normalization. */
export type NormalizationType = keyof typeof kinds

/** Names of all kinds of normalization. */
export const normalizationTypes = Object.keys(kinds) as readonly NormalizationType[]

/**
 * A kind of normalization: its name, or an object with its name as `type` and its options.
 *
 * - `none`: no normalization
 * - `batch`: batch normalization; options not given are taken from the batch normalization it replaces
 * - `ghost`: batch normalization with `virtualBatchSize`, 32 if omitted
 * - `layer`: normalizes each example by its statistics over all channels; γ and β are per channel
 * - `group`: normalizes each group of channels of each example by the group's statistics
 * - `instance`: normalizes each channel of each example by the channel's statistics; needs axes after the channels
 * - `dyt`, `derf`: bounds each element by a learned tanh or error function instead; no statistics
 */
export type Normalization =
  | NormalizationType
  | ({ readonly type: 'batch' | 'ghost' } & OptionsOf<typeof batchOptions>)
  | ({ readonly type: 'group' } & OptionsOf<typeof groupOptions>)
  | ({ readonly type: 'dyt' | 'derf' } & OptionsOf<typeof dynamicOptions>)
  | { readonly type: 'none' | 'layer' | 'instance' }

/**
 * Changes the kind of normalization of an uninitialized model, to compare kinds.
 *
 * Replaces each batch normalization of the model. If there is none, inserts a normalization after each linear or
 * convolutional layer except the last one called; existing state names do not change, because the new layer becomes a
 * field of the layer before it: `fc1.norm.weight`. Where `none` removes a shift β, the preceding layer gets a bias if
 * it has none.
 *
 * Weights with the same name in two such models are initialized equally, because initial values depend only on seed
 * and name.
 *
 * @param x shape and element type of a batch for the model
 * @returns the model, changed
 * @throws {ArgumentError} when the kind or an option is unknown or out of range, or nothing can be normalized.
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

/** Error for a kind of normalization that a model cannot have, such as `instance` on inputs `[batch, channels]`. */
export class NormalizationError extends ArgumentError {}

const unsuitable = (wanted: string, got: unknown, fix?: string): NormalizationError =>
  new NormalizationError(mismatch('normalization', wanted, got, fix).message)

/** Returns a layer that normalizes `x`; it replaces the batch normalization `old`, if given. */
type Make = (x: Tensor, old?: BatchNorm) => Module

const typeOf = (kind: Normalization): NormalizationType => (typeof kind === 'string' ? kind : kind.type)

function maker(kind: Normalization): Make {
  const { type, ...options } = typeof kind === 'string' ? { type: kind } : { ...kind }
  if (!Object.hasOwn(kinds, type)) {
    throw unknownName('normalization', Object.keys(kinds), String(type), 'type as ')
  }
  readOptions(`normalization ${type}`, kinds[type], options)
  if (isBatch(type)) return (x, norm) => batchNormLike(norm, x, type, options)
  if (type === 'none') return () => new Identity()
  if (type === 'dyt' || type === 'derf') return ({ shape }) => dynamic(type, shape[1]!, options)
  const { groups } = options as OptionsOf<typeof groupOptions>
  return ({ shape }) => {
    const channels = shape[1]!
    if (type === 'layer') return new GroupNorm(1, channels)
    if (type === 'group') return new GroupNorm(groups ?? groupsOf(channels), channels)
    if (shape.length > 2) return new GroupNorm(channels, channels)
    throw unsuitable('axes after the channels for instance', shape, "use 'layer' or 'group'")
  }
}

const dynamic = (type: 'dyt' | 'derf', channels: number, options: DynamicTanhOptions): Module =>
  new ({ dyt: DyT, derf: Derf })[type](channels, { ...options, channelsLast: false })

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
    ...(type === 'ghost' && { virtualBatchSize: ghostBatchSize }),
    ...options,
  })
}

/** Returns the largest number of equal groups with at least 16 channels each; 1 if there is none. */
function groupsOf(channels: number): number {
  let groups = Math.max(1, Math.floor(channels / 16))
  while (channels % groups !== 0) groups--
  return groups
}

/** Replaces the batch normalization called in `call` by the layer that `make` returns. */
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

/** Replaces the module `old` by `next` in every field of `root`, or of an object in it, that holds `old`. */
function put(root: object, old: Module, next: Module, seen: Set<object> = new Set()): void {
  seen.add(root)
  for (const [field, child] of Object.entries(root)) {
    if (child === old) Object.assign(root, { [field]: next })
    else if (typeof child === 'object' && child !== null && !ArrayBuffer.isView(child) && !seen.has(child)) {
      put(child, old, next, seen)
    }
  }
}

/** Inserts a normalization after each linear or convolutional layer except the last one called. */
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
  // Layers such as Linear may be called without a mode, so the mode comes from the call of the model.
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

/** Replaces the `forward` of `module` by `body`, which receives the original `forward` and the arguments. */
function wrap(module: Module, body: (forward: Forward, x: Tensor, ...more: unknown[]) => Tensor): void {
  const forward = (module.forward as Forward).bind(module)
  const value: Forward = (...given) => body(forward, ...given)
  Object.defineProperty(module, 'forward', { value, configurable: true })
}

const isHidden = (module: Module): module is Fusable => 'withBias' in module
