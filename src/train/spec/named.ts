import { mismatch, unknownName } from '../../core/mismatch.ts'

/** Whether a value is a JSON object, rather than a list, a text or another value. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns what `known` has by this name. @throws {ArgumentError} listing the known names when it has nothing. */
export function byName<T>(what: string, known: Readonly<Record<string, T>>, name: unknown): T {
  if (typeof name === 'string' && Object.hasOwn(known, name)) return known[name]!
  const got = typeof name === 'object' ? JSON.stringify(name) : String(name)
  throw unknownName('experiment', Object.keys(known), got, `${what} as `)
}

/**
 * Splits a spec into what `known` has by its type, and the options: `"horizontalFlip"` or
 * `{ "type": "horizontalFlip", "probability": 0.5 }`.
 *
 * @throws {ArgumentError} when it is neither a text nor an object, or its type is unknown.
 */
export function typed<T>(
  what: string,
  known: Readonly<Record<string, T>>,
  spec: unknown,
): { readonly type: string; readonly made: T; readonly options: Readonly<Record<string, unknown>> } {
  if (typeof spec !== 'string' && !isJsonObject(spec)) {
    throw mismatch('experiment', `${what} as a name, or an object with a type`, spec)
  }
  const { type, ...options } = typeof spec === 'string' ? { type: spec } : spec
  return { type: String(type), made: byName(what, known, type), options }
}
