import { readFileSync } from 'node:fs'
import { readSafetensors } from '../../src/train/safetensors.ts'
import { sized } from './arrays.ts'
import { damagedBytes, joined, littleEndian } from './bytes.ts'
import type { Draw, FuzzReader } from './reader.ts'

const widths = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  U16: 2,
  U32: 4,
  BOOL: 1,
} as const
const flaws = [
  'gap',
  'overlap',
  'size',
  'type',
  'shape',
  'offsets',
  'length',
  'more',
  'json',
  'bytes',
  'metadata',
] as const
type Flaw = (typeof flaws)[number] | 'none'

/** Files of weights, their tensors in any order, a part of them with a mistake. */
export const safetensors: FuzzReader = {
  name: 'safetensors',
  make: (draw) => {
    const flaw: Flaw = draw.chance(0.5) ? draw.of(flaws) : 'none'
    return {
      name: 'a.safetensors',
      content: weights(draw, flaw),
      about: { flaw },
      read: (path) => sized(Object.fromEntries(readSafetensors(readFileSync(path), 'a.safetensors'))),
    }
  },
}

function weights(draw: Draw, flaw: Flaw): Uint8Array {
  let at = 0
  const bodies: Buffer[] = []
  const entries = draw.list(1 + draw.below(5), (i) => {
    const dtype = draw.of(Object.keys(widths) as (keyof typeof widths)[])
    const shape = draw.list(draw.below(4), () => draw.of<number>([0, 1, 2, 3]))
    const size = shape.reduce((a, b) => a * b, 1) * widths[dtype]
    bodies.push(Buffer.from(draw.list(size, () => (dtype === 'BOOL' ? draw.below(2) : draw.below(256)))))
    const start = at
    at += size
    return [`${draw.of(['layer', 'größe', 'a.b'])}.${i}`, { dtype, shape, data_offsets: [start, at] }] as [
      string,
      object,
    ]
  })
  const wrong = entries.map(([name, entry], i) => [name, i === 0 ? changed(draw, flaw, entry) : entry])
  const ordered = draw.chance(0.5) ? wrong.reverse() : wrong
  if (draw.chance(0.5)) ordered.unshift(['__metadata__', flaw === 'metadata' ? { a: 1 } : { format: 'pt' }])
  const text = JSON.stringify(Object.fromEntries(ordered))
  const json =
    flaw === 'json'
      ? Buffer.from(text.replace(draw.of(['"', '{', ':', ',', '}']), draw.of(['', '[', '\0'])))
      : Buffer.from(text)
  const header = Buffer.concat([json, Buffer.alloc(draw.below(9), ' ')])
  const claimed =
    flaw === 'length' ? draw.of([0, 1, header.length - 1, header.length + 1, 2 ** 40]) : header.length
  const more = Buffer.alloc(flaw === 'more' ? 1 + draw.below(9) : 0)
  const whole = joined(littleEndian(claimed, 8), header, ...bodies, more)
  return flaw === 'bytes' ? damagedBytes(draw, whole) : whole
}

function changed(draw: Draw, flaw: Flaw, entry: object): object {
  const { shape, data_offsets: offsets } = entry as { shape: number[]; data_offsets: number[] }
  const [start = 0, end = 0] = offsets
  if (flaw === 'gap') return { ...entry, data_offsets: [start + 1, end + 1] }
  if (flaw === 'overlap') return { ...entry, data_offsets: [start, end + 8] }
  if (flaw === 'size') return { ...entry, shape: [...shape, 2] }
  if (flaw === 'type')
    return { ...entry, dtype: draw.of(['F8_E4M3', 'C64', 'f32', '', null, 'toString', '__proto__']) }
  if (flaw === 'shape')
    return { ...entry, shape: draw.of([null, ['1'], [-1], [1.5], [2 ** 53, 2 ** 53], 'x', {}]) }
  if (flaw === 'offsets')
    return { ...entry, data_offsets: draw.of([null, [0], [end, start], [-4, 0], [0, 2 ** 60], ['0', '4']]) }
  return entry
}
