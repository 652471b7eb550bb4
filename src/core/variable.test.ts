import { describe, expect, test } from 'vitest'
import { variables } from './state.ts'
import { constant, scalar } from './tensor.ts'
import { hyperparameter, trace, Variable } from './variable.ts'

describe('variables', () => {
  class Layer {
    readonly weight: Variable = new Variable([2], (r) => [r.uniform(), r.uniform()])
    readonly runningMean: Variable = new Variable([2])
  }

  test('keep names that are not in camel case, and the keys of plain objects', () => {
    class Imported {
      readonly Conv2D_w: Variable = new Variable([2])
      readonly W: Variable = new Variable([2])
      readonly dense_1_Kernel: Variable = new Variable([2])
      readonly inProjBias: Variable = new Variable([2])
      readonly byName: Record<string, Variable> = {
        moving_Mean: new Variable([2]),
        convKernel: new Variable([2]),
      }
    }
    expect([...variables(new Imported()).keys()]).toEqual([
      ...['Conv2D_w', 'W', 'dense_1_Kernel', 'in_proj_bias', 'byName.moving_Mean', 'byName.convKernel'],
    ])
  })

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
