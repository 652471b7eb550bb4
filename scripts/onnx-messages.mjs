// Writes src/onnx/messages.ts, the Protocol Buffers messages of an ONNX file, from ONNX's own definition:
// node scripts/onnx-messages.mjs onnx.proto && npx biome check --write src/onnx/messages.ts
// The Python package `onnx` carries onnx.proto, as does https://github.com/onnx/onnx.
import { readFileSync, writeFileSync } from 'node:fs'

/** Messages that Evenstep writes, an inner one after its outer one's name; fields of other types are left out. */
const wanted = [
  'ModelProto',
  'OperatorSetIdProto',
  'GraphProto',
  'NodeProto',
  'AttributeProto',
  'TensorProto',
  'ValueInfoProto',
  'TypeProto',
  'TypeProtoTensor',
  'TensorShapeProto',
  'TensorShapeProtoDimension',
  'StringStringEntryProto',
]
const types = {
  string: 'string',
  bytes: 'Uint8Array',
  int64: 'bigint',
  uint64: 'bigint',
  int32: 'number',
  float: 'number',
  double: 'number',
}

const text = readFileSync(process.argv[2], 'utf8').replaceAll(/\/\/.*$/gm, '')
const [, release] = /IR_VERSION = (0x[0-9A-Fa-f]+|\d+);(?![\s\S]*IR_VERSION = )/.exec(text)
const camel = (name) => name.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase())

/** Every message, `{ name, fields }`, inner ones too, and every enum, `{ name, values }`. */
const messages = []
const enums = []
const open = []
for (const [, kind, name, field, value, close] of text.matchAll(
  /\b(message|enum|oneof)\s+(\w+)\s*\{|((?:optional |repeated )?[\w.]+ \w+ = \d+[^;]*);|(\w+ = \d+)\s*;|(\})/g,
)) {
  if (kind) {
    const outer = kind === 'message' ? (open.at(-1)?.name ?? '') : ''
    open.push({ kind, name: outer + name, fields: [], values: [] })
  } else if (close) {
    const { kind, name, fields, values } = open.pop()
    if (kind === 'message') messages.push({ name, fields })
    else if (kind === 'enum') enums.push({ name, values })
    else open.at(-1).fields.push(...fields)
  } else if (field && open.length > 0) {
    const [, repeated, type, name, number] = /^(?:optional |(repeated ))?([\w.]+) (\w+) = (\d+)/.exec(field)
    open
      .at(-1)
      .fields.push({ name, type, number, many: repeated !== undefined, packed: /packed/.test(field) })
  } else if (value && open.length > 0) {
    open.at(-1).values.push(value)
  }
}

const kept = wanted.map((name) => {
  const { fields } = messages.find((message) => message.name === name)
  const known = [...fields]
    .sort((a, b) => a.number - b.number)
    .map((f) => (enums.some((e) => e.name === f.type) ? { ...f, type: 'int32' } : f))
    .map((f) => (wanted.includes(name + f.type) ? { ...f, type: name + f.type } : f))
    .filter(({ type }) => type in types || wanted.includes(type))
  return { name, fields: known }
})
const valuesOf = (name) => enums.find((e) => e.name === name).values.map((v) => v.replace(' =', ':'))

const output = [
  `// Written by scripts/onnx-messages.mjs from onnx.proto, IR version ${Number(release)}. Do not edit.`,
  '',
  "import type { Message } from './wire.ts'",
  '',
  ...['AttributeType', 'DataType'].flatMap((name) => [
    `export const ${name} = { ${valuesOf(name).join(', ')} } as const`,
    '',
  ]),
  ...kept.flatMap(({ name, fields }) => [
    `export interface ${name} {`,
    ...fields.map((f) => `${camel(f.name)}?: ${types[f.type] ?? f.type}${f.many ? '[]' : ''}`),
    '}',
    '',
  ]),
  'export const messages = {',
  ...kept.map(({ name, fields }) => {
    const rows = fields.map((f) => {
      const how = f.packed ? ", 'packed'" : f.many ? ", 'repeated'" : ''
      return `${camel(f.name)}: [${f.number}, '${f.type}'${how}]`
    })
    return `${name}: { ${rows.join(', ')} },`
  }),
  '} as const satisfies Readonly<Record<string, Message>>',
]
writeFileSync(new URL('../src/onnx/messages.ts', import.meta.url), `${output.join('\n')}\n`)
