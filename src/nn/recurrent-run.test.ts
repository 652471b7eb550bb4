import { describe, expect, test } from 'vitest'
import { exact, listed, noise } from '../../test/support/run-module.ts'
import { gradients } from '../core/grad.ts'
import { constant, type Tensor, topological } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import * as ops from '../ops/index.ts'
import * as optim from '../optim/index.ts'
import { compile } from '../runtime/compile.ts'
import { rolledSteps } from '../runtime/portable.ts'
import { rootsOf, traceStep } from '../runtime/traced.ts'
import * as nn from './index.ts'

const [length, batch, features, hidden] = [17, 3, 2, 4]
const lengths = constant([17, 1, 9], [batch], 'int64')
const everything = { numLayers: 2, bidirectional: true, batchFirst: true, bias: false }

type Net = nn.RNN | nn.LSTM | nn.GRU
type Run = (net: Net, x: Tensor, options: nn.UnrollOptions) => Tensor
const rolled: Run = (net, x, options) => net.forward(x, 'train', options)
const unrolled: Run = (net, x, options) => net.unroll(x, options).output

const make: Record<string, (options?: nn.RecurrentOptions) => Net> = {
  'RNN with tanh': (options) => new nn.RNN(features, hidden, options),
  'RNN with ReLU': (options) => new nn.RNN(features, hidden, { ...options, nonlinearity: 'relu' }),
  LSTM: (options) => new nn.LSTM(features, hidden, options),
  GRU: (options) => new nn.GRU(features, hidden, options),
}

const weightsOf = (net: Net): Variable[] => [...nn.variables(net).values()]

/** Inputs of a step: a sequence, and for each layer and direction a first state. */
const specOf = (net: Net, count: number, dtype: 'float32' | 'float64') => {
  const states = { hidden: { shape: [count, batch, hidden], dtype } }
  const shape = count === 1 ? [length, batch, features] : [batch, length, features]
  return { x: { shape, dtype }, ...states, ...(net instanceof nn.LSTM && { cell: states.hidden }) }
}

/** The output of a network, and what it is differentiated by and to: the derivative of a function of it. */
function bodyOf(net: Net, run: Run, options: nn.UnrollOptions) {
  return ({ x, ...states }: Record<string, Tensor>): Record<string, Tensor> => {
    const y = run(net, x!, { ...options, ...states })
    const by = [x!, ...Object.values(states), ...weightsOf(net).map((w) => w.value)]
    const slopes = gradients(ops.sum(ops.square(y)), by)
    return { y, ...Object.fromEntries(slopes.map((t, i) => [`d${i}`, t])) }
  }
}

const feedsOf = (spec: ReturnType<typeof specOf>): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(spec).map(([name, { shape }], i) => [
      name,
      Float64Array.from(
        noise(
          shape.reduce((a, b) => a * b, 1),
          i + 1,
        ),
      ),
    ]),
  )

/** Outer operators of a step once its sequences are rolled. */
const operatorsOf = (spec: ReturnType<typeof specOf>, body: Parameters<typeof traceStep>[1]): Tensor[] =>
  topological(rolledSteps(rootsOf(traceStep(spec, body))))

const countOf = (operators: readonly Tensor[]): number =>
  new Set(operators.flatMap(({ body }) => body?.id ?? [])).size

describe.each(Object.entries(make))('%s', (_, of) => {
  test.each([
    ['one layer', undefined, {}, 1],
    ['one layer over padded sequences', undefined, { lengths }, 1],
    ['two layers in both directions over padded sequences', everything, { lengths }, 4],
  ] as const)('has the values and gradients of its single steps: %s', async (_, options, given, count) => {
    const net = exact(of(options))
    const spec = specOf(net, count, 'float64')
    const values = async (run: Run): Promise<Record<string, ArrayLike<number | bigint>>> =>
      (await compile(spec, bodyOf(net, run, given), { threads: 1 }))(feedsOf(spec) as never)
    const [fast, slow] = [await values(rolled), await values(unrolled)]
    expect(Object.keys(fast)).toEqual(Object.keys(slow))
    for (const [name, wanted] of Object.entries(slow)) {
      const got = Array.from(fast[name]!, Number)
      for (const [i, value] of Array.from(wanted, Number).entries()) expect(got[i]).toBeCloseTo(value, 11)
      expect(got.some((value) => value !== 0)).toBe(true)
    }
    const operators = operatorsOf(spec, bodyOf(net, rolled, given))
    expect(countOf(operators)).toBe(2 * count) // forwards and backwards
    expect(operators.map(({ op }) => op)).not.toContain('Tanh')
    expect(countOf(operatorsOf(spec, bodyOf(net, unrolled, given)))).toBe(0)
  })

  test('is one node a layer in evaluation, and saves nothing for gradients', () => {
    const net = exact(of({ numLayers: 2 }))
    const operators = operatorsOf(specOf(net, 2, 'float64'), ({ x }) => ({
      y: net.forward(ops.transpose(x!, [1, 0, 2])),
    }))
    expect(countOf(operators)).toBe(2)
    const made = operators.flatMap(({ output, body }) => (body ? [output!.count] : []))
    expect(made).toEqual(made.map(() => (net instanceof nn.LSTM ? 3 : 2)))
  })

  test('has the second derivatives of its single steps', async () => {
    const net = exact(of())
    const spec = specOf(net, 1, 'float64')
    const body = (run: Run) => (given: Record<string, Tensor>) => {
      const { d0 } = bodyOf(net, run, {})(given)
      return { second: gradients(ops.sum(ops.square(d0!)), [given.x!])[0]! }
    }
    const values = async (run: Run): Promise<ArrayLike<number | bigint>> =>
      (await (await compile(spec, body(run), { threads: 1 }))(feedsOf(spec) as never)).second
    const [fast, slow] = [await values(rolled), await values(unrolled)]
    for (const [i, value] of Array.from(slow, Number).entries())
      expect(Number(fast[i])).toBeCloseTo(value, 10)
  })

  test('learns the same in calls of several steps, and on several threads', async () => {
    const learned = async (steps: number, threads: number): Promise<number[][]> => {
      const net = nn.initialize(of(), 1)
      const rule = optim.adamw({ lr: 0.01 }).attach(nn.variables(net))
      const step = await compile(
        { x: { shape: [length, batch, features] } },
        ({ x }) => {
          const loss = ops.mean(ops.square(net.forward(x)))
          return { loss, norm: rule.minimize(loss, true).gradientNorm }
        },
        { threads, loop: true },
      )
      const size = length * batch * features
      const x = Float32Array.from(noise(4 * size))
      for (let k = 0; k < 4; k += steps) await step({ x: x.subarray(k * size, (k + steps) * size) }, k)
      return weightsOf(net).map((w) => listed(w))
    }
    const weights = await learned(1, 1)
    expect(await learned(4, 1)).toEqual(weights)
    expect(await learned(2, 2)).toEqual(weights)
  })
})

test('short sequences are left as single steps', () => {
  const net = exact(new nn.GRU(features, hidden))
  const body = ({ x }: Record<string, Tensor>): Record<string, Tensor> => ({ y: net.forward(x!) })
  const at = (steps: number): number =>
    countOf(
      topological(
        rolledSteps(rootsOf(traceStep({ x: { shape: [steps, 3, features], dtype: 'float64' } }, body))),
      ),
    )
  expect([at(15), at(16)]).toEqual([0, 1])
})
