import { expect, test } from 'vitest'
import { gradients } from '../core/grad.ts'
import { input, topological } from '../core/tensor.ts'
import { simplify } from '../onnx/simplify.ts'
import { compile } from '../runtime/compile.ts'
import * as ops from './index.ts'

test('GELU and its gradient take 10 passes over x', () => {
  const x = input([4, 3])
  const y = ops.gelu(x)
  const roots = simplify([y, y.grad!(input([4, 3]))[0]!])
  expect(topological(roots).filter(({ op, shape }) => op !== 'Input' && shape.length === 2)).toHaveLength(10)
})

test('GELU is the same number by the operators of exported models', async () => {
  const step = await compile({ x: { shape: [9] } }, ({ x }) => {
    const y = ops.gelu(x)
    return { y, exported: y.portable!(), dx: gradients(ops.sum(y), [x])[0]! }
  })
  const x = Float32Array.of(-9, -3, -1, -1e-4, 0, 1e-4, 1, 3, 9)
  const { y, exported, dx } = await step({ x })
  for (const [i, value] of exported.entries()) expect(y[i]).toBeCloseTo(Number(value), 6)
  // Φ(x) + x·φ(x) at 0 and at 1.
  expect([dx[4], dx[6]]).toEqual([0.5, expect.closeTo(0.841345 + 0.241971, 5)])
})
