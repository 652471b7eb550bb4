import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { Variable } from '../src/core/variable.ts'
import {
  encodeNpy,
  encodeNpz,
  parquet,
  parseCsv,
  parseIdx,
  parseNpy,
  parseNpz,
  readCifar,
} from '../src/data/index.ts'
import { readCheckpoint, writeCheckpoint } from '../src/train/checkpoint.ts'
import { checkSame } from '../src/train/description.ts'
import { open } from '../src/train/open.ts'
import { readSafetensors, writeSafetensors } from '../src/train/safetensors.ts'
import { parseExperiment, parseJson } from '../src/train/spec.ts'
import { damaged } from './support/damage.ts'

// A few examples instead of all digits: they are made again for each experiment that parses.
vi.mock('../src/data/files/digits.ts', async () => {
  const { dataset } = await import('../src/data/dataset.ts')
  const few = dataset({ x: new Float32Array(12), y: Int32Array.of(0, 1, 2, 0, 1, 2) })
  return { digits10x10: () => ({ train: few, validation: few }) }
})

const root = mkdtempSync(join(tmpdir(), 'evenstep-damaged-'))
afterAll(() => rmSync(root, { recursive: true }))

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const fits = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<unknown> }): void =>
  expect(data.length).toBe(product(shape))

describe('arrays', () => {
  const array = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => i / 3) }
  const labels = { shape: [3], data: BigInt64Array.of(0n, 2n, 1n) }

  test('safetensors', async () => {
    const file = writeSafetensors(
      new Map([
        ['fc.weight', { dtype: 'float32', ...array }],
        ['steps', { dtype: 'int64', ...labels }],
      ]),
    )
    const read = (bytes: Uint8Array): void => readSafetensors(bytes, 'a').forEach(fits)
    expect(await damaged(file, read)).toBeGreaterThan(700)
  })

  test.each(['plain', 'gzipped'])('IDX, %s', async (kind) => {
    const plain = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 4, ...Array(12).keys())
    const file = kind === 'plain' ? plain : new Uint8Array(gzipSync(plain))
    const refused = await damaged(file, (bytes) => {
      const read = parseIdx(bytes, 'a')
      fits(read)
      // Behind the header of gzip there is a checksum; within it, a time and a system that mean nothing.
      if (kind === 'gzipped' && bytes[0] === 0x1f && bytes[1] === 0x8b)
        expect(read).toEqual(parseIdx(plain, 'a'))
    })
    expect(refused).toBeGreaterThan(500)
  })

  test('NPY', async () => {
    expect(await damaged(encodeNpy(array), (bytes) => fits(parseNpy(bytes, 'a')))).toBeGreaterThan(400)
  })

  test.each([true, false])('NPZ, deflated: %s', async (compress) => {
    const file = encodeNpz({ x: array, y: labels }, { compress })
    const refused = await damaged(file, (bytes) => {
      // Every byte of an array is under a checksum; its name is not.
      for (const read of Object.values(parseNpz(bytes, 'a'))) expect([array, labels]).toContainEqual(read)
    })
    expect(refused).toBeGreaterThan(700)
  })
})

describe('tables and images', () => {
  const rows = Array.from({ length: 8 }, (_, i) => `${i}.5,"${i}",${'ab'[i % 2]}`)

  test('CSV', async () => {
    const file = bytesOf(`x,y,kind\n${rows.join('\n')}\n`)
    const refused = await damaged(file, (bytes) => {
      const { x, y, length } = parseCsv(textOf(bytes), 'a.csv', { label: 'kind' })
      expect(x.data.length).toBe(length * product(x.shape))
      expect(y.data.length).toBe(length)
      expect(Array.from(x.data, Number).every(Number.isFinite)).toBe(true)
    })
    expect(refused).toBeGreaterThan(400)
  })

  test('Parquet', async () => {
    const file = new Uint8Array(readFileSync(new URL('./fixtures/parquet/checked.parquet', import.meta.url)))
    const path = join(root, 'a.parquet')
    const refused = await damaged(file, async (bytes) => {
      writeFileSync(path, bytes)
      const { x, y, length } = await parquet(path, { label: 'kind' })
      expect([x.data.length, y.data.length]).toEqual([length * product(x.shape), length])
    })
    expect(refused).toBeGreaterThan(700)
  })

  test('CIFAR', async () => {
    const path = join(root, 'a.bin')
    const file = Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? 7 : i % 256))
    const refused = await damaged(file, (bytes) => {
      writeFileSync(path, bytes)
      const { x, y, length } = readCifar(path)
      expect([x.data.length, y.data.length]).toEqual([length * 3072, length])
      expect(Array.from(y.data, Number).every((label) => label >= 0 && label < 10)).toBe(true)
    })
    expect(refused).toBeGreaterThan(400)
  })
})

