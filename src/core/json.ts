/** Parses JSON, given as text or as UTF-8 bytes. @returns the value, or undefined if the JSON is invalid */
export function jsonIn(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(textOf(text))
  } catch {
    return undefined
  }
}

/** Returns the text of JSON without its byte-order mark. @throws {TypeError} when bytes are not UTF-8 */
const textOf = (json: string | Uint8Array): string =>
  (typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)).replace(
    /^\ufeff/,
    '',
  )

/** Maximum number of levels of lists and objects within each other: code that walks values is recursive. */
const mostLevels = 500

/**
 * Says what is wrong with valid JSON: an object has a key twice, of which `JSON.parse` keeps the last; or lists and
 * objects are nested too deeply. Returns undefined if nothing is.
 */
export function faultOf(json: string): string | undefined {
  const keys: Set<string>[] = []
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '{' || character === '[') {
      if (keys.push(new Set()) > mostLevels) return `more than ${mostLevels} levels of lists and objects`
    } else if (character === '}' || character === ']') keys.pop()
    else if (character === '"') {
      const end = endOfText(json, at)
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(at, end)) as string
        const known = keys.at(-1)!
        if (known.has(key)) return `the key ${JSON.stringify(key)} twice in one object`
        known.add(key)
      }
      at = end - 1
    }
  }
  return undefined
}

/** Returns the index after the closing quote of the text whose opening quote is at index `at`. */
function endOfText(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let escapes = 0
    while (json[end - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return json.length
}

/** Whether a text that ends before index `at` is a key: whether a colon follows. */
function isKey(json: string, at: number): boolean {
  let next = at
  while (/\s/.test(json[next] ?? '')) next++
  return json[next] === ':'
}
