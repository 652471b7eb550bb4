/** Formats a value as JSON, indented, with arrays and objects that fit into 90 columns on one line. */
export function readableJson(value: unknown, indent = ''): string {
  const line = JSON.stringify(value) ?? 'null'
  if (typeof value !== 'object' || value === null) return line
  const isList = Array.isArray(value)
  const fits = indent.length + line.length <= 90
  const inner = fits ? '' : `${indent}  `
  const entries = Object.entries(value).map(
    ([name, item]) => `${isList ? '' : `${JSON.stringify(name)}: `}${readableJson(item, inner)}`,
  )
  const [open, close] = isList ? '[]' : '{}'
  if (!fits) return `${open}\n${entries.map((entry) => inner + entry).join(',\n')}\n${indent}${close}`
  const space = isList || entries.length === 0 ? '' : ' '
  return `${open}${space}${entries.join(', ')}${space}${close}`
}
