import ts from 'typescript'
import * as nn from '../src/nn/index.ts'
import { rules } from '../src/optim/parse.ts'
import { losses } from '../src/train/spec/loss.ts'
import { readers } from '../src/train/spec/readers.ts'
import { commentOf, type Json, jsonOfType, type OptionsJson, optionsOfType } from './json-of-type.ts'
import { sourceProgram } from './option-takers.ts'
import { scheduleJsonSchema } from './schedule-schema.ts'

const program = sourceProgram()
const checker = program.getTypeChecker()
const ref = (name: string): Json => ({ $ref: `#/$defs/${name}` })
const object = (properties: Json, required: readonly string[] = []): Json => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
})

/**
 * The JSON Schema of an experiment in a file, published as schema/experiment.json. Names are those of the functions and
 * classes of the library; options, their ranges and descriptions are those of their declarations.
 *
 * It covers single values; `train.parseExperiment` also checks which go together.
 */
export function experimentJsonSchema(): object {
  const own: Readonly<Record<string, Json>> = {
    data: ref('data'),
    sampler: ref('sampler'),
    transform: { type: 'array', items: ref('transform') },
    model: ref('layers'),
    loss: ref('loss'),
    optimizer: ref('optimizer'),
    control: { type: 'array', items: ref('controller') },
    metrics: { type: 'object', additionalProperties: ref('metric') },
    normalization: { anyOf: [{ type: 'string' }, { type: 'object' }] },
  }
  const all = typeNamed('train', 'ExperimentOptions')
  const { properties } = optionsJson(all)
  const required = all.getProperties().filter(({ flags }) => !(flags & ts.SymbolFlags.Optional))
  // A list of layers takes no options of the model.
  const inJson = Object.entries(properties).filter(([name]) => !(name in own) && name !== 'modelOptions')
  const described = all.getProperties().filter(({ name }) => name in own)
  return {
    title: 'An experiment of Evenstep',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...object(
      {
        $schema: { type: 'string' },
        ...Object.fromEntries(
          described.map((option) => [option.name, { ...own[option.name], description: about(option) }]),
        ),
        ...Object.fromEntries(inJson),
      },
      required.map(({ name }) => name),
    ),
    $defs: { ...dataDefs(), ...modelDefs(), ...typedDefs(), ...scheduleDefs() },
  }
}

/** A schedule, and a schedule that is not a number. */
function scheduleDefs(): Json {
  const { schedule } = (scheduleJsonSchema() as { $defs: { schedule: Json } }).$defs
  const [number, ...others] = schedule.anyOf as readonly Json[]
  return {
    schedule: { ...schedule, anyOf: [number, ref('scheduleSpec')] },
    scheduleSpec: { anyOf: others },
  }
}

/** The exports of a part of the library, such as `nn` or `train.metrics`, as the functions and classes they are. */
function exportsOf(path: string): ReadonlyMap<string, ts.Symbol> {
  const index = program.getSourceFile(new URL('../src/index.ts', import.meta.url).pathname)!
  let module = checker.getSymbolAtLocation(index)!
  for (const part of path.split('.')) {
    const found = resolved(checker.getExportsOfModule(module).find(({ name }) => name === part)!)
    const isModule = found.flags & ts.SymbolFlags.ValueModule
    module = isModule ? found : checker.getTypeOfSymbol(found).getSymbol()!
  }
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, resolved(symbol)]))
}

const resolved = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

const typeNamed = (path: string, name: string): ts.Type =>
  checker.getDeclaredTypeOfSymbol(exportsOf(path).get(name)!)

const about = (symbol: ts.Symbol): string => commentOf(checker, symbol)
const optionsJson = (type: ts.Type): OptionsJson => optionsOfType(checker, type)

/** The parameters of a function or of a class's constructor; of overloads, the last. */
function parametersOf(symbol: ts.Symbol): readonly ts.Symbol[] {
  const type = checker.getTypeOfSymbol(symbol)
  return [...type.getConstructSignatures(), ...type.getCallSignatures()].at(-1)?.parameters ?? []
}

const typeOf = (parameter: ts.Symbol): ts.Type =>
  checker.getNonNullableType(checker.getTypeOfSymbol(parameter))

