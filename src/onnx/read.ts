import { BinaryReader } from '@bufbuild/protobuf/wire'
import { malformed } from '../core/mismatch.ts'
import { type GraphProto, type ModelProto, messages } from './messages.ts'
import { external } from './proto.ts'
import type { Message } from './wire.ts'

/**
 * Reads an ONNX file written by Evenstep. Returns its graph; the values of constants are views of the file's bytes.
 *
 * @param name file name for error messages
 * @throws {FormatError} when the file is damaged, or has a field that Evenstep does not write.
 */
export function readOnnx(bytes: Uint8Array, name: string): GraphProto {
  let model: ModelProto
  try {
    model = decode('ModelProto', bytes, 0) as ModelProto
  } catch (error) {
    throw malformed(name, 'an ONNX file that Evenstep wrote', (error as Error).message)
  }
  const { graph, opsetImport = [] } = model
  const version = opsetImport.find(({ domain = '' }) => domain === '')?.version
  if (graph === undefined || version !== 18n) {
    throw malformed(
      name,
      'an ONNX file of operator set 18',
      String(version ?? 'none'),
      'use a newer Evenstep',
    )
  }
  return graph
}

/** Maximum depth of nested messages; a model with loops inside loops has about ten levels. */
const mostLevels = 40

function decode(name: string, bytes: Uint8Array, level: number): object {
  if (level > mostLevels) throw new Error(`more than ${mostLevels} levels of messages`)
  const fields = Object.entries((messages as Readonly<Record<string, Message>>)[name]!)
  const reader = new BinaryReader(bytes)
  const found: Record<string, unknown> = {}
  const lists: Record<string, unknown[]> = {}
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const [key, [, type, list] = []] = fields.find(([, [n]]) => n === number) ?? []
    if (key === undefined || list === 'packed') throw new Error(`${name}: field ${number}, wire type ${wire}`)
    const value = fieldValue(reader, type!, level)
    if (!list) found[key] = value
    else if (lists[key]) lists[key].push(value)
    else found[key] = lists[key] = [value]
  }
  return found
}

function fieldValue(reader: BinaryReader, type: string, level: number): unknown {
  if (type === 'string') return reader.string()
  if (type === 'bytes') return reader.bytes()
  if (type === 'int32') return reader.int32()
  if (type === 'int64') return BigInt(reader.int64())
  if (type === 'float') return reader.float()
  if (type in messages) return decode(type, reader.bytes(), level + 1)
  throw new Error(`a field of type ${type}`)
}

/** Returns all graphs of a model: the main graph and the bodies of its loops. */
export const graphsIn = (graph: GraphProto): GraphProto[] => [
  graph,
  ...(graph.node ?? []).flatMap(({ attribute = [] }) => attribute.flatMap(({ g }) => (g ? graphsIn(g) : []))),
]

/** Whether the values of a constant are stored in another file. */
export const isExternal = ({
  dataLocation,
  externalData,
}: NonNullable<GraphProto['initializer']>[number]): boolean =>
  dataLocation === external || externalData !== undefined
