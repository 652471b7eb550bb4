import { BinaryReader } from '@bufbuild/protobuf/wire'
import { type GraphProto, type ModelProto, messages } from '../../src/onnx/messages.ts'
import type { Message } from '../../src/onnx/wire.ts'

/** Reads an ONNX file: its graph, with the numbers of constants as bytes. */
export const readGraph = (bytes: Uint8Array): GraphProto => (decode('ModelProto', bytes) as ModelProto).graph!

/** Reads a message of the given type. Throws at a field that Evenstep does not write, so that none is overlooked. */
function decode(name: string, bytes: Uint8Array): object {
  const fields = Object.entries((messages as Readonly<Record<string, Message>>)[name]!)
  const reader = new BinaryReader(bytes)
  const found: Record<string, unknown> = {}
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const [key, [, type, list] = []] = fields.find(([, [n]]) => n === number) ?? []
    if (key === undefined || list === 'packed') throw new Error(`${name}: field ${number}, wire type ${wire}`)
    const value = fieldValue(reader, type!)
    found[key] = list ? [...((found[key] as unknown[] | undefined) ?? []), value] : value
  }
  return found
}

function fieldValue(reader: BinaryReader, type: string): unknown {
  if (type === 'string') return reader.string()
  if (type === 'bytes') return reader.bytes()
  if (type === 'int32') return reader.int32()
  if (type === 'int64') return BigInt(reader.int64())
  if (type === 'float') return reader.float()
  if (type in messages) return decode(type, reader.bytes())
  throw new Error(`a field of type ${type}`)
}
