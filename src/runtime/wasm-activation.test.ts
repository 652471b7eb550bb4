import { expect, test } from 'vitest'
import { noise } from '../../test/support/run-module.ts'
import { gradients } from '../core/grad.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import { relu, sigmoid, square, sum } from '../ops/index.ts'
import { compile } from './compile.ts'
import { rolledSteps } from './portable.ts'
import { rootsOf, traceStep } from './traced.ts'
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

test('replaces a ReLU within the steps of a sequence, with the same results', async () => {
  const network = nn.initialize(new nn.RNN(2, 3, { nonlinearity: 'relu' }), 1)
  const body = ({ x }: Record<string, Tensor>): Record<string, Tensor> => {
    const y = network.forward(x!)
    return { y, dx: gradients(sum(square(y)), [x!])[0]! }
  }
  const spec = { x: { shape: [16, 4, 2] } }
  const steps = topological(wasmActivations(rolledSteps(rootsOf(traceStep(spec, body)))))
  const within = topological(steps.flatMap(({ body }) => body?.outputs ?? [])).map(({ op }) => op)
  expect(within).toContain('Max')
  expect(within).not.toContain('Relu')
  const x = Float32Array.from(noise(128))
  const on = async (device: 'cpu' | 'wasm') => (await compile(spec, body, { device, threads: 1 }))({ x })
  const [cpu, wasm] = [await on('cpu'), await on('wasm')]
  for (const name of ['y', 'dx']) {
    for (const [i, value] of Array.from(cpu[name]!, Number).entries())
      expect(wasm[name]![i]).toBeCloseTo(value, 5)
  }
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
