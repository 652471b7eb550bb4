import { readFileSync } from 'node:fs'
import { crc32, deflateSync, gunzipSync } from 'node:zlib'
import { imageFolder } from '../../src/data/files/image-folder.ts'
import { damagedBytes, joined, type Numbers } from './bytes.ts'
import type { Draw, FuzzReader } from './reader.ts'

const golden = readFileSync(new URL('../../test/golden/pictures.json.gz', import.meta.url))
const pictures: Readonly<Record<string, { readonly bytes: string }>> = JSON.parse(
  gunzipSync(golden).toString(),
)

const size = [4, 5] as const

/** Folders of pictures: PNG of every kind, JPEG, WebP, TIFF and GIF, a part of them with a mistake. */
export const images: FuzzReader = {
  name: 'images',
  make: (draw) => {
    const flawed = draw.chance(0.5)
    const content = new Map<string, Uint8Array>()
    const about: string[] = []
    for (const folder of draw.of([['a'], ['a', 'b'], ['a', 'b/c']])) {
      const { name, bytes } = draw.chance(0.6) ? png(draw, flawed) : known(draw, flawed)
      content.set(`${folder}/1${draw.chance(0.1) ? name.toUpperCase() : name}`, bytes)
      about.push(name)
    }
    if (draw.chance(0.3))
      content.set(
        draw.of(['.hidden/1.png', '__MACOSX/a/._1.png', 'Thumbs.db', 'a/.DS_Store', 'a/notes.txt']),
        Buffer.from('x'),
      )
    const channels = draw.of([1, 3] as const)
    return {
      name: 'pictures',
      content,
      about: { about, channels },
      read: async (path): Promise<Numbers> => {
        const { x, y, length } = await imageFolder(path, { size, channels })
        if (x.data.length !== length * channels * 20) throw new Error('lengths disagree')
        const order = [...y.data.keys()].sort((a, b) => Number(y.data[a]) - Number(y.data[b]))
        const one = channels * 20
        const bytes = Array.from(x.data, Number).map((value) => Math.round(value * 255))
        return {
          x: order.flatMap((i) => bytes.slice(i * one, (i + 1) * one)),
          y: order.map((i) => Number(y.data[i])),
        }
      },
    }
  },
}

/** A picture that Pillow wrote, perhaps changed. */
function known(draw: Draw, flawed: boolean): { name: string; bytes: Uint8Array } {
  const name = draw.of(Object.keys(pictures).filter((one) => !one.endsWith('.png')))
  const bytes = new Uint8Array(Buffer.from(pictures[name]!.bytes, 'base64'))
  const extension = name.slice(name.lastIndexOf('.'))
  const isJpeg = extension === '.jpg'
  const inserted =
    isJpeg && draw.chance(0.5) ? joined(bytes.subarray(0, 2), segment(draw), bytes.subarray(2)) : bytes
  return { name: extension, bytes: flawed && draw.chance(0.7) ? damagedBytes(draw, inserted) : inserted }
}

/** A segment of JPEG that decoders skip. */
function segment(draw: Draw): Uint8Array {
  const body = draw.list(draw.below(40), () => draw.below(256))
  return Uint8Array.of(0xff, draw.of([0xfe, 0xec, 0xed]), 0, body.length + 2, ...body)
}

const channelsOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const
const depthsOf = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] } as const
const flaws = [
  'height',
  'width',
  'huge',
  'crc',
  'filter',
  'short',
  'end',
  'depth',
  'order',
  'palette',
  'bytes',
  'none',
] as const

/** A PNG of random pixels, of any colour type and depth. */
function png(draw: Draw, flawed: boolean): { name: string; bytes: Uint8Array } {
  const flaw = flawed ? draw.of(flaws) : 'none'
  const type = draw.of([0, 2, 3, 4, 6] as const)
  const depth = draw.of<number>(depthsOf[type])
  const [height, width] = size
  const line = Math.ceil((width * channelsOf[type] * depth) / 8)
  const colours = 2 ** Math.min(depth, 3)
  const row = (): number[] => [
    flaw === 'filter' ? draw.below(256) : draw.below(5),
    ...draw.list(line, () => (type === 3 && depth === 8 ? draw.below(colours) : draw.below(256))),
  ]
  const rows = Buffer.from(draw.list(flaw === 'short' ? draw.below(height) : height, row).flat())
  const head = Buffer.alloc(13)
  head.writeUInt32BE(
    flaw === 'width' ? draw.of([0, 4, 6]) : flaw === 'huge' ? draw.of([20_000, 0x7fffffff]) : width,
  )
  head.writeUInt32BE(
    flaw === 'height' ? draw.of([0, 3, 9]) : flaw === 'huge' ? draw.of([20_000, 1]) : height,
    4,
  )
  head[8] = flaw === 'depth' ? draw.of([0, 3, 32]) : depth
  head[9] = type
  const palette = Buffer.from(
    draw.list(3 * (flaw === 'palette' ? 1 : Math.max(colours, 2 ** depth)), () => draw.below(256)),
  )
  const clear = draw.chance(0.3) ? transparency(draw, type) : undefined
  const chunks = [
    chunk('IHDR', head),
    ...(draw.chance(0.2) ? [chunk('gAMA', Buffer.from([0, 0, 0xb1, 0x8f]))] : []),
    ...(draw.chance(0.2) ? [chunk('tEXt', Buffer.from('Comment\0x'))] : []),
    ...(type === 3 && (flaw !== 'palette' || draw.chance(0.5)) ? [chunk('PLTE', palette)] : []),
    ...(clear ? [chunk('tRNS', clear)] : []),
    chunk('IDAT', deflateSync(rows)),
    ...(flaw === 'end' ? [] : [chunk('IEND', Buffer.alloc(0))]),
  ]
  if (flaw === 'order') chunks.reverse()
  const whole = joined([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10], ...chunks)
  if (flaw === 'crc') whole[draw.below(whole.length)]! ^= 1
  return { name: '.png', bytes: flaw === 'bytes' ? damagedBytes(draw, whole) : whole }
}

function transparency(draw: Draw, type: number): Buffer | undefined {
  if (type === 0) return Buffer.from([0, draw.below(2)])
  if (type === 2) return Buffer.from([0, draw.below(256), 0, draw.below(256), 0, draw.below(256)])
  return type === 3 ? Buffer.from([draw.below(256), draw.below(256)]) : undefined
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}
