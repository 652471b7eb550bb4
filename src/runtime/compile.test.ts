import { describe, expect, test } from 'vitest'
import { scalar } from '../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import * as ops from '../ops/index.ts'
import { compile } from './compile.ts'

const counter = (): Variable => {
  const v = new Variable([], filled(0))
  v.initialize(0)
  return v
}

describe('a compiled step', () => {
  test('computes, and keeps what it assigned', async () => {
    const total = counter()
    const step = await compile({ x: { shape: [2] } }, ({ x }) => {
      total.assign(ops.add(total.value, ops.sum(x)))
      return { total: total.value, x: ops.mul(x, 2) }
    })
    expect(await step({ x: Float32Array.of(1, 2) })).toEqual({
      total: Float32Array.of(3),
      x: Float32Array.of(2, 4),
    })
    await step({ x: Float32Array.of(10, 20) })
    expect(total.data[0]).toBe(33)
  })

  test.each([
    [{ thread: 1 }, 'compile: wanted one of loop, threads, device, got thread; did you mean threads?'],
    [{ threads: 0 }, 'compile: wanted threads as a positive integer, got 0'],
    [{ device: 'gpu' }, `compile: wanted device as 'cpu', 'wasm', 'webgpu' or 'auto', got "gpu"`],
  ])('refuses the options %j', async (options, message) => {
    await expect(compile({}, () => ({}), options as never)).rejects.toThrow(message)
  })

  test('is traced once', async () => {
    let traced = 0
    const step = await compile({ x: { shape: [] } }, ({ x }) => {
      traced++
      return { y: ops.neg(x) }
    })
    for (let i = 0; i < 3; i++) await step({ x: Float32Array.of(i) })
    expect(traced).toBe(1)
  })

  test('takes every element type', async () => {
    const step = await compile(
      {
        f64: { shape: [1], dtype: 'float64' },
        i32: { shape: [1], dtype: 'int32' },
        i64: { shape: [1], dtype: 'int64' },
        bool: { shape: [1], dtype: 'bool' },
      },
      ({ f64, i32, i64, bool }) => ({
        f64: ops.neg(f64),
        i32: ops.add(i32, 1),
        i64: ops.add(i64, 1),
        bool: ops.cast(ops.cast(bool, 'int32'), 'bool'),
      }),
    )
    expect(
      await step({
        f64: Float64Array.of(0.1),
        i32: Int32Array.of(1),
        i64: BigInt64Array.of(1n),
        bool: Uint8Array.of(1),
      }),
    ).toEqual({
      f64: Float64Array.of(-0.1),
      i32: Int32Array.of(2),
      i64: BigInt64Array.of(2n),
      bool: Uint8Array.of(1),
    })
  })

  test('in a loop gives what single calls give, to the bit', async () => {
    const make = async (loop: boolean) => {
      const v = counter()
      const step = await compile(
        { x: { shape: [3] } },
        ({ x }) => {
          const rate = hyperparameter((k) => 1 / (k + 3), 'float32', 'rate')
          const loss = ops.mean(ops.exp(ops.sub(x, v.value)))
          v.assign(ops.add(v.value, ops.mul(rate, loss)))
          return { loss }
        },
        { loop },
      )
      return { v, step }
    }
    const xs = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i))
    const [one, many] = [await make(false), await make(true)]
    const singles: number[] = []
    for (let k = 0; k < 5; k++) {
      const { loss } = await one.step({ x: xs.slice(3 * k, 3 * k + 3) }, k)
      singles.push(Number(loss[0]))
    }
    const first = await many.step({ x: xs.slice(0, 6) }, 0)
    const rest = await many.step({ x: xs.slice(6) }, 2)
    expect([...first.loss, ...rest.loss]).toEqual(singles)
    expect(many.v.data).toEqual(one.v.data)
  })

  test('in a loop passes on what it reads without assigning, and assigns what it never read', async () => {
    const [fixed, last] = [counter(), counter()]
    fixed.data = Float32Array.of(5)
    const step = await compile(
      { x: { shape: [] } },
      ({ x }) => {
        last.assign(ops.mul(x, fixed.value))
        return { y: scalar(7) }
      },
      { loop: true },
    )
    expect((await step({ x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(7, 7, 7))
    expect(last.data[0]).toBe(15)
  })

  test('refuses numbers that do not fit, and goes on working', async () => {
    const total = counter()
    const step = await compile({ x: { shape: [2] } }, ({ x }) => {
      total.assign(ops.add(total.value, ops.sum(x)))
      return {}
    })
    await expect(step({ x: new Float32Array(3) })).rejects.toThrow(
      'step: wanted x as 2 numbers of float32 for [2], got 3 in Float32Array',
    )
    await expect(step({ x: new Float64Array(2) as never })).rejects.toThrow(
      'step: wanted x as 2 numbers of float32 for [2], got 2 in Float64Array',
    )
    await expect(step({} as never)).rejects.toThrow(
      'step: wanted x as 2 numbers of float32 for [2], got undefined',
    )
    expect(total.data[0]).toBe(0)
    await step({ x: Float32Array.of(1, 1) })
    expect(total.data[0]).toBe(2)
  })

  test('that assigns refuses a second call while the first runs', async () => {
    const total = counter()
    const step = await compile({ x: { shape: [] } }, ({ x }) => ({ y: total.assign(ops.neg(x)) }))
    const first = step({ x: Float32Array.of(1) })
    await expect(step({ x: Float32Array.of(2) })).rejects.toThrow(
      'step: wanted one call at a time, got a second one; await the first',
    )
    expect((await first).y).toEqual(Float32Array.of(-1))
    expect((await step({ x: Float32Array.of(3) })).y).toEqual(Float32Array.of(-3))
  })

  test('that assigns nothing answers calls made at once one after another, also after one that fails', async () => {
    const step = await compile({ x: { shape: [1] } }, ({ x }) => ({ y: ops.neg(x) }))
    const calls = [1, 2, Number.NaN, 4].map((value) =>
      step({ x: Number.isNaN(value) ? new Float32Array(2) : Float32Array.of(value) }).then(
        ({ y }) => y[0],
        (error: Error) => error.message,
      ),
    )
    const refused = 'step: wanted x as 1 numbers of float32 for [1], got 2 in Float32Array'
    expect(await Promise.all(calls)).toEqual([-1, -2, refused, -4])
  })
})