/** The options of a function or a class: the properties of its parameter that is an object of options. */
function optionsOf(symbol: ts.Symbol | undefined): OptionsJson {
  const found = symbol && parametersOf(symbol).find(isOptions)
  return found ? optionsJson(typeOf(found)) : { properties: {}, required: [] }
}

const isOptions = (parameter: ts.Symbol): boolean =>
  ['options', 'given'].includes(parameter.name) && typeOf(parameter).getProperties().length > 0

/** A name alone, or an object of its type and options: one alternative for each name. */
const named = (entries: readonly (readonly [string, OptionsJson, string])[]): Json => ({
  anyOf: [
    {
      type: 'string',
      enum: entries.flatMap(([name, { required }]) => (required.length === 0 ? [name] : [])),
    },
    {
      oneOf: entries.map(([name, { properties, required }, description]) => ({
        ...object({ type: { type: 'string', const: name }, ...properties }, ['type', ...required]),
        description,
      })),
    },
  ],
})

/** The functions of a part of the library that return what is called `returned`. */
const makers = (path: string, returned: string): (readonly [string, ts.Symbol])[] =>
  [...exportsOf(path)].filter(([, symbol]) => {
    const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures()
    return signature?.getReturnType().getSymbol()?.name === returned
  })

function typedDefs(): Json {
  const optimizers = exportsOf('optim')
  const ops = exportsOf('ops')
  const madeBy = (list: readonly (readonly [string, ts.Symbol])[]): Json =>
    named(list.map(([name, symbol]) => [name, optionsOf(symbol), about(symbol)]))
  const comments = (name: string): Json => optionsOf(ops.get(name)).properties
  const lossOptions = (name: string): Json =>
    Object.fromEntries(
      Object.entries(losses[name]!.options).map(([option, { json, fallback }]) => {
        const { description } = Object(comments(name)[option]) as { description?: string }
        return [option, { ...(fallback !== undefined && { default: fallback }), ...json, description }]
      }),
    )
  const { properties } = optionsOf(exportsOf('data').get('weightedSampler'))
  const weights = {
    anyOf: [
      { type: 'string', const: 'balanced' },
      { type: 'array', items: { type: 'number' } },
    ],
  }
  return {
    loss: named(
      Object.keys(losses).map((name) => [
        name,
        { properties: lossOptions(name), required: [] },
        about(ops.get(name)!),
      ]),
    ),
    optimizer: {
      oneOf: rules.map(({ type }) => {
        const { properties, required } = optionsOf(optimizers.get(type))
        const json = object({ type: { type: 'string', const: type }, ...properties }, ['type', ...required])
        return { ...json, description: about(optimizers.get(type)!) }
      }),
    },
    transform: madeBy(makers('data', 'Transform')),
    sampler: object({ type: { type: 'string', const: 'weightedSampler' }, weights, ...properties }, [
      'type',
      'weights',
    ]),
    controller: {
      oneOf: makers('schedule', 'Controller').flatMap(([name, symbol]) => {
        if (name.startsWith('parse')) return []
        const { properties, required } = optionsOf(symbol)
        const json = object({ type: { type: 'string', const: name }, ...properties }, ['type', ...required])
        return [{ ...json, description: about(symbol) }]
      }),
    },
    metric: madeBy(makers('train.metrics', 'Metric')),
  }
}

