import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pack } from '../../src/data/formats/zip.ts'
import * as data from '../../src/data/index.ts'
import { readSafetensors } from '../../src/train/safetensors.ts'

/** A file that is made to take memory or time: what it holds, and how to read it. */
export interface Bomb {
  readonly name: string
  readonly file: string
  content(): Uint8Array
  /** Reads the file. @returns the number of bytes of the arrays that were asked for */
  read(path: string): number | Promise<number>
}

const mega = 1e6
const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes)
const npy = (values: Float32Array | Int32Array): Uint8Array =>
  data.encodeNpy({ shape: [values.length], data: values })

const bytesOf = ({ x, y }: data.Dataset): number => x.data.byteLength + y.data.byteLength
const csv = (options: data.CsvOptions) => (path: string) => bytesOf(data.csv(path, options))
const npz = (path: string): number => bytesOf(data.npz(path))

const xy = (): [string, Uint8Array][] => [
  ['x.npy', npy(Float32Array.of(1, 2))],
  ['y.npy', npy(Int32Array.of(0, 1))],
]

/** An IDX file of one axis that its header says has `length` bytes, and that has `bytes`. */
const idx = (length: number, bytes: number): Uint8Array => {
  const head = Buffer.from([0, 0, 8, 1, 0, 0, 0, 0])
  head.writeUInt32BE(length, 4)
  return gzipSync(Buffer.concat([head, zeros(bytes)]))
}

const safetensors = (header: string, body: number): Uint8Array => {
  const bytes = Buffer.alloc(8 + header.length + body)
  bytes.writeBigUInt64LE(BigInt(header.length))
  bytes.write(header, 8, 'latin1')
  return bytes
}
const tensors = (count: number): string => {
  const entries = Array.from({ length: count }, (_, i) => {
    return `"layers.${i}.weight":{"dtype":"F32","shape":[1],"data_offsets":[${4 * i},${4 * i + 4}]}`
  })
  return `{${entries.join(',')}}`
}

function readTensors(path: string): number {
  const read = readSafetensors(readFileSync(path), 'x')
  return [...read.values()].reduce((sum, one) => sum + one.data.byteLength, 0)
}

const rows = (row: string, bytes: number): Uint8Array =>
  Buffer.from(`a,b,k\n${row.repeat(Math.ceil(bytes / row.length))}`)

const numbers = (count: number, of: (i: number) => unknown): Uint8Array =>
  Buffer.from(`a,k\n${Array.from({ length: count }, (_, i) => `1,${of(i)}`).join('\n')}\n`)

