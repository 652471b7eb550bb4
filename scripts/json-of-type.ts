import ts from 'typescript'
import * as options from '../src/core/options.ts'
import { shapeOption } from '../src/core/shape.ts'
import { schedulable } from '../src/schedule/schedulable.ts'

export type Json = Readonly<Record<string, unknown>>

/** A schedule as text or spec: a number, which is also a schedule, is bounded by the option. */
export const scheduleRef: Json = { $ref: '#/$defs/scheduleSpec' }

/** The JSON Schema of the values of a type that JSON can express; undefined if it can express none of them. */
export function jsonOfType(checker: ts.TypeChecker, type: ts.Type): Json | undefined {
  const of = (one: ts.Type): Json | undefined => jsonOfType(checker, one)
  if (type.isUnion()) return unionOf(checker, type.types)
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
  if (type.flags & ts.TypeFlags.Null) return { type: 'null' }
  if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' }
  if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' }
  if (type.flags & ts.TypeFlags.StringLike) return { type: 'string' }
  if (type.getCallSignatures().length > 0) return isOfStep(type) ? scheduleRef : undefined
  // `string & {}` keeps the literals beside it from being merged into it.
  if (type.isIntersection() && type.types.some(({ flags }) => flags & ts.TypeFlags.String))
    return { type: 'string' }
  const name = type.symbol?.name ?? ''
  if (name === 'ScheduleSpec') return scheduleRef
  if (['Array', 'ReadonlyArray', 'ArrayLike'].includes(name)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference)
    const items = item && of(item)
    return items && { type: 'array', items }
  }
  if (name === 'Tensor' || name.endsWith('Array')) return undefined
  if (checker.isTupleType(type)) {
    const items = checker.getTypeArguments(type as ts.TypeReference).map(of)
    return { type: 'array', prefixItems: items, items: false, minItems: items.length, maxItems: items.length }
  }
  return objectOf(checker, type)
}

const isOfStep = (type: ts.Type): boolean => type.getCallSignatures()[0]?.parameters[0]?.name === 'step'

function unionOf(checker: ts.TypeChecker, types: readonly ts.Type[]): Json | undefined {
  const kept = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
  const booleans = kept.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral)
  const others = kept.filter((type) => booleans.length < 2 || !booleans.includes(type))
  const made = [
    ...(booleans.length === 2 ? [{ type: 'boolean' }] : []),
    ...others.flatMap((type) => jsonOfType(checker, type) ?? []),
  ]
  const texts = new Set(made.map((json) => JSON.stringify(json)))
  const distinct = [...texts].map((text) => JSON.parse(text) as Json)
  return distinct.length > 1 ? { anyOf: distinct } : distinct[0]
}

/** An object of options; of other objects, such as modules, there is no JSON. */
function objectOf(checker: ts.TypeChecker, type: ts.Type): Json | undefined {
  const properties = type.getProperties()
  if (properties.length === 0) return type.flags & ts.TypeFlags.Object ? { type: 'object' } : undefined
  const isClass = type.isClass() || properties.some(({ flags }) => flags & ts.SymbolFlags.Method)
  if (isClass) return undefined
  const { required, properties: made } = optionsOfType(checker, type)
  return {
    type: 'object',
    properties: made,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** The options of an object that JSON can express, and the names of those that must be given. */
export interface OptionsJson {
  readonly properties: Json
  readonly required: readonly string[]
}

/** The JSON Schemas of a type's properties, from their declarations; without those that JSON cannot express. */
export function optionsOfType(checker: ts.TypeChecker, type: ts.Type): OptionsJson {
  const entries = type.getProperties().flatMap((option) => {
    const json =
      declaredJson(option) ?? jsonOfType(checker, checker.getNonNullableType(checker.getTypeOfSymbol(option)))
    const description = commentOf(checker, option)
    return json ? [[option, { ...json, ...(description !== '' && { description }) }] as const] : []
  })
  return {
    properties: Object.fromEntries(entries.map(([{ name }, json]) => [name, json])),
    required: entries.flatMap(([{ name, flags }]) => (flags & ts.SymbolFlags.Optional ? [] : [name])),
  }
}

/** The first paragraph of a symbol's comment. */
export const commentOf = (checker: ts.TypeChecker, symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).split('\n\n')[0]!.replaceAll('\n', ' ')

const scope = { ...options, shapeOption, schedulable }

/** The JSON Schema that an option's declaration states, such as `number({ min: 0 })`; undefined if it states none. */
function declaredJson(option: ts.Symbol): Json | undefined {
  const [declaration] = option.declarations ?? []
  if (!declaration || !ts.isPropertyAssignment(declaration)) return undefined
  try {
    const code = ts.transpile(`(${declaration.initializer.getText()})`)
    const body = code.replace(/^"use strict";\s*/, 'return ')
    const made = new Function(...Object.keys(scope), body)(...Object.values(scope)) as options.Option<unknown>
    if (made.json === undefined) return undefined
    const { fallback, json } = made
    const known = fallback !== undefined && { default: fallback }
    return made.scheduled ? { ...known, anyOf: [json, scheduleRef] } : { ...known, ...json }
  } catch {
    return undefined // a declaration that refers to names of its file: its type says what it takes
  }
}
