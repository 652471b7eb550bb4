import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import { data, nn, random, train } from 'evenstep'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, hasChromium, type Served, serve } from '../support/browser.ts'
import { repository } from '../support/command.ts'
import { type Given, shown, sums } from './data.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const given = (path: string): Given => [basename(path), [...readFileSync(path)]]

const kinds = ['oak', 'elm', 'oak', 'elm', 'ash', 'oak']
const heights = [3.5, 4.25, 2, 8, 5, 1.125]
const csv = ['height,kind', ...heights.map((height, i) => `${height},${kinds[i]}`)].join('\n')

/** Bytes of an IDX file of unsigned bytes. */
const idx = (shape: readonly number[], bytes: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...bytes)

/** Bytes of a PNG file with pixels of red, green and blue. */
function png(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const chunk = (name: string, body: Uint8Array): Buffer => {
    const content = Buffer.concat([Buffer.from(name), body])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(body.length)
    sum.writeUInt32BE(crc32(content))
    return Buffer.concat([length, content, sum])
  }
  const rows = Array.from({ length: height }, (_, y) => [
    0,
    ...rgb.subarray(3 * width * y, 3 * width * (y + 1)),
  ])
  const head = Uint8Array.of(0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0)
  return Buffer.concat([
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    chunk('IEND', new Uint8Array(0)),
  ])
}

