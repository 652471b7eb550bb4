import { crc32, deflateRawSync } from 'node:zlib'
import { readNpz } from '../../src/data/files/numpy.ts'
import { npyFile, sized } from './arrays.ts'
import { damagedBytes, littleEndian } from './bytes.ts'
import type { Draw, FuzzReader } from './reader.ts'

const flaws = [
  'array',
  'crc',
  'size',
  'packed',
  'offset',
  'name',
  'twice',
  'shared',
  'count',
  'bytes',
  'encrypted',
  'method',
  'bomb',
] as const

/** Archives as NumPy and other programs write them: ZIP64 fields, descriptors, comments, folders; some with a mistake. */
export const npz: FuzzReader = {
  name: 'npz',
  make: (draw) => {
    const flaw = draw.chance(0.5) ? draw.of(flaws) : 'none'
    return {
      name: 'a.npz',
      content: archive(draw, flaw),
      about: { flaw },
      read: (path) => sized(readNpz(path)),
    }
  },
}

type Flaw = (typeof flaws)[number] | 'none'

function archive(draw: Draw, flaw: Flaw): Uint8Array {
  const count = draw.below(4)
  const names = draw.list(
    count,
    (i) => `${flaw === 'twice' ? 'a' : 'abcd'[i]}${draw.chance(0.1) ? '' : '.npy'}`,
  )
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const name of names) {
    const body =
      flaw === 'bomb' ? Buffer.alloc(draw.of([1, 5_000_000])) : npyFile(draw, flaw === 'array').content
    const entry = entryOf(draw, name, body, at, flaw)
    parts.push(entry.local)
    directory.push(entry.central)
    if (flaw !== 'shared') at += entry.local.length
  }
  const start = parts.reduce((n, { length }) => n + length, 0)
  const files = flaw === 'count' ? draw.of([0, count + 1, 0xffff]) : count
  const central = Buffer.concat(directory)
  const comment = Buffer.from(draw.chance(0.2) ? 'made by hand' : '')
  const end = Buffer.concat([
    littleEndian(0x06054b50, 4),
    Buffer.alloc(4),
    littleEndian(files, 2),
    littleEndian(files, 2),
    littleEndian(central.length, 4),
    littleEndian(start, 4),
    littleEndian(comment.length, 2),
    comment,
  ])
  const whole = Buffer.concat([...parts, central, end])
  return flaw === 'bytes' ? damagedBytes(draw, whole) : new Uint8Array(whole)
}

/** Makes a file's local header and contents, and its entry in the directory. */
function entryOf(draw: Draw, name: string, body: Uint8Array, at: number, flaw: Flaw) {
  const method = flaw === 'method' ? draw.of([1, 9, 12, 14, 99]) : draw.of([0, 8])
  const packed = method === 8 ? deflateRawSync(body) : Buffer.from(body)
  const crc = crc32(body) ^ (flaw === 'crc' ? 1 : 0)
  const size = flaw === 'size' ? draw.of([0, body.length + 1, 0xfffffffe]) : body.length
  const stored = flaw === 'packed' ? draw.of([0, packed.length + 1, 0xfffffffe]) : packed.length
  const isWide = draw.chance(0.3)
  const hasDescriptor = draw.chance(0.2)
  const flags = (hasDescriptor ? 8 : 0) | (flaw === 'encrypted' ? 1 : 0) | 0x800
  const common = (sizes: readonly [number, number]): Buffer =>
    Buffer.concat([
      littleEndian(isWide ? 45 : 20, 2),
      littleEndian(flags, 2),
      littleEndian(method, 2),
      Buffer.from([0, 0, 0x21, 0]),
      littleEndian(crc >>> 0, 4),
      littleEndian(sizes[0], 4),
      littleEndian(sizes[1], 4),
      littleEndian(Buffer.byteLength(name), 2),
    ])
  const wide = (...values: readonly number[]): Buffer =>
    Buffer.concat([
      littleEndian(1, 2),
      littleEndian(8 * values.length, 2),
      ...values.map((n) => littleEndian(n, 8)),
    ])
  const localExtra = isWide ? wide(size, stored) : Buffer.alloc(0)
  const extra = isWide ? wide(size, stored, at) : Buffer.alloc(0)
  const sizes = isWide ? ([0xffffffff, 0xffffffff] as const) : ([stored, size] as const)
  const descriptor = Buffer.concat([
    littleEndian(0x08074b50, 4),
    littleEndian(crc >>> 0, 4),
    littleEndian(stored, 4),
    littleEndian(size, 4),
  ])
  const otherName = flaw === 'name' ? 'z.npy'.slice(0, name.length).padEnd(name.length) : name
  const local = Buffer.concat([
    littleEndian(0x04034b50, 4),
    common(sizes),
    littleEndian(localExtra.length, 2),
    Buffer.from(otherName),
    localExtra,
    packed,
    hasDescriptor ? descriptor : Buffer.alloc(0),
  ])
  const offset = flaw === 'offset' ? draw.of([1, 0xfffffffe, at + 1]) : at
  const central = Buffer.concat([
    littleEndian(0x02014b50, 4),
    littleEndian(45, 2),
    common(sizes),
    littleEndian(extra.length, 2),
    Buffer.alloc(10),
    littleEndian(isWide ? 0xffffffff : offset, 4),
    Buffer.from(name),
    extra,
  ])
  return { local, central }
}