function dataDefs(): Json {
  const functions = exportsOf('data')
  const step = (name: string, more: Json = {}): Json => {
    const { properties, required } = optionsOf(functions.get(name))
    const json = object({ ...properties, ...more }, [...required, ...Object.keys(more)])
    return required.length > 0 ? json : { anyOf: [{ type: 'boolean', const: true }, json] }
  }
  const path = { type: 'string', minLength: 1, description: 'Path, relative to this file.' }
  const paths: Json = {
    0: { type: 'boolean', const: true },
    1: path,
    2: { type: 'array', items: path, minItems: 2, maxItems: 2 },
    any: { anyOf: [path, { type: 'array', items: path, minItems: 1 }] },
  }
  const fold = { type: 'integer', minimum: 0, description: 'Index of the fold to validate on, from 0.' }
  const together = { oneHot: { type: 'boolean', const: true }, normalize: ref('normalize') }
  const source = (steps: Json): Json => ({
    oneOf: Object.entries(readers).map(([name, { paths: count, options: declared }]) => {
      const { properties, required } = optionsOf(functions.get(name))
      const known = Object.entries(properties).filter(([option]) => option in declared)
      const needed = required.filter((option) => option in declared)
      const own = { [name]: paths[count], ...Object.fromEntries(known), ...(name === 'names' && next) }
      return { ...object({ ...own, ...steps }, [name, ...needed]), description: about(functions.get(name)!) }
    }),
  })
  const next = { nextCharacter: step('nextCharacter') }
  const alone = {
    type: 'string',
    enum: Object.entries(readers).flatMap(([name, { paths }]) => (paths === 0 ? [name] : [])),
  }
  const part = { anyOf: [alone, ref('source')] }
  const parts = object({ train: part, validation: part, test: part, ...together }, ['train', 'validation'])
  return {
    data: { anyOf: [alone, source({ split: ref('split'), kFold: ref('kFold'), ...together }), parts] },
    source: source({}),
    split: step('split'),
    kFold: step('kFold', { fold }),
    normalize: step('normalize'),
  }
}

function modelDefs(): Json {
  const classes = exportsOf('nn')
  const layers = [...classes].filter(([name]) => {
    const value: unknown = Object(nn)[name]
    return typeof value === 'function' && typeof value.prototype?.forward === 'function'
  })
  return {
    layers: { type: 'array', items: ref('layer'), minItems: 1, description: 'Layers, one after another.' },
    layer: { anyOf: layers.map(([name, symbol]) => layerJson(name, symbol)) },
  }
}

function layerJson(name: string, symbol: ts.Symbol): Json {
  const isFitted = 'fitted' in Object(Object(nn)[name])
  const parameters = parametersOf(symbol)
    .slice(isFitted ? 1 : 0)
    .filter((parameter) => !isEmpty(parameter))
  const sizes = sizesRead(symbol)
  const items = parameters.map((parameter) => {
    if (isOptions(parameter)) {
      const { properties, required } = optionsJson(typeOf(parameter))
      return object(properties, required)
    }
    if (sizes.has(parameter.name)) {
      const size = { type: 'integer', minimum: 1 }
      // The number of features of a TabularInput before it.
      const known = /^(in|num)Features$/.test(parameter.name) && [{ const: 'features' }]
      return { ...(known ? { anyOf: [size, ...known] } : size), description: parameter.name }
    }
    const type = typeOf(parameter)
    const isModule = type.getProperty('forward') !== undefined
    const module = { anyOf: [ref('layer'), ref('layers')] }
    const json = isModule ? module : (jsonOfType(checker, type) ?? {})
    return { ...json, description: parameter.name }
  })
  const rest = parameters.some((parameter) => {
    const [declaration] = parameter.declarations ?? []
    return declaration && ts.isParameter(declaration) && declaration.dotDotDotToken !== undefined
  })
  const required = parameters.filter((parameter) => isNeeded(parameter)).length
  const head = { type: 'string', const: name }
  return rest
    ? { type: 'array', prefixItems: [head], items: ref('layer'), minItems: 2, description: about(symbol) }
    : {
        type: 'array',
        prefixItems: [head, ...items],
        items: false,
        minItems: 1 + required,
        maxItems: 1 + items.length,
        description: about(symbol),
      }
}

/** Whether a parameter is an object of options without any option. */
const isEmpty = (parameter: ts.Symbol): boolean =>
  ['options', 'given'].includes(parameter.name) && typeOf(parameter).getProperties().length === 0

function isNeeded(parameter: ts.Symbol): boolean {
  const [declaration] = parameter.declarations ?? []
  return declaration !== undefined && ts.isParameter(declaration) && !checker.isOptionalParameter(declaration)
}

/** Names of the arguments that the file of a class checks as sizes, positive integers. */
function sizesRead(symbol: ts.Symbol): ReadonlySet<string> {
  const text = symbol.declarations![0]!.getSourceFile().text
  return new Set([...text.matchAll(/\bsize\.read\([^,]+, '(\w+)'/g)].map(([, name]) => name!))
}
