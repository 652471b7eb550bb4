import { ArgumentError } from './errors.ts'

/** Parses JSON, given as text or as UTF-8 bytes. @returns the value, or undefined if the JSON is invalid */
export function jsonIn(text: string | Uint8Array): unknown {
  try {
    const decoded = typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text)
    return JSON.parse(decoded)
  } catch {
    return undefined
  }
}

/** Maximum depth of nested lists and objects in JSON that a user wrote. Reading it recurses, which takes stack. */
const maxDepth = 500

/** Checks that parsed JSON is not nested too deep. @throws {ArgumentError} when it is @returns the same value */
export function checkDepth(who: string, json: unknown): unknown {
  let level: readonly unknown[] = [json]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth)
      throw new ArgumentError(`${who}: wanted values nested at most ${maxDepth} deep, got more`)
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.values(value) : [],
    )
  }
  return json
}