describe('what a run keeps', () => {
  test.each(['model.safetensors', 'optimizer.safetensors', 'checkpoint.json'])(
    'a checkpoint never gives other numbers: %s',
    async (name) => {
      const numbers = (shape: number[]): Variable => {
        const variable = new Variable(shape)
        variable.data = Float32Array.from({ length: product(shape) }, (_, i) => i + 0.5)
        return variable
      }
      const tensors = {
        model: new Map([['w', numbers([4, 3])]]),
        optimizer: new Map([['w.momentum', numbers([4, 3])]]),
      }
      const progress = {
        steps: 1234,
        epoch: 1,
        sofar: { loss: 0.123456789 },
        control: [{ best: 0.25, '7': 1 }],
      }
      const path = join(root, `checkpoint-${name}`)
      await writeCheckpoint(path, tensors, { progress, fingerprint: 'abc', score: 0.5 })
      const whole = new Uint8Array(readFileSync(join(path, name)))
      const before = numbers([4, 3]).data
      const refused = await damaged(whole, (bytes) => {
        writeFileSync(join(path, name), bytes)
        expect(readCheckpoint(path, tensors, 'abc')).toEqual(progress)
        for (const of of [tensors.model, tensors.optimizer])
          for (const { data } of of.values()) expect(data).toEqual(before)
      })
      expect(refused).toBeGreaterThan(1100)
    },
  )

  test('run.json', async () => {
    const folder = join(root, 'run')
    mkdirSync(folder)
    const description = {
      batchSize: 8,
      seed: 0,
      loss: 'crossEntropy',
      model: { 'fc.weight': [8, 2] },
      epochs: 3,
    }
    const origin = { file: 'no-such-file.json', settings: ['epochs=3'] }
    const file = bytesOf(JSON.stringify({ ...description, origin }, null, 2))
    writeFileSync(join(folder, 'model.safetensors'), '')
    const refused = await damaged(file, async (bytes) => {
      writeFileSync(join(folder, 'run.json'), bytes)
      await open(folder).then(
        () => expect.unreachable('there is no such experiment'),
        (error: Error) => expect(error.name, error.message).toMatch(/^(Format|Damaged|Argument)Error$/),
      )
      checkSame(folder, description)
    })
    expect(refused).toBeGreaterThan(600)
  })

  test('an experiment in JSON', async () => {
    const json = {
      data: 'digits10x10',
      model: [['Linear', 2, 8], ['ReLU'], ['BatchNorm1d', 8, { momentum: 'constant 0.1' }], ['Linear', 8, 3]],
      loss: 'crossEntropy',
      optimizer: { type: 'adamw', lr: 'warmup 5 + cosine 0.1 to 0 over 20', weightDecay: 0.01 },
      control: [{ type: 'reduceOnPlateau', patience: 2 }],
      metrics: { f1: 'f1', top: { type: 'topK', k: 2 } },
      monitor: 'f1',
      batchSize: 4,
      epochs: 2,
    }
    const read = (bytes: Uint8Array) => parseExperiment(parseJson(textOf(bytes), 'a.json'))
    expect(await damaged(bytesOf(JSON.stringify(json)), read)).toBeGreaterThan(900)
  })
})
