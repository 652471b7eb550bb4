import { expect, test } from 'vitest'
import { input, topological } from '../core/tensor.ts'
import { relu, sigmoid } from '../ops/index.ts'
import { compile } from './compile.ts'
import { wasmActivations } from './wasm-activation.ts'

const operators = (dtype: 'float32' | 'float64'): string[] => {
  const x = input([4], dtype)
  const y = sigmoid(relu(x))
  return topological(wasmActivations([y, ...y.grad!(x).flatMap((t) => t ?? [])])).map(({ op }) => op)
}

test('replaces a ReLU', () => {
  expect(operators('float32')).toContain('Max')
  expect(operators('float32')).not.toContain('Relu')
  expect(operators('float64')).toContain('Relu')
})

test('computes what the CPU computes, where no number is denormalized', async () => {
  const x = Float32Array.of(
    -2,
    -0,
    0,
    2 ** -126,
    0.5,
    3e38,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  )
  const on = async (device: 'cpu' | 'wasm'): Promise<number[][]> => {
    const step = await compile(
      { x: { shape: [8] } },
      ({ x }) => {
        const y = relu(x)
        return { y, slope: y.grad!(x)[0]! }
      },
      { device, threads: 1 },
    )
    const { y, slope } = await step({ x })
    return [y, slope].map((one) => Array.from(one as Float32Array, (v) => v + 0)) // −0 is 0
  }
  const [cpu, wasm] = [await on('cpu'), await on('wasm')]
  expect(wasm).toEqual(cpu)
  expect(wasm[0]).toEqual([0, 0, 0, 2 ** -126, 0.5, expect.closeTo(3e38, -34), Number.POSITIVE_INFINITY, 0])
})
