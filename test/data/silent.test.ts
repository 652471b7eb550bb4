import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as data from '../../src/data/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/train/safetensors.ts'

// What would become other numbers or other classes is refused where it is read.

const folder = mkdtempSync(join(tmpdir(), 'evenstep-silent-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const npy = (name: string, of: data.NpyData, shape: readonly number[] = [of.length]): string =>
  file(name, data.encodeNpy({ shape, data: of }))
const table = (text: string, options: data.CsvOptions) => () => data.csv(file('a.csv', text), options)
const x = npy('x.npy', Float32Array.of(1, 2))
const y = npy('y.npy', Int32Array.of(0, 1))
const y1 = { shape: [1], classes: 2 }

describe('numbers that float32 cannot hold', () => {
  const fix = "give dtype: 'float64'"
  test('are refused by every reader', async () => {
    expect(() => data.npy(npy('big.npy', Float64Array.of(1, 1e300)), y)).toThrow(
      `y.npy: wanted x of numbers that float32 can hold, got 1e+300 at index 1; ${fix}`,
    )
    expect(() => data.npy(x, npy('ybig.npy', Float64Array.of(0.5, -1e39)))).toThrow(
      `ybig.npy: wanted y of numbers that float32 can hold, got -1e+39 at index 1; ${fix}`,
    )
    expect(() => data.dataset({ x: [1e300, 1], y: [0, 1] })).toThrow(
      'dataset: wanted x of numbers that float32 can hold, got 1e+300 at index 0; give x as a Float64Array',
    )
    expect(() => data.dataset({ x: [1, 2n ** 200n], y: [0, 1] })).toThrow('numbers that float32 can hold')
    const stream = data.stream(() => [{ x: [1e300], y: 0 }], y1)
    await expect(data.collect(stream)).rejects.toThrow(
      `stream: example 0: wanted x of numbers that float32 can hold, got 1e+300; ${fix}`,
    )
    expect(table('a,k\n1,x\n,y\n', { label: 'k', missing: 1e39 })).toThrow(
      `a.csv: wanted missing as a number that float32 can hold, got 1e+39; ${fix}`,
    )
  })

  test('are read as float64, and infinities and NaN of a float array stay', () => {
    expect(data.npy(npy('big.npy', Float64Array.of(1, 1e300)), y, { dtype: 'float64' }).x.data[1]).toBe(1e300)
    const odd = data.npy(npy('odd.npy', Float64Array.of(Infinity, Number.NaN)), y)
    expect([...(odd.x.data as Float32Array)]).toEqual([Infinity, Number.NaN])
  })
})

describe('columns of whole numbers most of which float32 makes equal', () => {
  const times = [1700000001, 1700000050]
  const text = `t,k\n${times.map((t, i) => `${t},${i}`).join('\n')}\n`
  test('are refused: identifiers and times in seconds', async () => {
    const got = 'got 2 that it rounds to 1, such as 1700000001 and 1700000050'
    expect(table(text, { label: 'k' })).toThrow(
      `a.csv: wanted numbers that float32 tells apart in column t, ${got}; ` +
        "give dtype: 'float64', or leave the column out with features",
    )
    expect(() => data.npy(npy('t.npy', BigInt64Array.from(times, BigInt)), y)).toThrow(
      `y.npy: wanted x of numbers that float32 tells apart, ${got}; give dtype: 'float64'`,
    )
    expect(() => data.dataset({ x: times, y: [0, 1] })).toThrow(got)
    expect(table(text, { target: 't' })).toThrow(`a.csv: wanted numbers that float32 tells apart, ${got}`)
  })

  test('are kept in float64, in different columns, and among smaller numbers', () => {
    const kept = data.csv(file('a.csv', text), { label: 'k', dtype: 'float64' }).x.data
    expect([...(kept as Float64Array)]).toEqual(times)
    const wide = `a,b,k\n${times[0]},${times[1]},0\n${times[0]},${times[1]},1\n`
    expect(data.csv(file('a.csv', wide), { label: 'k' }).length).toBe(2)
    expect(data.dataset({ x: [times, times], y: [0, 1] }).length).toBe(2)
    expect(data.csv(file('a.csv', `${text}5,0\n`), { label: 'k' }).length).toBe(3)
    expect(data.dataset({ x: [20_000_001, 30_000_001, 40_000_001], y: [0, 1, 0] }).length).toBe(3)
  })
})

describe('a column of numbers given as label', () => {
  const rows = (n: number, of: (i: number) => string): string =>
    `a,k\n${Array.from({ length: n }, (_, i) => `1,${of(i)}`).join('\n')}\n`
  test('is refused at once: did you mean target?', () => {
    const begun = performance.now()
    expect(
      table(
        rows(40_000, (i) => `${i * 0.37}`),
        { label: 'k' },
      ),
    ).toThrow(
      'a.csv: wanted classes in the label column, at line 52, column k, got "18.5" after 50 other labels; ' +
        'did you mean target? If the column holds numbers to predict, give it as target instead, or give classNames or classes',
    )
    expect(
      table(
        rows(40_000, (i) => `id${i}`),
        { label: 'k' },
      ),
    ).toThrow('did you mean target?')
    expect(performance.now() - begun).toBeLessThan(5000)
    expect(() => data.npy(x, npy('price.npy', Int32Array.of(250_000, 180_000)))).toThrow(
      "dataset: wanted labels of classes, got the label 250000 among 2 labels; did you mean target? If y holds numbers to predict, give target: 'numbers', otherwise classes: 250001",
    )
    expect(
      table(
        rows(2, (i) => `${i}.5`),
        { label: 'k', classes: 3 },
      ),
    ).toThrow('did you mean target?')
  })

  test('is taken where it may be classes', () => {
    expect(
      data.csv(
        file(
          'a.csv',
          rows(40, (i) => `${(i % 10) / 2}`),
        ),
        { label: 'k' },
      ).classes,
    ).toBe(10)
    expect(
      data.csv(
        file(
          'a.csv',
          rows(9000, (i) => `id${i}`),
        ),
        { label: 'k' },
      ).classes,
    ).toBe(9000)
    expect(data.npy(x, npy('word.npy', Int32Array.of(250_000, 0)), { classes: 250_001 }).classes).toBe(
      250_001,
    )
  })
})

test('class names and columns that are given twice are refused, by streams too', () => {
  const path = file('a.csv', 'a,k\n1,x\n2,y\n')
  const twice = 'wanted different classNames, got "x twice"'
  expect(() => data.csvStream(path, { label: 'k', classNames: ['x', 'x', 'y'] })).toThrow(twice)
  expect(() => data.stream(() => [], { shape: [1], classNames: ['x', 'x'] })).toThrow(`stream: ${twice}`)
  expect(() => data.stream(() => [], { shape: [1], classNames: ['x'], classes: 2 })).toThrow(
    'stream: wanted 2 classNames, one a class, got 1',
  )
  expect(table('a,b\n1,2\n', { target: ['b', 'b'] })).toThrow(
    'a.csv: wanted each column once in target, got "b twice"',
  )
})

test('a safetensors file with a name or a field twice is refused; every other name is kept', () => {
  const bytes = (header: string): Uint8Array => {
    const all = Buffer.alloc(8 + header.length + 4)
    all.writeBigUInt64LE(BigInt(header.length))
    all.write(header, 8)
    return all
  }
  const entry = '"dtype":"F32","shape":[1],"data_offsets":[0,4]'
  const wrong = (header: string, key: string): void =>
    expect(() => readSafetensors(bytes(header), 'm')).toThrow(
      `m: wanted a tensor for each name, got the key "${key}" twice in one object; the file is damaged`,
    )
  wrong(`{"a":{${entry}},"a":{${entry.replace('F32', 'I32')}}}`, 'a')
  wrong(`{"a":{"dtype":"I32",${entry}}}`, 'dtype')
  const tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(7) } as const
  for (const name of ['__proto__', 'constructor', '0', '']) {
    expect([...readSafetensors(writeSafetensors(new Map([[name, tensor]])), 'm').keys()]).toEqual([name])
  }
  expect(() => writeSafetensors(new Map([['__metadata__', tensor]]))).toThrow(
    'writeSafetensors: wanted other names than the one that the format keeps for texts, got "__metadata__"',
  )
})

test('images of an IDX file may have numbers to predict', () => {
  const idx = (type: number, shape: readonly number[], body: Buffer): Buffer => {
    const sizes = Buffer.alloc(4 * shape.length)
    for (const [i, size] of shape.entries()) sizes.writeUInt32BE(size, 4 * i)
    return Buffer.concat([Buffer.from([0, 0, type, shape.length]), sizes, body])
  }
  const floats = Buffer.alloc(16)
  for (const [i, value] of [0.5, 1.7, -2, 3].entries()) floats.writeFloatBE(value, 4 * i)
  const images = file('im.idx', idx(8, [2, 1, 2], Buffer.from([0, 255, 51, 102])))
  const read = (shape: number[], options: data.IdxOptions) =>
    data.idxImages(
      images,
      file('y.idx', idx(13, shape, floats.subarray(0, 4 * shape.reduce((a, b) => a * b)))),
      options,
    )
  const { y } = read([2, 2], { target: 'numbers' })
  expect([y.dtype, y.shape, [...(y.data as Float32Array)].map((v) => Math.round(v * 10) / 10)]).toEqual([
    'float32',
    [2],
    [0.5, 1.7, -2, 3],
  ])
  expect(() => read([2], {})).toThrow(
    "y.idx: wanted labels from 0 to 9, got 0.5 at example 0; if they are numbers to predict, target: 'numbers'",
  )
  expect(() => read([2], { target: 'numbers', classes: 3 })).toThrow(
    'idxImages: wanted no classes for numbers to predict, got 3; leave classes out',
  )
})
