import { describe, expect, test } from 'vitest'
import type { Data } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { dropout, sum } from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'

const shape = [48, 50]
const size = 2400
const ones = new Float32Array(size).fill(1)
const masked = (p: number | ((step: number) => number), options = {}) =>
  compile({ x: { shape } }, ({ x }): Record<'y' | 'dx', Tensor> => {
    const y = dropout(x, p, options)
    return { y, dx: gradients(sum(y), [x])[0]! }
  })
/** The numbers of a float result. */
const floats = (data: Data): number[] => Array.from(data as Float32Array)
const mask = async (p: number, step: number, options = {}): Promise<number[]> =>
  floats((await (await masked(p, options))({ x: ones }, step)).y).map(Math.sign)

/** Correlation of two lists of zeros and ones. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((s, x) => s + x, 0) / v.length
  const [ma, mb] = [mean(a), mean(b)]
  const dot = (u: readonly number[], v: readonly number[], mu: number, mv: number): number =>
    u.reduce((s, x, i) => s + (x - mu) * (v[i]! - mv), 0)
  return dot(a, b, ma, mb) / Math.sqrt(dot(a, a, ma, ma) * dot(b, b, mb, mb))
}

describe('a dropped-out tensor', () => {
  test('keeps the part 1 − p, scaled so that its mean stays', async () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const { y } = await (await masked(p))({ x: ones }, 3)
      const kept = floats(y).filter((v) => v !== 0)
      expect(kept.every((v) => Math.abs(v - 1 / (1 - p)) < 1e-5)).toBe(true)
      // Four standard deviations of a fair draw.
      expect(Math.abs(kept.length / size - (1 - p))).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / size))
    }
  })

  test('has the gradient of its mask', async () => {
    const { y, dx } = await (await masked(0.3))({ x: ones }, 7)
    expect(dx).toEqual(y)
  })

  test('is all there with p 0, and all gone with p 1, even where it is not finite', async () => {
    const all = await compile({ x: { shape: [2] } }, ({ x }) => ({ y: dropout(x, 0), z: dropout(x, 1) }))
    const { y, z } = await all({ x: Float32Array.of(1, Number.POSITIVE_INFINITY) })
    expect([...y]).toEqual([1, Number.POSITIVE_INFINITY])
    expect([...z]).toEqual([0, 0])
  })

  test('has one mask for each step, layer and seed, and the same one again', async () => {
    const first = await mask(0.5, 5)
    expect(await mask(0.5, 5)).toEqual(first)
    const others = [await mask(0.5, 6), await mask(0.5, 5, { layer: 'a' }), await mask(0.5, 5, { seed: 1 })]
    for (const other of others) expect(Math.abs(correlation(first, other))).toBeLessThan(4 / Math.sqrt(size))
  })

  test('draws neighbours in rows and columns, and the same places of successive steps, independently', async () => {
    const n = 64
    const run = await compile({ x: { shape: [size] } }, ({ x }) => ({ y: dropout(x, 0.5) }), { loop: true })
    const { y } = await run({ x: new Float32Array(n * size).fill(1) })
    const bits = floats(y).map(Math.sign)
    for (const lag of [1, 2, 48, 49, 50, 98, size, 2 * size]) {
      const a = bits.slice(0, bits.length - lag)
      expect(Math.abs(correlation(a, bits.slice(lag))), `lag ${lag}`).toBeLessThan(4 / Math.sqrt(a.length))
    }
  })

  test('draws in K steps of a loop what K single steps draw', async () => {
    const spec = { x: { shape: [6, 7] } }
    const body = ({ x }: { x: Tensor }) => ({ y: dropout(x, 0.5) })
    const [one, many] = [await compile(spec, body), await compile(spec, body, { loop: true })]
    const { y } = await many({ x: new Float32Array(3 * 42).fill(1) }, 10)
    const singly: number[] = []
    for (const step of [10, 11, 12])
      singly.push(...floats((await one({ x: new Float32Array(42).fill(1) }, step)).y))
    expect([...y]).toEqual(singly)
  })

  test('follows a schedule of p', async () => {
    const step = await masked((n) => n / 4)
    const share = async (n: number): Promise<number> =>
      floats((await step({ x: ones }, n)).y).filter((v) => v === 0).length / size
    expect(await share(0)).toBe(0)
    expect(await share(1)).toBeCloseTo(0.25, 1)
    expect(await share(3)).toBeCloseTo(0.75, 1)
  })

  test('has a p from 0 to 1', async () => {
    await expect(masked(1.5)).rejects.toThrow(
      'dropout: wanted p as a number from 0 to 1 or a schedule, got 1.5',
    )
  })
})
