import { expect, test } from 'vitest'
import { fromKeras, stateFromKeras } from './keras.ts'

test('Keras’s arguments become ours, its defaults included', () => {
  expect(fromKeras()).toEqual({ momentum: expect.closeTo(0.01, 12), eps: 1e-3, affine: true })
  expect(fromKeras({ momentum: 0.9, epsilon: 1e-5, center: false })).toEqual({
    momentum: expect.closeTo(0.1, 12),
    eps: 1e-5,
    affine: 'weight',
  })
  expect(fromKeras({ scale: false }).affine).toBe('bias')
  expect(fromKeras({ scale: false, center: false }).affine).toBe(false)
})

test('Keras’s state gets our names', () => {
  const numbers = Float32Array.of(1)
  expect(stateFromKeras({ gamma: numbers, moving_mean: numbers, moving_variance: numbers })).toEqual({
    weight: numbers,
    running_mean: numbers,
    running_var: numbers,
  })
})