describe.skipIf(!hasChromium)('data in Chromium, where it is installed', () => {
  let served: Served
  let page: Page

  beforeAll(async () => {
    served = await serve(['assets/mnist-10x10.bin'])
    page = await served.open()
  })
  afterAll(() => served?.close())

  const readThere = (reader: string, ...paths: readonly string[]) =>
    call<ReturnType<typeof shown>>(page, 'data', 'read', reader, ...paths.map(given))

  test('CSV, NPZ and IDX files, gzipped or not, have the numbers of Node.js', async () => {
    for (const path of [written('trees.csv', csv), written('trees.csv.gz', gzipSync(csv))])
      expect(await readThere('csv', path)).toEqual(shown(data.csv(path, { label: 'kind' })))
    const arrays = {
      a: { data: Float32Array.of(1, 2.5, -3, 4), shape: [2, 2] },
      k: { data: Int32Array.of(0, 1), shape: [2] },
    }
    const archive = written('arrays.npz', data.encodeNpz(arrays))
    expect(await readThere('npz', archive)).toEqual(shown(data.npz(archive, { x: 'a', y: 'k' })))
    const images = written('images.gz', gzipSync(idx([2, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4])))
    const labels = written('labels', idx([2], [7, 3]))
    expect(await readThere('idx', images, labels)).toEqual(
      shown(data.idxImages(images, labels, { layout: 'image' })),
    )
    const npy = written('array.npy', data.encodeNpy(arrays.a))
    expect(await call(page, 'data', 'array', given(npy))).toEqual({ shape: [2, 2], numbers: [1, 2.5, -3, 4] })
  })

  test.each(['brotli-2', 'gzip-2', 'lz4-2', 'none-1', 'snappy-2', 'zstd-2'])(
    'Parquet files by %s have the numbers of Node.js',
    async (kind) => {
      const path = join(repository, `test/fixtures/parquet/types-${kind}.parquet`)
      const options = {
        features: ['u8', 'f64', 'dec38', 'list'],
        target: 'row',
        missing: -77,
        dtype: 'float64',
      } as const
      expect(await readThere('parquet', path)).toEqual(shown(await data.parquet(path, options)))
    },
  )

  test('tables of mixed columns, from CSV and Parquet, are guessed as in Node.js', async () => {
    const columnData = [
      { name: 'height', data: heights },
      { name: 'kind', data: kinds },
    ]
    const parquet = written('trees.parquet', new Uint8Array(parquetWriteBuffer({ columnData })))
    for (const path of [written('trees.csv', csv), parquet])
      expect(await call(page, 'data', 'summary', given(path))).toBe(
        (await data.table(path, { label: 'kind' })).summary(),
      )
  })

  test('a safetensors file gives a model its weights', async () => {
    const model = nn.initialize(new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2)), 0)
    const numbers = Float32Array.of(1, 2, 3, 4, 5, 6)
    const tensors = new Map(
      [...nn.variables(model)].map(([name, { shape, dtype, data: values }]) => [
        name,
        { shape, dtype, data: name === '0.weight' ? numbers : values },
      ]),
    )
    const path = written('model.safetensors', train.writeSafetensors(tensors))
    const { loaded, first } = await call<{ loaded: string[]; first: number[] }>(
      page,
      'data',
      'weights',
      given(path),
    )
    expect(first).toEqual([1, 2, 3, 4, 5, 6])
    expect(loaded).toEqual([...tensors.keys()])
  })

  test('a picture of its own size has the bytes of its file; a longer one is cropped at the centre', async () => {
    const source = random('pixels')
    const rgb = Uint8Array.from({ length: 3 * 9 * 5 }, () => Math.floor(256 * source.uniform()))
    const path = written('noise.png', png(9, 5, rgb))
    const byte = (y: number, x: number, channel: number): number => rgb[3 * (9 * y + x) + channel]!
    const pixels = (size: readonly number[], channels: number) =>
      call(page, 'data', 'pixels', given(path), { size, channels })
    const at = (value: (y: number, x: number) => number, from: number, width: number): number[] =>
      Array.from({ length: 5 * width }, (_, i) => value(Math.floor(i / width), from + (i % width)))
    const whole = [0, 1, 2].flatMap((channel) => at((y, x) => Math.fround(byte(y, x, channel) / 255), 0, 9))
    expect(await pixels([5, 9], 3)).toEqual(whole)
    const luma = (y: number, x: number): number =>
      Math.fround(
        ((19595 * byte(y, x, 0) + 38470 * byte(y, x, 1) + 7471 * byte(y, x, 2) + 0x8000) >> 16) / 255,
      )
    expect(await pixels([5, 5], 1)).toEqual(at(luma, 2, 5))
    expect(await call(page, 'data', 'pixels', ['a.png', [1, 2]], { size: [1, 1] })).toBe(
      'FormatError: a.png: wanted a picture, got one that cannot be read: The source image could not be decoded.',
    )
  })

  test('frames of a canvas are examples of a stream; an abort ends them', async () => {
    expect(await call(page, 'data', 'canvasFrames')).toEqual({ pixels: [0, 30, 60, 90, 120, 150], steps: 2 })
    expect(await call(page, 'data', 'frameErrors')).toEqual([
      'left',
      'ArgumentError: frames: wanted a video, a canvas or a stream of frames, got {}',
    ])
  })

  test('the pictures and the camera of docs/browser.md are data sets', async () => {
    const path = written('grey.png', png(40, 40, new Uint8Array(3 * 40 * 40).fill(51)))
    type Set = Readonly<Record<'length' | 'least' | 'most', number>>
    const [pictures, camera] = await call<Set[]>(page, 'data', 'documented', given(path))
    const fifth = Math.fround(0.2)
    const shape = [3, 32, 32]
    expect(pictures).toEqual({ length: 2, shape, labels: [0, 1], least: fifth, most: fifth })
    expect(camera).toMatchObject({ length: 10, shape, labels: [1] })
    expect(camera!.least).toBeGreaterThanOrEqual(0)
    expect(camera!.most - camera!.least).toBeGreaterThan(0.1)
    expect(camera!.most).toBeLessThanOrEqual(1)
  })

  test('an option refuses a schedule as text, which a page would pay for', async () => {
    expect(await call(page, 'data', 'schedules')).toEqual([
      'ArgumentError: schedule: wanted a number or a schedule, got "cosine 0.1 to 0 over 100"; ' +
        'in a browser write schedule.parse(…) around a text or plain JSON',
      true,
    ])
  })

  test('the digits of the package are fetched as one file, and are those of Node.js', async () => {
    expect(await call(page, 'data', 'digits')).toEqual(sums(data.digits10x10()))
    expect(await call(page, 'data', 'noDigits')).toBe('Error: left')
  })
})

test('docs/browser.md shows the pictures and the camera that are read here', () => {
  const page = readFileSync(join(repository, 'docs/browser.md'), 'utf8')
  expect(page).toContain(readFileSync(join(repository, 'test/browser/docs-data.ts'), 'utf8'))
})

test('what needs a browser says so in Node.js', async () => {
  await expect(data.imagePixels(new Blob([]), { size: [1, 1] })).rejects.toThrow(
    'imagePixels: wanted a browser, got none; read files with data.imageFolder',
  )
  await expect(data.frames({}, { size: [1, 1] }).next()).rejects.toThrow(
    'frames: wanted a browser, got none; read files with data.imageFolder',
  )
})
