import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Archive, pack } from './zip.ts'

/** Returns the contents of all files of an archive. */
const unpack = (bytes: Uint8Array, name: string): Map<string, Uint8Array> => {
  const files = new Archive(bytes, name)
  return new Map(files.names.map((file) => [file, files.read(file)]))
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)
const archive = (entries: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(pack(new Map(Object.entries(entries).map(([name, body]) => [name, bytes(body)])), false))
const at = (file: Buffer, signature: number, from = 0): number =>
  file.indexOf(Buffer.from(Uint32Array.of(signature).buffer), from)
const central = 0x02014b50
const end = 0x06054b50

describe('an archive', () => {
  test('may have sizes, offsets and counts in the fields of ZIP64', () => {
    const file = archive({ 'x.npy': 'hello' })
    const [from, last] = [at(file, central), at(file, end)]
    const entry = Buffer.from(file.subarray(from, last))
    const extra = Buffer.alloc(4 + 24)
    extra.writeUInt16LE(1)
    extra.writeUInt16LE(24, 2)
    for (const [i, place] of [24, 20, 42].entries()) {
      extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(place)), 4 + 8 * i)
      entry.writeUInt32LE(0xffffffff, place)
    }
    entry.writeUInt16LE(extra.length, 30)
    const wide = Buffer.alloc(56 + 20)
    wide.writeUInt32LE(0x06064b50)
    wide.writeBigUInt64LE(44n, 4)
    for (const place of [24, 32]) wide.writeBigUInt64LE(1n, place)
    wide.writeBigUInt64LE(BigInt(entry.length + extra.length), 40)
    wide.writeBigUInt64LE(BigInt(from), 48)
    wide.writeUInt32LE(0x07064b50, 56)
    wide.writeBigUInt64LE(BigInt(from + entry.length + extra.length), 64)
    const tail = Buffer.from(file.subarray(last))
    tail.fill(255, 8, 20)
    const whole = Buffer.concat([file.subarray(0, from), entry, extra, wide, tail])
    expect(text(unpack(whole, 'a').get('x.npy'))).toBe('hello')
    entry.writeUInt16LE(0, 30)
    expect(() => unpack(Buffer.concat([file.subarray(0, from), entry, wide, tail]), 'a')).toThrow('damaged')
  })

  test('has one file of each name, and its names twice', () => {
    const file = archive({ 'x.npy': 'hello', 'y.npy': 'there' })
    const renamed = Buffer.from(file)
    renamed.write('x', at(file, central, at(file, central) + 4) + 46)
    expect(() => unpack(renamed, 'a.npz')).toThrow('a.npz: wanted a name for each file, got x.npy twice')
    renamed.write('z', at(file, central, at(file, central) + 4) + 46)
    expect(() => unpack(renamed, 'a.npz')).toThrow(
      'a.npz: wanted a whole ZIP archive, got one that is truncated or damaged',
    )
  })

  test('whose files share their bytes is refused before it fills memory', () => {
    const body = 'x'.repeat(1000)
    const file = archive({ a: body, b: body, c: body })
    const first = at(file, central)
    const entries = [...'abcdef'].map((name) => {
      const entry = Buffer.from(file.subarray(first, first + 47))
      entry.write(name, 46)
      return entry
    })
    const tail = Buffer.from(file.subarray(at(file, end)))
    for (const place of [8, 10]) tail.writeUInt16LE(entries.length, place)
    tail.writeUInt32LE(47 * entries.length, 12)
    expect(crc32(body)).toBe(entries[0]!.readUInt32LE(16))
    expect(() => unpack(Buffer.concat([file.subarray(0, first), ...entries, tail]), 'a')).toThrow('damaged')
  })

  test('may be followed by a comment, and be empty', () => {
    const file = Buffer.concat([archive({ a: 'hi' }), bytes('comment')])
    file.writeUInt16LE(7, file.length - 9)
    expect(text(unpack(file, 'a').get('a'))).toBe('hi')
    expect(unpack(archive({}), 'a').size).toBe(0)
    expect(() => unpack(new Uint8Array(100_000), 'a')).toThrow('damaged')
    const fewer = archive({ a: 'hi', b: 'ho' })
    fewer.writeUInt16LE(1, fewer.length - 12)
    expect(() => unpack(fewer, 'a')).toThrow('damaged')
  })
})
