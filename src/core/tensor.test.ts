import { expect, test } from 'vitest'
import { input, node, topological } from './tensor.ts'

test('tensors are ordered inputs first, however deep', () => {
  let deep = input([1])
  for (let i = 0; i < 50_000; i++) deep = node('Neg', { inputs: [deep], shape: [1], dtype: 'float32' })
  const order = topological([deep])
  expect(order.length).toBe(50_001)
  expect(order[0]!.op).toBe('Input')
})
