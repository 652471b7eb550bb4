import { readFileSync } from 'node:fs'
import { mismatch } from '../../core/mismatch.ts'
import type { Source } from '../../data/stream.ts'
import * as nn from '../../nn/index.ts'
import type { Module } from '../../nn/module.ts'
import { packageFolder } from '../../package-folder.ts'
import { parse as parseSchedule } from '../../schedule/index.ts'
import { byName, isJsonObject } from './named.ts'

interface Layer {
  new (...args: never[]): Module
  /** Whether the first argument of the constructor is the training data; a spec leaves it out. */
  readonly fitted?: boolean
}

/** Every layer class of `nn`, by name. */
const layers: Readonly<Record<string, Layer>> = Object.fromEntries(
  Object.entries(nn).filter((entry): entry is [string, Layer & (typeof entry)[1]] => isLayer(entry[1])),
)

function isLayer(value: unknown): value is Layer {
  return typeof value === 'function' && typeof value.prototype?.forward === 'function'
}

/** Returns the maximum number of arguments of each layer, as the published JSON Schema has it. */
const mostArguments = once((): ReadonlyMap<string, number> => {
  const schema = JSON.parse(readFileSync(new URL('schema/experiment.json', packageFolder), 'utf8'))
  const known = schema.$defs.layer.anyOf as readonly LayerSchema[]
  return new Map(
    known.flatMap(({ prefixItems: [name] = [], maxItems }) =>
      name && maxItems !== undefined ? [[name.const, maxItems - 1] as const] : [],
    ),
  )
})

interface LayerSchema {
  readonly prefixItems?: readonly { readonly const: string }[]
  readonly maxItems?: number
}

/** Returns a function that computes its value at the first call. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

type LayerSpec = readonly [name: string, ...arguments: unknown[]]

const isLayerSpec = (value: unknown): value is LayerSpec =>
  Array.isArray(value) && typeof value[0] === 'string'

const isLayerList = (value: unknown): value is readonly LayerSpec[] =>
  Array.isArray(value) && value.length > 0 && value.every(isLayerSpec)

/**
 * Returns a function that makes the model described by JSON: a list of layers `[name, ...arguments]`, one after
 * another. An argument that is a module is itself a layer or a list of layers, as in
 * `["Residual", [["Linear", 8, 8], ["ReLU"]]]`. After a `TabularInput`, the text `features` is the number of its
 * features.
 *
 * @throws {ArgumentError} when a layer is unknown, or refuses its arguments.
 */
export function parseModel(spec: unknown, train: Source): () => Module {
  if (!isLayerList(spec)) {
    throw mismatch('experiment', 'model as a list of layers, such as ["Linear", 100, 10]', spec)
  }
  const make = (): Module => sequence(spec, train)
  make() // refuses a wrong layer now, not when training starts
  return make
}

/** @param features number of features of a `TabularInput` that comes before the list, if there is one */
function sequence(specs: readonly LayerSpec[], train: Source, features?: number): Module {
  let known = features
  const made = specs.map((spec) => {
    const layer = layerOf(spec, train, known)
    known = featuresOf(layer) ?? known
    return layer
  })
  return new nn.Sequential(...made)
}

/** Returns the number of features of a `TabularInput`, also of one inside a `Sequential`; undefined for other layers. */
function featuresOf(layer: Module): number | undefined {
  if (layer instanceof nn.TabularInput) return layer.features
  if (!(layer instanceof nn.Sequential)) return undefined
  return [...layer].map(featuresOf).findLast((features) => features !== undefined)
}

function counted(features: number | undefined): number {
  if (features !== undefined) return features
  throw mismatch('experiment', 'the size features after a TabularInput', undefined, 'write a number')
}

function layerOf([name, ...args]: LayerSpec, train: Source, features: number | undefined): Module {
  const Kind = byName('layer', layers, name)
  const options = args.findIndex(isJsonObject)
  if (options >= 0 && options < args.length - 1)
    throw mismatch('experiment', `${name} without arguments after its options`, args[options + 1])
  const most = mostArguments().get(name)
  if (most !== undefined && args.length > most)
    throw mismatch('experiment', `${name} with at most ${most} arguments`, args.length)
  const given = args.map((argument) => argumentOf(argument, train, features))
  return new Kind(...([...(Kind.fitted ? [train] : []), ...given] as never[]))
}

/** Converts an argument of a layer from JSON: makes the layers that it describes, and parses a schedule of `momentum`. */
function argumentOf(argument: unknown, train: Source, features: number | undefined): unknown {
  if (argument === 'features') return counted(features)
  if (isLayerSpec(argument)) return layerOf(argument, train, features)
  if (isLayerList(argument)) return sequence(argument, train, features)
  const { momentum } = Object(argument)
  if (typeof momentum !== 'string' && (typeof momentum !== 'object' || momentum === null)) return argument
  return { ...(argument as object), momentum: parseSchedule(momentum) }
}
