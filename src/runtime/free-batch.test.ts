import { describe, expect, test, vi } from 'vitest'
import { constant, type Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { type Compiled, compile } from './compile.ts'
import { nodeCpu } from './node-cpu.ts'

const eval1 = (net: nn.Module) => (fed: { readonly x: Tensor }) => ({ y: net.forward(fed.x, 'eval') })
const rows = (n: number, width: number): Float32Array =>
  Float32Array.from({ length: n * width }, (_, i) => Math.sin(i + n))

const image = { shape: [1, 8, 8], size: 64 }
const models: Readonly<
  Record<string, readonly [() => nn.Module, { readonly shape: number[]; readonly size: number }]>
> = {
  'a perceptron': [
    () => new nn.Sequential(new nn.Linear(5, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Linear(8, 3)),
    { shape: [5], size: 5 },
  ],
  'a convolutional network': [
    () =>
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(64, 3),
      ),
    image,
  ],
  'attention and a recurrent layer': [
    () => new nn.Sequential(new nn.MultiheadAttention(8, 2), new nn.LSTM(8, 3)),
    { shape: [4, 8], size: 32 },
  ],
}

describe('a step with a free number of rows', () => {
  test.each(Object.entries(models))(
    'gives the numbers of steps of fixed sizes: %s',
    async (_, [make, { shape, size }]) => {
      const net = nn.initialize(make(), 0)
      const free = await compile({ x: { shape: ['N', ...shape] } }, eval1(net))
      for (const n of [1, 2, 5, 64]) {
        const fixed = await compile({ x: { shape: [n, ...shape] } }, eval1(net))
        const [{ y }, expected] = [await free({ x: rows(n, size) }), await fixed({ x: rows(n, size) })]
        expect(y.length).toBe(expected.y.length)
        for (const [i, value] of y.entries()) expect(value).toBeCloseTo(Number(expected.y[i]), 5)
      }
    },
  )

  test('serves 30 requests of different sizes at once, by one graph, and sees later weights', async () => {
    const net = nn.initialize(new nn.Sequential(new nn.Linear(3, 2)), 0)
    const opened = vi.spyOn(nodeCpu, 'open')
    const predict = await compile({ x: { shape: ['N', 3] } }, eval1(net))
    const sizes = Array.from({ length: 30 }, (_, i) => 1 + ((7 * i) % 13))
    const answers = await Promise.all(sizes.map((n) => predict({ x: rows(n, 3) })))
    expect(opened).toHaveBeenCalledTimes(1)
    opened.mockRestore()
    for (const [i, { y }] of answers.entries()) {
      expect(y).toHaveLength(2 * sizes[i]!)
      expect(y).toEqual((await predict({ x: rows(sizes[i]!, 3) })).y)
    }
    const { weight, bias } = net[0] as nn.Linear
    weight.data = new Float32Array(6)
    bias!.data = Float32Array.of(4, 5)
    expect((await predict({ x: rows(2, 3) })).y).toEqual(Float32Array.of(4, 5, 4, 5))
  })

  test('has several inputs of as many rows, inputs of fixed shapes, and several results', async () => {
    const step = await compile(
      { a: { shape: ['N', 2] }, b: { shape: ['N'] }, scale: { shape: [2] } },
      ({ a, b, scale }) => ({
        sum: ops.sum(ops.mul(a, scale)),
        row: ops.add(ops.sum(a, [1]), b),
        fixed: constant([7]),
      }),
    )
    const [a, scale] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 10)]
    expect(await step({ a, b: Float32Array.of(0, 1, 2), scale })).toEqual({
      sum: Float32Array.of(129),
      row: Float32Array.of(3, 8, 13),
      fixed: Float32Array.of(7),
    })
    await expect(step({ a, b: Float32Array.of(0, 1), scale })).rejects.toThrow(
      'step: wanted as many rows of b as of a, 3, got 2',
    )
    await expect(step({ a: a.subarray(1), b: a, scale })).rejects.toThrow(
      'step: wanted a as one or more rows of 2 numbers of float32, got 5 in Float32Array',
    )
    const nothing = (step as Compiled<string, string>)({})
    await expect(nothing).rejects.toThrow(
      'step: wanted a as one or more rows of 2 numbers of float32, got undefined',
    )
    await expect(step({ a: new Float32Array(0), b: new Float32Array(0), scale })).rejects.toThrow(
      'step: wanted a as one or more rows of 2 numbers of float32, got 0 in Float32Array',
    )
  })

  test('checks indices of every row', async () => {
    const table = nn.initialize(new nn.Embedding(10, 2), 0)
    const step = await compile({ x: { shape: ['N', 3], dtype: 'int32' } }, eval1(table))
    const codes = new Int32Array(150).fill(9)
    expect((await step({ x: codes })).y).toHaveLength(300)
    codes[100] = 10
    await expect(step({ x: codes })).rejects.toThrow('got 10 at example 33 of x, position 1')
  })

  test('is refused where it assigns, loops, or computes something else for some numbers', async () => {
    const total = new Variable([])
    total.initialize(0)
    const x = { shape: ['N'] } as const
    await expect(compile({ x }, ({ x }) => ({ y: total.assign(ops.sum(x)) }))).rejects.toThrow(
      'compile: wanted a body that assigns to no variable, for a free number of rows, got one that assigns to a variable; ' +
        "run the model in 'eval' mode, or fix the shape",
    )
    await expect(compile({ x }, ({ x }) => ({ y: x }), { loop: true })).rejects.toThrow(
      'compile: wanted fixed shapes for a loop, got "N"; leave out loop',
    )
    await expect(compile({ x }, ({ x }) => ({ y: x.shape[0] === 1 ? ops.neg(x) : x }))).rejects.toThrow(
      'compile: wanted the same computation for any number of examples, got another for 1 than for 23 (Neg); ' +
        'compute what depends on the number by operators, not by JavaScript',
    )
    await expect(compile({ x: { shape: [2, 'N'] as never } }, ({ x }) => ({ y: x }))).rejects.toThrow(
      `compile: x: wanted shape as a list of integers ≥ 0, or of 'N' and integers, got [2,"N"]`,
    )
  })
})
