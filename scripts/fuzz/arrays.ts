import { gzipSync } from 'node:zlib'
import { readCifar } from '../../src/data/files/cifar.ts'
import { readIdx } from '../../src/data/files/idx.ts'
import { readNpy } from '../../src/data/files/numpy.ts'
import { damagedBytes, littleEndian, type Numbers } from './bytes.ts'
import type { Draw, FuzzReader } from './reader.ts'

/** NPY files with headers as several programs write them, a part of them with a mistake. */
export const npy: FuzzReader = {
  name: 'npy',
  make: (draw) => {
    const { content, about } = npyFile(draw, draw.chance(0.5))
    return { name: 'a.npy', content, about, read: (path) => sized({ a: readNpy(path) }) }
  },
}

const kinds = ['f4', 'f8', 'f2', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'b1']
const strange = ['c8', 'U3', 'O', 'M8[ns]', 'V4', 'f16', 'S0', 'f3', 'i', '']

/** Makes an NPY file. @param flawed whether to put a mistake into it */
export function npyFile(draw: Draw, flawed: boolean): { content: Uint8Array; about: unknown } {
  const kind = draw.of(kinds)
  const width = Number(kind.slice(1))
  const shape = draw.list(draw.below(5), () => draw.of<number>([0, 1, 2, 3, 5, 7]))
  const size = shape.reduce((a, b) => a * b, 1)
  const body = bytesFor(draw, kind, size * width)
  const order = width === 1 ? draw.of(['|', '|', '<', '>']) : draw.of(['<', '<', '>', '=', ''])
  const flaw = flawed ? draw.of(['type', 'axes', 'length', 'text', 'bytes', 'version'] as const) : 'none'
  const descr = flaw === 'type' ? draw.of(['<', '>', '|', '']) + draw.of(strange) : order + kind
  const axes = flaw === 'axes' ? draw.of(wrongAxes(shape)) : tuple(draw, shape)
  const entries = [
    `'descr': '${descr}'`,
    `'fortran_order': ${draw.of(['True', 'False'])}`,
    `'shape': ${axes}`,
    ...(flaw === 'text' ? [draw.of(["'x': 1", "'shape': (1,)", 'x', "'descr': '<f4'"])] : []),
  ].sort(() => (draw.chance(0.2) ? 1 : 0))
  if (flaw === 'text' && draw.chance(0.4)) entries.splice(draw.below(entries.length), 1)
  const text = `{${entries.join(draw.of([', ', ',']))}${draw.of([', ', ''])}}`
  const version = flaw === 'version' ? draw.of([0, 4, 255]) : draw.of([1, 1, 2, 3])
  const header = text.padEnd(draw.of([0, 64, 118]), ' ') + draw.of(['\n', ' '])
  const claimed = flaw === 'length' ? header.length + draw.of([-5, -1, 1, 60, 60000]) : header.length
  const length = littleEndian(Math.max(0, claimed), version === 1 ? 2 : 4)
  const whole = Buffer.concat([
    Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
    length,
    Buffer.from(header),
    body,
  ])
  return {
    content: flaw === 'bytes' ? damagedBytes(draw, whole) : new Uint8Array(whole),
    about: { text, flaw },
  }
}

function tuple(draw: Draw, shape: readonly number[]): string {
  const axes = shape.map((axis) => `${axis}${draw.chance(0.1) ? 'L' : ''}`).join(draw.of([', ', ',']))
  return shape.length === 1 ? `(${axes},)` : `(${axes}${shape.length > 1 && draw.chance(0.2) ? ',' : ''})`
}

const wrongAxes = (shape: readonly number[]): string[] => [
  `(${shape.join(', ')}, 2)`,
  '(-1,)',
  '(9223372036854775807,)',
  '(99999999999, 99999999999)',
  '(0, 99999999999999999999)',
  '(1.5,)',
  '(3)',
  '3',
  'None',
  '(1,,2)',
]

