import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { gradients } from '../core/grad.ts'
import { random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { gelu } from '../ops/gelu.ts'
import { standardize } from '../ops/standardize.ts'
import { nodeCpu } from './node-cpu.ts'
import { wholeLayers } from './whole-layers.ts'

const operators = (roots: readonly Tensor[]): string[] => topological(roots).map(({ op }) => op)

/** Runs both graphs on the same random inputs, with the mean `offset`, and returns the largest difference. */
async function differs(reads: readonly Tensor[], roots: readonly Tensor[], offset = 0): Promise<number> {
  const named = [...roots, ...wholeLayers(roots)].map((t, i): [string, Tensor] => [`y${i}`, t])
  const inputs = new Map(reads.map((t, i): [string, Tensor] => [`x${i}`, t]))
  const session = await nodeCpu.open(toOnnx(inputs, new Map(named)), { threads: 1, exact: false })
  const draw = random('whole layers')
  const data = (shape: Shape) =>
    Float32Array.from({ length: sizeOf(shape) }, () => offset + draw.uniform(-1, 1))
  const feeds = [...inputs].map(([name, { shape }]) => {
    return [name, { dtype: 'float32' as const, shape, data: data(shape) }] as const
  })
  const values = await session.run(new Map(feeds))
  const one = (i: number): number =>
    difference(values.get(`y${roots.length + i}`)!, Array.from(values.get(`y${i}`)!, Number))
  return Math.max(...roots.map((_, i) => one(i)))
}

const affine = (x: Tensor, axes: number[], weight: Tensor, bias: Tensor): Tensor =>
  add(mul(standardize(x, axes, 1e-5).y, weight), bias)

test.each([
  ['the last axis', [4, 3, 6], [2], [6]],
  ['several axes', [4, 3, 6], [1, 2], [3, 6]],
  ['a matrix', [5, 7], [1], [7]],
] as const)('a normalization over %s is one operator', async (_, shape, axes, last) => {
  const [x, w, b] = [input(shape), input(last), input(last)]
  const y = affine(x, [...axes], w, b)
  expect(operators(wholeLayers([y]))).toEqual(['Input', 'Input', 'Input', 'LayerNormalization'])
  expect(await differs([x, w, b], [y])).toBeLessThan(1e-6)
  expect(await differs([x, w, b], [y], 100)).toBeLessThan(1e-3)
})

test('a sum that is only normalized stays apart, and weights are optional', async () => {
  const [a, b, w] = [input([4, 3, 6]), input([4, 3, 6]), input([6])]
  const scaled = mul(standardize(add(a, b), [2], 1e-5).y, w)
  expect(operators(wholeLayers([scaled])).filter((op) => op === 'Reshape')).toHaveLength(2)
  expect(await differs([a, b, w], [scaled, standardize(a, [1, 2], 0.1).y])).toBeLessThan(1e-6)
})

test('GELU is one operator', async () => {
  const x = input([4, 100])
  const y = gelu(x)
  expect(operators(wholeLayers([y]))).toEqual(['Input', 'com.microsoft.Gelu'])
  expect(await differs([x], [y])).toBeLessThan(1e-6)
})

test('with a gradient, in float64, and over other axes, the operators stay', () => {
  const whole = ['LayerNormalization', 'com.microsoft.Gelu']
  const x = input([4, 6])
  const [w, b] = [input([6]), input([6])]
  const y = gelu(affine(x, [1], w, b))
  const double = input([4, 6], 'float64')
  const first = standardize(reshape(x, [6, 4]), [0], 1e-5).y
  for (const roots of [
    [y, ...gradients(sum(y), [x])],
    [gelu(double), standardize(double, [1], 1e-5).y],
    [first],
  ])
    expect(operators(wholeLayers(roots)).filter((op) => whole.includes(op))).toEqual([])
})
