import { expect, test } from 'vitest'
import { variables } from '../core/state.ts'
import { input } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import { ReLU } from './activation.ts'
import { type Call, observe } from './observe.ts'
import { Residual } from './residual.ts'
import { Sequential } from './sequential.ts'

const model = new Sequential(new ReLU(), new Residual(new ReLU()))
const calls = (body: (seen: Call[]) => void): Call[] => {
  const seen: Call[] = []
  observe(
    model,
    (call) => seen.push(call),
    () => body(seen),
  )
  return seen
}

test('every call is told, inner ones first', () => {
  const x = input([2])
  const seen = calls(() => trace(() => model.forward(x, 'eval')))
  expect(seen.map(({ name }) => name)).toEqual(['0', '1.shortcut', '1.branch', '1', ''])
  expect(seen[0]!.inputs).toEqual([x, 'eval'])
  expect(seen[0]!.module).toBe(model[0])
})

test('nothing is left behind, even when the body throws', () => {
  variables(model) // from here on, the modules are followed: that stays
  const parts = [model, model[0]!, model[1]!]
  const before = parts.map(({ forward }) => forward)
  expect(() =>
    calls(() => {
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(parts.map(({ forward }) => forward)).toEqual(before)
})

test('observers nest', () => {
  const { forward } = model
  const outer = calls(() => void calls(() => trace(() => model.forward(input([2]), 'eval'))))
  expect(outer).toHaveLength(5)
  expect(model.forward).toBe(forward)
})
