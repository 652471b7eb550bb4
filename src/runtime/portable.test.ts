import { describe, expect, test } from 'vitest'
import { noise } from '../../test/support/run-module.ts'
import { gradients } from '../core/grad.ts'
import { constant, input, type Tensor, topological } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from './compile.ts'
import { wholeLstms } from './portable.ts'

const kinds = {
  LSTM: new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true, batchFirst: true }),
  GRU: new nn.GRU(3, 4, { bias: false }),
  RNN: new nn.RNN(3, 4, { nonlinearity: 'relu' }),
}
const shape = [5, 7, 3]
const x = Float32Array.from(noise(5 * 7 * 3))

describe.each(Object.entries(kinds))('%s', (name, rnn) => {
  nn.initialize(rnn, 1)

  test('computes the same with and without gradients, with one thread and with two', async () => {
    const evaluated = async (threads: number): Promise<ArrayLike<number | bigint>> => {
      const step = await compile({ x: { shape } }, ({ x }) => ({ y: rnn.forward(x, 'eval') }), { threads })
      return (await step({ x })).y
    }
    const y = await evaluated(1)
    expect(await evaluated(2)).toEqual(y)
    const both = await compile(
      { x: { shape } },
      ({ x }) => {
        const y = rnn.forward(x, 'eval')
        return { y, dx: gradients(ops.sum(ops.square(y)), [x])[0]! }
      },
      { threads: 1 },
    )
    const unrolled = await both({ x })
    for (const [i, value] of Array.from(unrolled.y, Number).entries()) expect(y[i]).toBeCloseTo(value, 6)
    expect(unrolled.y).toHaveLength(y.length)
  })

  test('is one operator a layer if it is an LSTM and no gradient needs its single steps', () => {
    const operatorsOf = (roots: readonly Tensor[]): string[] => topological(roots).map(({ op }) => op)
    trace(() => {
      const given = input(shape)
      const y = rnn.forward(given, 'eval')
      const count = operatorsOf(wholeLstms([y])).filter((op) => op === name).length
      expect(count).toBe(name === 'LSTM' ? 2 : 0) // one for each layer
      expect(operatorsOf(wholeLstms([y], () => true))).not.toContain(name)
      const [dx] = gradients(ops.sum(y), [given])
      expect(operatorsOf(wholeLstms([y, dx!]))).not.toContain(name)
    })
  })
})

test('other graphs are left alone', () => {
  const y = ops.relu(constant([1, -1]))
  const gelu = ops.gelu(y)
  expect(wholeLstms([y])).toEqual([y])
  expect(wholeLstms([gelu])[0]).toBe(gelu)
})
