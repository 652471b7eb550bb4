import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire'
import { type GraphProto, type ModelProto, messages } from '../../src/onnx/messages.ts'
import type { Message } from '../../src/onnx/wire.ts'

/** Reads an ONNX file: its graph, with the numbers of constants as bytes. */
export const readGraph = (bytes: Uint8Array): GraphProto => (decode('ModelProto', bytes) as ModelProto).graph!

/** Reads a message of the given type; lists of scalars in packed form are not read. */
function decode(name: string, bytes: Uint8Array): object {
  const fields = Object.entries((messages as Readonly<Record<string, Message>>)[name]!)
  const reader = new BinaryReader(bytes)
  const found: Record<string, unknown> = {}
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const [key, [, type, list] = []] = fields.find(([, [n]]) => n === number) ?? []
    if (key === undefined || list === 'packed') reader.skip(wire, number)
    else {
      const value = fieldValue(reader, type!, wire)
      if (list) found[key] = [...((found[key] as unknown[] | undefined) ?? []), value]
      else found[key] = value
    }
  }
  return found
}

function fieldValue(reader: BinaryReader, type: string, wire: WireType): unknown {
  if (type === 'string') return reader.string()
  if (type === 'bytes') return reader.bytes()
  if (type === 'int32') return reader.int32()
  if (type === 'int64') return BigInt(reader.int64())
  if (type === 'float') return reader.float()
  if (type in messages) return decode(type, reader.bytes())
  return reader.skip(wire)
}
