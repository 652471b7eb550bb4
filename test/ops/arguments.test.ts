import { describe, expect, test } from 'vitest'
import { input } from '../../src/core/tensor.ts'
import { EvenstepError, nn, ops } from '../../src/index.ts'

const [x, y] = [input([2, 3]), input([2, 3])]
const axes = ops.sum as (...given: readonly unknown[]) => unknown

/** The error of calling an operator, as text with its class; undefined if it returns. */
function refusal(name: string, ...given: readonly unknown[]): string | undefined {
  try {
    ;((ops as Readonly<Record<string, unknown>>)[name] as typeof axes)(...given)
    return undefined
  } catch (error) {
    expect(error, name).toBeInstanceOf(EvenstepError)
    return (error as Error).message
  }
}

describe('an operator called with wrong arguments', () => {
  const style = /^[a-zA-Z0-9]+: wanted .+, got .+$/s
  const wrong: readonly (readonly unknown[])[] = [
    [],
    [undefined],
    [3],
    [[1, 2]],
    [{}],
    ['sum'],
    [null],
    [nn.Linear],
    [x],
    [x, undefined],
    [x, Number.NaN],
    [x, {}],
    [x, 'a'],
    [x, x, 'a'],
    [x, [x]],
    [[x], {}],
  ]
  test.each(Object.keys(ops))('%s says what it wanted', (name) => {
    for (const given of wrong) {
      const message = refusal(name, ...given)
      if (message !== undefined) expect(message).toMatch(style)
    }
    for (const given of [[], [undefined], [{}], ['sum'], [null]]) {
      expect(refusal(name, ...given), JSON.stringify(given)).toMatch(new RegExp(`^${name}: wanted `))
    }
  })

  const layer = new nn.Linear(3, 2)
  test.each<[message: string, name: string, ...given: unknown[]]>([
    ['sum: wanted a tensor, got nothing', 'sum'],
    ['mean: wanted a tensor, got [1,2]', 'mean', [1, 2]],
    ['crossEntropy: wanted target as a tensor, got nothing', 'crossEntropy', x],
    ['weightedLoss: wanted weight as a tensor or 1, got nothing', 'weightedLoss', x],
    ['concat: wanted a list of tensors, got a tensor; write ops.concat([a, b])', 'concat', x, y],
    ['stack: wanted a list of tensors, got a tensor; write ops.stack([a, b])', 'stack', x, 1],
    ['stack: wanted a tensor, got nothing', 'stack', [x, undefined]],
    ['transpose: wanted order as a list of integers, got 1', 'transpose', x, 1],
    ['reshape: wanted shape as a list of integers, got 6', 'reshape', x, 6],
    [
      'leakyRelu: wanted slope as a number, got {"negativeSlope":0.2}',
      'leakyRelu',
      x,
      { negativeSlope: 0.2 },
    ],
    [
      "cast: wanted dtype as 'float32', 'float64', 'int32', 'int64' or 'bool', got \"float\"",
      'cast',
      x,
      'float',
    ],
    [
      'mul: wanted b as a tensor, got a variable; use its value, such as layer.weight.value',
      'mul',
      x,
      layer.weight,
    ],
    [
      'add: wanted a as a tensor, got NaN; compute with ops, such as ops.mul(x, 2) for x * 2',
      'add',
      Number.NaN,
      x,
    ],
  ])('%s', (message, name, ...given) => {
    expect(refusal(name, ...given)).toBe(message)
  })

  test('keeps its name, and the names of its types', () => {
    const loss: ops.Loss = ops.crossEntropy
    expect(loss.name).toBe('crossEntropy')
  })
})

test.each(['sum', 'mean', 'max', 'min', 'prod', 'variance', 'norm', 'logSumExp', 'flip'] as const)(
  '%s takes one axis as a number',
  (name) => {
    expect(ops[name](x, -1).shape).toEqual(ops[name](x, [-1]).shape)
    expect(() => ops[name](x, 2)).toThrow(`${name}: wanted an axis from -2 to 1, got 2`)
  },
)

test('all, any, squeeze and standardize take one axis as a number', () => {
  const bools = ops.greater(x, 0)
  expect([ops.all(bools, 1).shape, ops.any(bools, 1).shape]).toEqual([[2], [2]])
  expect(ops.squeeze(input([2, 1, 1]), 1).shape).toEqual([2, 1])
  expect(ops.standardize(x, 1, 1e-5).mean.shape).toEqual([2, 1])
})
