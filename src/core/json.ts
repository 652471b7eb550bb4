/** Parses JSON, given as text or as UTF-8 bytes. @returns the value, or undefined if the JSON is invalid */
export function jsonIn(text: string | Uint8Array): unknown {
  try {
    const decoded = typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text)
    return JSON.parse(decoded)
  } catch {
    return undefined
  }
}
