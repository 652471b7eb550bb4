import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import { random } from '../../src/core/random.ts'
import { broadcast, resolveAxes, stretchedAxes } from '../../src/core/shape.ts'
import { constant, input, node, scalar, topological } from '../../src/core/tensor.ts'
import { hyperparameter, trace, Variable, variables } from '../../src/core/variable.ts'

describe('shapes', () => {
  test('broadcast as NumPy does', () => {
    expect(broadcast('add', [2, 1, 3], [4, 1])).toEqual([2, 4, 3])
    expect(broadcast('add', [], [2])).toEqual([2])
    expect(broadcast('add', [0, 3], [1])).toEqual([0, 3])
    expect(() => broadcast('add', [2, 3], [4])).toThrow(
      'add: wanted shapes that broadcast, got [2, 3] and [4]; make axis 1 equal or 1',
    )
  })

  test('the stretched axes are those that a sum must undo', () => {
    expect(stretchedAxes([3], [2, 3])).toEqual([0])
    expect(stretchedAxes([2, 1], [2, 3])).toEqual([1])
    expect(stretchedAxes([2, 3], [2, 3])).toEqual([])
  })

  test('axes may count from the end, and must exist once', () => {
    expect(resolveAxes('sum', [-1, 0], 3)).toEqual([0, 2])
    expect(() => resolveAxes('sum', [3], 3)).toThrow('sum: wanted an axis from -3 to 2, got 3')
    expect(() => resolveAxes('sum', [0, -3], 3)).toThrow('sum: wanted each axis once, got [0, -3]')
  })
})

describe('random numbers', () => {
  test('depend on their keys alone', () => {
    const draw = (...keys: (number | string)[]): number[] => {
      const source = random(...keys)
      return [source.uniform(), source.normal(), source.uniform(2, 3)]
    }
    expect(draw(0, 'fc1.weight')).toEqual(draw(0, 'fc1.weight'))
    expect(draw(0, 'fc1.weight')).not.toEqual(draw(1, 'fc1.weight'))
    expect(draw(0, 'fc1.weight')).not.toEqual(draw(0, 'fc2.weight'))
    // Pinned: another generator would change every seeded run.
    expect(draw(0, 'fc1.weight')).toMatchInlineSnapshot(`
      [
        0.9486094943987211,
        -1.1566479239597856,
        2.0968303917060385,
      ]
    `)
  })

  test('have the moments they should', () => {
    const source = random(1)
    const moments = (draw: () => number): readonly [number, number] => {
      const xs = Array.from({ length: 20_000 }, draw)
      const mean = xs.reduce((a, b) => a + b) / xs.length
      return [mean, xs.reduce((a, x) => a + (x - mean) ** 2, 0) / xs.length]
    }
    const [mean, variance] = moments(() => source.normal(3, 2))
    expect(mean).toBeCloseTo(3, 1)
    expect(variance / 4).toBeCloseTo(1, 1)
    const [middle, spread] = moments(() => source.uniform(-1, 1))
    expect(middle).toBeCloseTo(0, 1)
    expect(spread).toBeCloseTo(1 / 3, 1)
  })

  test('permute without loss', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (n, seed) => {
        const order = random(seed).permutation(n)
        return [...order].sort((a, b) => a - b).every((x, i) => x === i)
      }),
    )
  })
})

describe('tensors', () => {
  test('are ordered inputs first, however deep', () => {
    let deep = input([1])
    for (let i = 0; i < 50_000; i++) deep = node('Neg', { inputs: [deep], shape: [1], dtype: 'float32' })
    const order = topological([deep])
    expect(order.length).toBe(50_001)
    expect(order[0]!.op).toBe('Input')
  })

  test('a gradient needs one float that depends on what it is taken by', () => {
    const x = input([2])
    expect(() => gradients(x, [x])).toThrow(
      'gradients: wanted a loss of one float, got float32 [2]; reduce it with ops.mean or ops.sum',
    )
    expect(() => gradients(scalar(1), [x])).toThrow(
      'gradients: wanted a loss that depends on what it is differentiated by, got one that does not',
    )
  })

  test('numbers are stored as their type says', () => {
    expect(toData('int64', [1, -2])).toEqual(BigInt64Array.of(1n, -2n))
    expect(toData('bool', [1, 0])).toEqual(Uint8Array.of(1, 0))
    expect(toData('float32', [0.1])[0]).toBe(Math.fround(0.1))
  })
})

describe('variables', () => {
  class Layer {
    readonly weight: Variable = new Variable([2], (r) => [r.uniform(), r.uniform()])
    readonly runningMean: Variable = new Variable([2])
  }

  test('are named by the fields that lead to them, once each', () => {
    const shared = new Layer()
    const model = { fc1: shared, layers: [new Layer(), shared], name: 'net', size: 3 }
    expect([...variables(model).keys()]).toEqual([
      'fc1.weight',
      'fc1.running_mean',
      'layers.0.weight',
      'layers.0.running_mean',
    ])
  })

  test('start from numbers that depend on seed and name, not on order', () => {
    const first = (model: object): number[] => {
      const all = variables(model)
      for (const v of all.values()) v.initialize(7)
      return [...all].filter(([name]) => name === 'b.weight').flatMap(([, v]) => Array.from(v.data, Number))
    }
    expect(first({ a: new Layer(), b: new Layer() })).toEqual(first({ b: new Layer() }))
  })

  test('refuse to be read before they have numbers, and numbers that do not fit', () => {
    const model = { fc1: new Layer() }
    variables(model)
    expect(() => model.fc1.weight.data).toThrow(
      'fc1.weight: wanted initialized numbers, got none; call nn.initialize(model, seed) first',
    )
    expect(() => {
      model.fc1.weight.data = new Float32Array(3)
    }).toThrow('fc1.weight: wanted 2 numbers of float32, got 3 in Float32Array')
    expect(() => {
      model.fc1.weight.data = new Float64Array(2)
    }).toThrow('fc1.weight: wanted 2 numbers of float32, got 2 in Float64Array')
  })

  test('live inside a trace: a read after an assignment sees it', () => {
    const v = new Variable([])
    expect(() => v.value).toThrow(
      'Variable.value: wanted a step being traced, got none; use it inside compile() or trace()',
    )
    const next = constant([1], [])
    const { reads, writes, result } = trace(() => {
      const before = v.value
      v.assign(next)
      return [before, v.value]
    })
    expect(result[1]).toBe(next)
    expect(reads.get(v)).toBe(result[0])
    expect(writes.get(v)).toBe(next)
    expect(() => trace(() => v.assign(constant([1, 2])))).toThrow(
      'variable: wanted float32 [], got float32 [2]',
    )
  })

  test('a trace that fails leaves nothing behind', () => {
    const v = new Variable([])
    expect(() =>
      trace(() => {
        v.assign(scalar(1))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(trace(() => v.value).result.op).toBe('Input')
  })

  test('a hyperparameter is a constant, or fed by the host', () => {
    expect(hyperparameter(0.1).op).toBe('Constant')
    const { scheduled, result } = trace(() => hyperparameter((step) => 1 / (step + 1), 'float32', 'rate'))
    expect(scheduled.get(result)!.value(3)).toBe(0.25)
  })
})
