import { joinBytes } from '../core/bytes.ts'

/** A message's field as encoded: its number, type (a scalar type or a message's name), and whether it is a list. */
export type MessageField = readonly [number, string, ('repeated' | 'packed')?]

/** Fields of a message by name. Source: https://protobuf.dev/programming-guides/encoding/ */
export type Message = Readonly<Record<string, MessageField>>

type Messages = Readonly<Record<string, Message>>

type Parts = Uint8Array[]

const [varintType, bits64, lengthDelimited, bits32] = [0, 1, 2, 5]

/** Encodes an integer in groups of 7 bits, the lowest first; a negative one as its 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(Number(value))
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function float(bytes: number, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes))
  if (bytes === 4) view.setFloat32(0, value, true)
  else view.setFloat64(0, value, true)
  return new Uint8Array(view.buffer)
}

const sized = (bytes: Uint8Array): Parts => [varint(bytes.length), bytes]

/** For each scalar type, its wire type and a function that encodes a value. */
const scalars: Readonly<Record<string, readonly [type: number, encode: (value: never) => Parts]>> = {
  string: [lengthDelimited, (value: string) => sized(new TextEncoder().encode(value))],
  bytes: [lengthDelimited, sized],
  int32: [varintType, (value: number) => [varint(value)]],
  int64: [varintType, (value: bigint) => [varint(value)]],
  uint64: [varintType, (value: bigint) => [varint(value)]],
  float: [bits32, (value: number) => [float(4, value)]],
  double: [bits64, (value: number) => [float(8, value)]],
}

/** Returns the bytes of a message in Protocol Buffers' format, fields in the order of their numbers. */
export const encode = (messages: Messages, name: string, value: object): Uint8Array =>
  joinBytes(
    Object.entries(messages[name]!).flatMap(([key, described]) => {
      const given: unknown = value[key as keyof typeof value]
      return given === undefined ? [] : encodeField(messages, described, given)
    }),
  )

function encodeField(messages: Messages, described: MessageField, given: unknown): Parts {
  const [number, type, list] = described
  const [wireType, write] = scalars[type] ?? []
  if (write === undefined)
    return (list ? (given as object[]) : [given as object]).flatMap((one) =>
      field(described, [encode(messages, type, one)]),
    )
  if (list === 'packed') {
    const values = given as unknown[]
    return values.length > 0
      ? field(
          described,
          values.flatMap((one) => write(one as never)),
        )
      : []
  }
  return (list ? (given as unknown[]) : [given]).flatMap((one) => [
    tag(number, wireType!),
    ...write(one as never),
  ])
}

const tag = (number: number, wireType: number): Uint8Array => varint((number << 3) | wireType)

/** Encodes a field that holds a message or bytes. Returns the pieces: tag, length and `value`. */
export function field([number]: MessageField, value: readonly Uint8Array[]): Parts {
  const length = value.reduce((sum, part) => sum + part.length, 0)
  return [tag(number, lengthDelimited), varint(length), ...value]
}