export const bombs: readonly Bomb[] = [
  {
    name: 'NPZ, an unused array of 500 MB',
    file: 'a.npz',
    content: () => pack(new Map([...xy(), ['z.npy', zeros(500 * mega)]]), true),
    read: npz,
  },
  {
    name: 'NPZ, an array of 2 numbers in an entry of 500 MB',
    file: 'b.npz',
    content: () => {
      const [, y] = xy()
      const x = Buffer.concat([npy(Float32Array.of(1, 2)), zeros(500 * mega)])
      return pack(new Map([['x.npy', x], y!]), true)
    },
    read: npz,
  },
  {
    name: 'NPZ, 20 entries over one body',
    file: 'c.npz',
    content: () => overlapping(20, 100 * mega),
    read: npz,
  },
  {
    name: 'IDX, gzipped, 5 bytes wanted, 1 GB there',
    file: 'd.idx',
    content: () => idx(5, 1000 * mega),
    read: (path) => data.readIdx(path).data.byteLength,
  },
  {
    name: 'IDX, gzipped, 100 MB',
    file: 'e.idx',
    content: () => idx(100 * mega, 100 * mega),
    read: (path) => data.readIdx(path).data.byteLength,
  },
  {
    name: 'CIFAR, gzipped, 1 GB',
    file: 'f.bin',
    content: () => gzipSync(zeros(3073 * 325_414)),
    read: (path) => bytesOf(data.readCifar(path)),
  },
  {
    name: 'safetensors, a header of 200 MB of blanks',
    file: 'g.safetensors',
    content: () => safetensors(`{}${' '.repeat(200 * mega)}`, 0),
    read: readTensors,
  },
  {
    name: 'safetensors, a header of 90 MB of blanks',
    file: 'h.safetensors',
    content: () => safetensors(`{}${' '.repeat(90 * mega)}`, 0),
    read: readTensors,
  },
  {
    name: 'safetensors, 300,000 tensors',
    file: 'i.safetensors',
    content: () => safetensors(tensors(300_000), 1_200_000),
    read: readTensors,
  },
  {
    name: 'safetensors, 100,000 tensors',
    file: 'i2.safetensors',
    content: () => safetensors(tensors(100_000), 400_000),
    read: readTensors,
  },
  {
    name: 'NPY, a shape of 10¹² numbers',
    file: 'j.npy',
    content: () => {
      const bytes = Buffer.from(data.encodeNpy({ shape: [1], data: Float32Array.of(1) }))
      bytes.write("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", 10)
      return bytes
    },
    read: (path) => data.readNpy(path).data.byteLength,
  },
  {
    name: 'CSV, 50 MB of one-digit numbers, float64',
    file: 'k.csv',
    content: () => rows('1,2,0\n', 50 * mega),
    read: csv({ target: 'k', dtype: 'float64' }),
  },
  {
    name: 'CSV, 50 MB, gzipped',
    file: 'l.csv.gz',
    content: () => gzipSync(rows('1.5,2.5,0\n', 50 * mega)),
    read: csv({ label: 'k' }),
  },
  {
    name: 'CSV, one line of 80 MB',
    file: 'm.csv',
    content: () => Buffer.alloc(80 * mega, 'a'),
    read: csv({ label: 'k' }),
  },
  {
    name: 'CSV, a quote that is not closed, 80 MB',
    file: 'n.csv',
    content: () => Buffer.concat([Buffer.from('a,k\n"'), rows('1,2,0\n', 80 * mega)]),
    read: csv({ label: 'k' }),
  },
  {
    name: 'CSV, 200,000 numbers as labels',
    file: 'o.csv',
    content: () => numbers(200_000, (i) => i * 0.37),
    read: csv({ label: 'k' }),
  },
  {
    name: 'CSV, 200,000 texts as labels',
    file: 'p.csv',
    content: () => numbers(200_000, (i) => `id${i}`),
    read: csv({ label: 'k' }),
  },
  {
    name: 'CSV, 50,000 targets in 100,000 columns',
    file: 'q.csv',
    content: () => {
      const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`)
      return Buffer.from(`${names.join(',')}\n${'1,'.repeat(99_999)}1\n`)
    },
    read: csv({ target: Array.from({ length: 50_000 }, (_, i) => `c${2 * i}`) }),
  },
]

/** A ZIP archive whose directory lists `count` files that share one compressed body, besides `x` and `y`. */
function overlapping(count: number, bytes: number): Uint8Array {
  const archive = pack(new Map([...xy(), ['z00.npy', zeros(bytes)]]), true)
  const view = Buffer.from(archive)
  const end = view.length - 22
  const start = view.readUInt32LE(end + 16)
  const last = view.lastIndexOf('z00.npy')
  const entry = view.subarray(last - 46, end)
  const more = Array.from({ length: count - 1 }, (_, i) => {
    const copy = Buffer.from(entry)
    copy.write(`z${String(i + 1).padStart(2, '0')}.npy`, 46)
    return copy
  })
  const tail = Buffer.from(view.subarray(end))
  const extra = more.reduce((sum, { length }) => sum + length, 0)
  tail.writeUInt16LE(tail.readUInt16LE(8) + more.length, 8)
  tail.writeUInt16LE(tail.readUInt16LE(10) + more.length, 10)
  tail.writeUInt32LE(end - start + extra, 12)
  return Buffer.concat([view.subarray(0, end), ...more, tail])
}
