import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataNames } from '../../pages/lab/data-sets.ts'
import { experiments } from '../../pages/lab/guided.ts'
import { histogramOf } from '../../pages/lab/histogram.ts'
import { fromHash, toHash } from '../../pages/lab/link.ts'
import { Curve } from '../../pages/lab/series.ts'
import { checkedSetting, defaultSetting, normalizations } from '../../pages/lab/setting.ts'
import { logSplits } from '../../pages/shared/log-splits.ts'
import { repository } from '../support/command.ts'

const hashed = (value: unknown): string => `#${encodeURIComponent(JSON.stringify(value))}`

describe('a link holds the whole setting', () => {
  test('of each experiment', () => {
    for (const { setting } of experiments) expect(fromHash(toHash(setting))).toEqual(setting)
    expect(fromHash('')).toBeUndefined()
    expect(toHash(defaultSetting)).toBe("#%7B'nets':%5B%7B%7D,%7B'normalization':'none'%7D%5D%7D")
  })

  test('whatever it is', () => {
    const net = fc.record({
      depth: fc.integer({ min: 1, max: 8 }),
      width: fc.integer({ min: 2, max: 512 }),
      normalization: fc.constantFrom(...normalizations),
      rate: fc.double({ min: 0, max: 1e6, noNaN: true }).map((rate) => rate + 0),
      shape: fc.string({ unit: 'grapheme', maxLength: 40 }),
      changes: fc
        .array(
          fc.record({
            step: fc.integer({ min: 0, max: 50 }),
            kind: fc.constant('rate' as const),
            factor: fc.constant(0.5),
          }),
        )
        .filter((all) => all.length <= 20),
    })
    const given = fc.record({
      data: fc.constantFrom(...dataNames),
      nets: fc.array(net, { minLength: 1, maxLength: 3 }),
    })
    fc.assert(
      fc.property(given, (own) => {
        const setting = checkedSetting(own)
        const link = new URL(toHash(setting), 'https://example.org/lab/') // as browsers write it
        expect(fromHash(link.hash)).toEqual(setting)
      }),
    )
  })

  test.each<[string, unknown, string]>([
    ['text', undefined, 'lab: wanted a setting in the link, got something else; it may have been cut off'],
    ['a list', [], 'lab: wanted setting as an object, got []'],
    [
      'an unknown name',
      { date: 'digits' },
      'lab: wanted setting as an object of data, batchSize, steps, seed, nets, got "date"',
    ],
    [
      'unknown data',
      { data: 'faces' },
      'lab: wanted data as one of digits, spirals, dna, heartbeats, got "faces"',
    ],
    ['too many steps', { steps: 1e9 }, 'lab: wanted steps as an integer from 10 to 100000, got 1000000000'],
    ['no nets', { nets: [] }, 'lab: wanted nets as a list of 1 to 3, got []'],
    [
      'a wide net',
      { nets: [{ width: 1e9 }] },
      'lab: wanted nets[0].width as an integer from 2 to 512, got 1000000000',
    ],
    ['a shape', { nets: [{ shape: 1 }] }, 'lab: wanted nets[0].shape as the text of a schedule, got 1'],
    [
      'an unknown change',
      { nets: [{ changes: [{ step: 1, kind: 'stop' }] }] },
      'lab: wanted nets[0].changes[0].kind as one of rate, freeze, noDecay, decayFree, got "stop"',
    ],
    [
      'frozen statistics that are not there',
      { nets: [{ normalization: 'none', changes: [{ step: 1, kind: 'freeze' }] }] },
      'lab: wanted nets[0].changes[0].kind as freeze for batch normalization only, got "freeze"',
    ],
  ])('or is refused: %s', (_, value, message) => {
    expect(() => fromHash(value === undefined ? '#hello' : hashed(value))).toThrow(message)
  })
})

test('a curve is made of means over equally many steps, at most 500', () => {
  const curve = new Curve()
  for (let step = 0; step < 3000; step++) curve.add(step, step)
  expect(curve.x.length).toBeLessThanOrEqual(500)
  expect(curve.x.slice(0, 3)).toEqual([0, 8, 16])
  expect(curve.y.slice(0, 3)).toEqual([3.5, 11.5, 19.5])
  expect(curve.last).toBe(2995.5)
})

test('a histogram has the shares, mean and deviation of its values', () => {
  const { low, high, mean, deviation, shares } = histogramOf(Float32Array.of(-1, -1, 1, 1))
  expect([low, high, mean, deviation]).toEqual([-4, 4, 0, 1])
  expect(shares.reduce((a, b) => a + b)).toBe(1)
  expect([shares[18], shares[30]]).toEqual([0.5, 0.5])
})

test('ticks of a logarithmic axis are round, few and within it, however short or long it is', () => {
  expect([logSplits(0.05, 0.2), logSplits(3, 40), logSplits(1e-6, 1)]).toEqual([
    [0.05, 0.1, 0.2],
    [3, 10, 30],
    [1e-6, 1e-3, 1],
  ])
  fc.assert(
    fc.property(
      fc.double({ min: -12, max: 12, noNaN: true }),
      fc.double({ min: 0.001, max: 12, noNaN: true }),
      (from, span) => {
        const [min, max] = [10 ** from, 10 ** (from + span)]
        const splits = logSplits(min, max)
        expect(splits.length).toBeGreaterThanOrEqual(2)
        expect(splits.length).toBeLessThanOrEqual(12)
        expect(splits.every((value) => value >= min * (1 - 1e-5) && value <= max * (1 + 1e-5))).toBe(true)
      },
    ),
  )
})

test('the lab has no training code of its own: it imports the library, and makes no gradient, step or optimizer', () => {
  const folder = join(repository, 'pages/lab')
  const files = readdirSync(folder).filter((file) => /\.tsx?$/.test(file))
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const imports = files.flatMap((file) =>
    [...text(file).matchAll(/from '([^']+)'/g)].map(([, from]) => from!),
  )
  const others = new Set(imports.filter((from) => !from.startsWith('./')))
  const permitted =
    /^(?:evenstep|preact(?:\/hooks)?|@preact\/signals|\.\.\/shared\/[\w-]+\.tsx?|\.\.\/\.\.\/src\/core\/text\.ts)$/
  expect([...others].filter((from) => !permitted.test(from))).toEqual([])
  const trains = /\bgradients\(|\.minimize\(|(?<!Object)\.assign\(|new train\.Task|\.learn\(|Math\.random/
  expect(files.filter((file) => trains.test(text(file)))).toEqual([])
  expect(files.filter((file) => text(file).includes('train.serve('))).toEqual(['worker.ts'])
})