/** Random bytes; of floats, also numbers that are special. */
function bytesFor(draw: Draw, kind: string, length: number): Buffer {
  if (kind === 'b1') return Buffer.from(draw.list(length, () => draw.of([0, 1])))
  const bytes = Buffer.from(draw.list(length, () => draw.below(256)))
  if (kind === 'f4' && length > 0 && draw.chance(0.3))
    bytes.writeFloatLE(draw.of([Number.NaN, Infinity, 1e-45]))
  return bytes
}

/** IDX files of all types, gzipped or not. */
export const idx: FuzzReader = {
  name: 'idx',
  make: (draw) => {
    const flawed = draw.chance(0.5)
    const [code, width] = draw.of([
      [8, 1],
      [9, 1],
      [11, 2],
      [12, 4],
      [13, 4],
      [14, 8],
    ])
    const shape = draw.list(draw.below(4), () => draw.of<number>([0, 1, 2, 3, 9]))
    const size = shape.reduce((a, b) => a * b, 1)
    const flaw = flawed ? draw.of(['code', 'axes', 'cut', 'more', 'bytes'] as const) : 'none'
    const axes = flaw === 'axes' ? [...shape, draw.of([0, 2, 0xffffffff])] : shape
    const head = Buffer.from([0, 0, flaw === 'code' ? draw.below(256) : code, axes.length])
    const sizes = Buffer.concat(axes.map((axis) => littleEndian(axis, 4).reverse()))
    const body = Buffer.from(draw.list(size * width, () => draw.below(256)))
    const whole = Buffer.concat([head, sizes, body, Buffer.alloc(flaw === 'more' ? 1 + draw.below(9) : 0)])
    const cut = flaw === 'cut' ? whole.subarray(0, draw.below(whole.length)) : whole
    const plain = flaw === 'bytes' ? damagedBytes(draw, cut) : new Uint8Array(cut)
    const content = draw.chance(0.4) ? zipped(draw, plain, flawed) : plain
    return {
      name: 'a.idx',
      content,
      about: { shape, code, flaw },
      read: (path) => sized({ a: readIdx(path) }),
    }
  },
}

/** Compresses bytes in one member or two, perhaps with a false size at the end. */
function zipped(draw: Draw, bytes: Uint8Array, flawed: boolean): Uint8Array {
  const half = draw.chance(0.2) ? draw.below(bytes.length + 1) : bytes.length
  const members = [bytes.subarray(0, half), bytes.subarray(half)].filter(({ length }) => length > 0)
  const whole = Buffer.concat(members.map((member) => gzipSync(member)))
  if (flawed && draw.chance(0.5) && whole.length > 4)
    whole.writeUInt32LE(draw.of([0, 1 << 28, 0xffffffff]), whole.length - 4)
  return flawed && draw.chance(0.3) ? damagedBytes(draw, whole) : new Uint8Array(whole)
}

/** CIFAR's records, with labels of either kind. */
export const cifar: FuzzReader = {
  name: 'cifar',
  make: (draw) => {
    const classes = draw.of([10, 100] as const)
    const flawed = draw.chance(0.5)
    const labels = (): number[] =>
      classes === 10 ? [draw.below(flawed ? 11 : 10)] : [draw.below(20), draw.below(flawed ? 102 : 100)]
    const record = (): Buffer => Buffer.concat([Buffer.from(labels()), Buffer.alloc(3072, draw.below(256))])
    const whole = Buffer.concat(draw.list(draw.below(4), record))
    const cut = flawed && draw.chance(0.4) ? whole.subarray(0, draw.below(whole.length + 1)) : whole
    const content = draw.chance(0.3) ? zipped(draw, cut, flawed) : new Uint8Array(cut)
    return {
      name: 'a.bin',
      content,
      about: { classes },
      read: (path): Numbers => {
        const { x, y, length } = readCifar(path, { classes })
        if (x.data.length !== length * 3072) throw new Error('lengths disagree')
        return {
          x: Array.from(x.data, Number).map((value) => Math.round(value * 255)),
          y: Array.from(y.data, Number),
        }
      },
    }
  },
}

/** Returns arrays whose shapes fit their lengths. */
export function sized(
  arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number | bigint> }>
  >,
): Numbers {
  for (const { shape, data } of Object.values(arrays))
    if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Error('a shape that is not its length')
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { data }]) => [name, Array.from(data, Number)]),
  )
}
