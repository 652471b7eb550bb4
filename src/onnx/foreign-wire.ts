import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { MessageField } from './wire.ts'

// Decodes Protocol Buffers messages from anyone: unknown fields are skipped, lists may be packed or not, and the number
// of messages and values is limited, since a small file could otherwise ask for much memory.

type Messages = Readonly<Record<string, Readonly<Record<string, MessageField>>>>

/** Maximum depth of nested messages; a graph inside a graph takes three levels. */
const mostLevels = 64

/** Maximum number of messages, and of numbers and texts in lists, in a file. */
const mostMessages = 2_000_000
const mostValues = 1 << 28

/** How each scalar type is encoded, and a function that reads a value. */
const scalars: Readonly<Record<string, readonly [WireType, (reader: BinaryReader) => unknown]>> = {
  string: [WireType.LengthDelimited, (reader) => reader.string()],
  bytes: [WireType.LengthDelimited, (reader) => reader.bytes()],
  int32: [WireType.Varint, (reader) => reader.int32()],
  int64: [WireType.Varint, (reader) => BigInt(reader.int64())],
  uint64: [WireType.Varint, (reader) => BigInt(reader.uint64())],
  float: [WireType.Bit32, (reader) => reader.float()],
  double: [WireType.Bit64, (reader) => reader.double()],
}

/** Decodes the message `name` from bytes. Values of type `bytes` are views of `bytes`. @throws {Error} when damaged */
export function decodeForeign(messages: Messages, name: string, bytes: Uint8Array): object {
  return new Decoder(messages).message(name, bytes, 0)
}

class Decoder {
  readonly #messages: Messages
  readonly #fields = new Map<string, ReadonlyMap<number, readonly [string, MessageField]>>()
  #count = 0
  #values = 0

  constructor(messages: Messages) {
    this.#messages = messages
  }

  message(name: string, bytes: Uint8Array, level: number): object {
    if (level > mostLevels) throw new Error(`more than ${mostLevels} levels of messages`)
    if (++this.#count > mostMessages) throw new Error(`more than ${mostMessages} messages`)
    const fields = this.#fieldsOf(name)
    const reader = new BinaryReader(bytes)
    const found: Record<string, unknown> = {}
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag()
      const known = fields.get(number)
      if (known === undefined) reader.skip(wire)
      else this.#read(reader, wire, found, known, `${name}.${known[0]}`, level)
    }
    if (reader.pos > reader.len) throw new Error(`${name} without its end`)
    return found
  }

  #read(
    reader: BinaryReader,
    wire: WireType,
    found: Record<string, unknown>,
    [key, [, type, list]]: readonly [string, MessageField],
    where: string,
    level: number,
  ): void {
    if (list) found[key] ??= []
    const into = list ? (found[key] as unknown[]) : undefined
    const scalar = scalars[type]
    if (into && scalar && scalar[0] !== WireType.LengthDelimited && wire === WireType.LengthDelimited) {
      const end = reader.uint32() + reader.pos
      if (end > reader.len) throw new Error(`${where} without its end`)
      while (reader.pos < end) into.push(this.#counted(scalar[1](reader)))
      return
    }
    if (wire !== (scalar?.[0] ?? WireType.LengthDelimited)) throw new Error(`${where} of wire type ${wire}`)
    const value = scalar ? scalar[1](reader) : this.message(type, reader.bytes(), level + 1)
    if (into) into.push(this.#counted(value))
    else found[key] = value
  }

  #counted<T>(value: T): T {
    if (++this.#values > mostValues) throw new Error(`more than ${mostValues} values in lists`)
    return value
  }

  #fieldsOf(name: string): ReadonlyMap<number, readonly [string, MessageField]> {
    const known = this.#fields.get(name)
    if (known) return known
    const made = new Map(Object.entries(this.#messages[name]!).map((entry) => [entry[1][0], entry] as const))
    this.#fields.set(name, made)
    return made
  }
}
