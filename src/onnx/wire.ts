import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** A message's field as encoded: its number, type (a scalar type or a message's name), and whether it is a list. */
export type MessageField = readonly [number, string, ('repeated' | 'packed')?]

/** Fields of a message by name. Source: https://protobuf.dev/programming-guides/encoding/ */
export type Message = Readonly<Record<string, MessageField>>

type Messages = Readonly<Record<string, Message>>

/** For each scalar type, a function that writes a value preceded by its wire type. */
const scalars: Readonly<
  Record<string, readonly [WireType, (writer: BinaryWriter, value: never) => unknown]>
> = {
  string: [WireType.LengthDelimited, (writer, value: string) => writer.string(value)],
  bytes: [WireType.LengthDelimited, (writer, value: Uint8Array) => writer.bytes(value)],
  int32: [WireType.Varint, (writer, value: number) => writer.int32(value)],
  int64: [WireType.Varint, (writer, value: bigint) => writer.int64(value)],
  uint64: [WireType.Varint, (writer, value: bigint) => writer.uint64(value)],
  float: [WireType.Bit32, (writer, value: number) => writer.float(value)],
  double: [WireType.Bit64, (writer, value: number) => writer.double(value)],
}

/** Returns the bytes of a message in Protocol Buffers' format, fields in the order of their numbers. */
export function encode(messages: Messages, name: string, value: object): Uint8Array {
  const writer = new BinaryWriter()
  write(writer, messages, name, value)
  return writer.finish()
}

function write(writer: BinaryWriter, messages: Messages, name: string, value: object): void {
  for (const [key, [number, type, list]] of Object.entries(messages[name]!)) {
    const given: unknown = value[key as keyof typeof value]
    if (given === undefined) continue
    if (list === 'packed') {
      writePacked(writer, number, type, given as unknown[])
    } else {
      for (const one of list ? (given as unknown[]) : [given])
        writeField(writer, messages, [number, type], one)
    }
  }
}

function writeField(
  writer: BinaryWriter,
  messages: Messages,
  [number, type]: MessageField,
  value: unknown,
): void {
  const scalar = scalars[type]
  if (scalar) {
    writer.tag(number, scalar[0])
    scalar[1](writer, value as never)
  } else {
    writer.tag(number, WireType.LengthDelimited).fork()
    write(writer, messages, type, value as object)
    writer.join()
  }
}

function writePacked(writer: BinaryWriter, number: number, type: string, values: readonly unknown[]): void {
  if (values.length === 0) return
  writer.tag(number, WireType.LengthDelimited).fork()
  for (const value of values) scalars[type]![1](writer, value as never)
  writer.join()
}

/** Encodes a field that holds a message or bytes. Returns the pieces: tag, length and `value`. */
export function field([number]: MessageField, value: readonly Uint8Array[]): Uint8Array[] {
  const length = value.reduce((sum, part) => sum + part.length, 0)
  return [new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish(), ...value]
}
