import { expect, test } from 'vitest'
import { constant, input, type Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { scan } from '../nn/scan.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { loopModel, stepModel, type Traced, traceStep } from './traced.ts'
import { writtenModel } from './written-models.ts'

const shape = [2]
const traced = (body: (x: Tensor) => Tensor, fixed = false): Traced =>
  traceStep({ x: { shape, fixed } }, ({ x }) => ({ y: body(x!) }))

test('equal graphs share their model; whatever the model depends on makes another', () => {
  const of = (factor: number) => traced((x) => mul(x, constant([factor, 3])))
  const first = writtenModel(of(2), false)
  expect(writtenModel(of(2), false)).toBe(first)
  expect(first).toEqual(stepModel(of(2)))
  const weight = new Variable(shape)
  const others: readonly [Traced, boolean][] = [
    [of(4), false],
    [of(-0), false],
    [of(0), false],
    [traced((x) => add(x, constant([2, 3]))), false],
    [traced((x) => mul(constant([2, 3]), x)), false],
    [traced((x) => mul(x, weight.value)), false],
    [of(2), true],
    [traced((x) => mul(x, constant([2, 3])), true), true],
    [traceStep({ x: { shape } }, ({ x }) => ({ z: mul(x!, constant([2, 3])) })), false],
  ]
  for (const [graph, looped] of others) {
    const model = writtenModel(graph, looped)
    expect(model).not.toBe(first)
    expect(model).toEqual(looped ? loopModel(graph) : stepModel(graph))
  }
})

test('graphs that differ only within the steps of a sequence have models of their own', () => {
  const steps = (factor: number, isSwapped = false): Traced =>
    traced((x) => {
      const [state, part] = [input([]), input([])]
      const { outputs } = scan({
        states: [constant([1], [])],
        sequences: [x],
        shared: [],
        backwards: false,
        step: {
          inputs: isSwapped ? [part, state] : [state, part],
          states: [part],
          outputs: [mul(part, constant([factor], []))],
        },
      })
      return outputs[0]!
    })
  const first = writtenModel(steps(2), false)
  expect(writtenModel(steps(2), false)).toBe(first)
  expect(writtenModel(steps(3), false)).not.toEqual(first)
  expect(writtenModel(steps(2, true), false)).toEqual(stepModel(steps(2, true)))
})
