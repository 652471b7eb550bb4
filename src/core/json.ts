import { ArgumentError } from './errors.ts'

/** Parses JSON, given as text or as UTF-8 bytes. @returns the value, or undefined if the JSON is invalid */
export function jsonIn(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(textOf(text))
  } catch {
    return undefined
  }
}

/** Returns JSON as text without a byte-order mark. @throws {TypeError} when bytes are not UTF-8 */
const textOf = (json: string | Uint8Array): string =>
  (typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)).replace(
    /^\ufeff/,
    '',
  )

/** Maximum nesting depth of lists and objects, since code that traverses JSON values is recursive. */
const mostLevels = 500

/**
 * Describes what is wrong with valid JSON: a key that occurs twice in an object (`JSON.parse` ignores all but the
 * last), or lists and objects that are nested too deeply. Returns undefined if nothing is wrong.
 *
 * @param value result of `JSON.parse(json)`
 */
export function faultOf(json: string, value: unknown = JSON.parse(json)): string | undefined {
  const written = keysIn(json)
  if (written < 0) return `more than ${mostLevels} levels of lists and objects`
  if (written === keysOf(value)) return undefined
  return `the key ${JSON.stringify(doubleIn(json))} twice in one object`
}

const quote = 34
const backslash = 92
const colon = 58
const openBrace = 123
const openBracket = 91
const closeBrace = 125
const closeBracket = 93

/**
 * Returns the number of keys in a JSON text, including those of nested objects, without parsing it; −1 if lists and
 * objects are nested too deeply.
 */
export function keysIn(json: string): number {
  let [keys, levels] = [0, 0]
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === quote) {
      const end = endOfText(json, at)
      if (isKey(json, end)) keys++
      at = end - 1
    } else if (code === openBrace || code === openBracket) {
      if (++levels > mostLevels) return -1
    } else if (code === closeBrace || code === closeBracket) levels--
  }
  return keys
}

/** Returns the number of keys in a parsed JSON value, including those of nested objects. */
function keysOf(value: unknown): number {
  let keys = 0
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (Array.isArray(next)) {
      for (const one of next) if (typeof one === 'object') open.push(one)
    } else if (typeof next === 'object' && next !== null) {
      for (const key in next) {
        const one = (next as Readonly<Record<string, unknown>>)[key]
        keys++
        if (typeof one === 'object') open.push(one)
      }
    }
  }
  return keys
}

/** Returns the first key in a JSON text that occurs twice in the same object. */
function doubleIn(json: string): string | undefined {
  const known: Set<string>[] = []
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === openBrace || code === openBracket) known.push(new Set())
    else if (code === closeBrace || code === closeBracket) known.pop()
    else if (code === quote) {
      const end = endOfText(json, at)
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(at, end)) as string
        const keys = known.at(-1)!
        if (keys.has(key)) return key
        keys.add(key)
      }
      at = end - 1
    }
  }
  return undefined
}

/** Returns the index after the closing quote of the string whose opening quote is at index `at`. */
function endOfText(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let escapes = 0
    while (json.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return json.length
}

/** Whether a string that ends just before index `at` is a key, so that a colon follows. */
function isKey(json: string, at: number): boolean {
  let next = at
  while (json.charCodeAt(next) <= 32) next++
  return json.charCodeAt(next) === colon
}

/** Returns `json`, a parsed value. @throws {ArgumentError} when its lists and objects are nested too deeply */
export function checkDepth(who: string, json: unknown): unknown {
  let level: readonly unknown[] = [json]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels)
      throw new ArgumentError(`${who}: wanted values nested at most ${mostLevels} deep, got more`)
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.values(value) : [],
    )
  }
  return json
}

/** Whether a value can be written as JSON and read again unchanged: no function, no NaN, no infinity. */
export function isJson(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isJson)
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
