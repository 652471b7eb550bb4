/** Formats JSON for people: values that fit are on one line. */
export function readableJson(value: unknown, indent = ''): string {
  const line = JSON.stringify(value) ?? 'null'
  if (typeof value !== 'object' || value === null || indent.length + line.length <= 90)
    return spaced(value, line)
  const inner = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((item) => readableJson(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${readableJson(item, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${entries.map((entry) => inner + entry).join(',\n')}\n${indent}${close}`
}

/** One line, with a space after each comma and colon. */
function spaced(value: unknown, line: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => readableJson(item)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return line
  const entries = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}: ${readableJson(item)}`,
  )
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
