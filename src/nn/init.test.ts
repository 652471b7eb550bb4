import { describe, expect, test } from 'vitest'
import { random } from '../core/random.ts'
import { variables } from '../core/state.ts'
import { type Initializer, Variable } from '../core/variable.ts'
import * as nn from './index.ts'

const { init } = nn

/** Mean, standard deviation and greatest size of what an initializer draws for `shape`. */
function statistics(initializer: Initializer, shape: number[]): { mean: number; std: number; limit: number } {
  const numbers = Array.from(initializer(random('test'), shape))
  const mean = numbers.reduce((a, b) => a + b) / numbers.length
  const std = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length)
  return { mean, std, limit: Math.max(...numbers.map(Math.abs)) }
}

describe('initializers draw what their formula says', () => {
  // A kernel of [out 20, in 30, 3, 3]: fanIn 270, fanOut 180.
  const kernel = [20, 30, 3, 3]
  test.each([
    ['uniform', init.uniform(-2, 2), 2 / Math.sqrt(3)],
    ['normal', init.normal(0, 3), 3],
    ['xavierUniform', init.xavierUniform(2), 2 * Math.sqrt(2 / 450)],
    ['xavierNormal', init.xavierNormal(), Math.sqrt(2 / 450)],
    ['kaimingUniform', init.kaimingUniform(), Math.sqrt(2 / 270)],
    ['kaimingUniform as nn.Linear', init.kaimingUniform({ a: Math.sqrt(5) }), Math.sqrt(1 / 3 / 270)],
    ['kaimingNormal', init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' }), Math.sqrt(2 / 180)],
    ['kaimingNormal tanh', init.kaimingNormal({ nonlinearity: 'tanh' }), 5 / 3 / Math.sqrt(270)],
    // The standard deviation of a normal cut at 2: √(1 − 4φ(2)/(2Φ(2) − 1)).
    ['truncatedNormal', init.truncatedNormal(), 0.87962566],
  ])('%s', (_, initializer, std) => {
    const drawn = statistics(initializer, kernel)
    expect(drawn.std / std).toBeCloseTo(1, 1)
    expect(Math.abs(drawn.mean)).toBeLessThan(0.1 * std)
  })

  test('bounds are kept', () => {
    expect(statistics(init.uniform(-2, 2), kernel).limit).toBeLessThan(2)
    expect(statistics(init.truncatedNormal(0, 1, -0.5, 0.5), kernel).limit).toBeLessThanOrEqual(0.5)
  })

  test('zeros, ones and constants are what they say', () => {
    expect(Array.from(init.zeros(random(0), [2]))).toEqual([0, 0])
    expect(Array.from(init.ones(random(0), [2]))).toEqual([1, 1])
    expect(Array.from(init.constant(7)(random(0), [2]))).toEqual([7, 7])
  })
})

test.each([[[3, 5]], [[5, 3]], [[4, 4]], [[4, 3, 2]]])(
  'an orthogonal weight of %j has orthogonal rows or columns of length gain',
  (shape) => {
    const rows = shape[0]!
    const columns = shape.slice(1).reduce((a, b) => a * b)
    const w = Array.from(init.orthogonal(3)(random('test'), shape))
    const [n, at] =
      rows <= columns
        ? [rows, (i: number, k: number) => w[i * columns + k] ?? 0]
        : [columns, (i: number, k: number) => w[k * columns + i] ?? 0]
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let product = 0
        for (let k = 0; k < Math.max(rows, columns); k++) product += at(i, k) * at(j, k)
        expect(product).toBeCloseTo(i === j ? 9 : 0, 10)
      }
    }
  },
)

test('a layer starts from the initializer that was chosen for it', () => {
  const model = new nn.Residual(new nn.BatchNorm1d(2))
  const [weight] = variables(model).values()
  weight!.initializer = init.zeros
  nn.initialize(model, 0)
  expect(Array.from(weight!.data, Number)).toEqual([0, 0])
})

test('what cannot be drawn is said', () => {
  expect(() => new Variable([3], init.xavierUniform()).initialize(0)).toThrow(
    'xavierUniform: wanted a weight of [out, in, …], got [3]',
  )
  expect(() => init.truncatedNormal(0, 1, 5, 6)).toThrow(
    'truncatedNormal: wanted a mean at most 2 std outside [5, 6], got mean 0 and std 1',
  )
  const weight = new Variable([2, 3])
  for (const [name, call] of [
    ['zeros', init.zeros],
    ['ones', init.ones],
  ] as const) {
    expect(() => (call as () => unknown)()).toThrow(
      `init.${name}: wanted a random stream and a shape, got nothing; ` +
        `assign nn.init.${name} itself: layer.weight.initializer = nn.init.${name}`,
    )
  }
  weight.initializer = init.uniform as never
  expect(() => nn.initialize({ weight }, 0)).toThrow(
    'weight: wanted numbers from its initializer, got a function; ' +
      'call what makes the initializer: nn.init.uniform()',
  )
})
