import { expect, test } from 'vitest'
import { input } from '../../core/tensor.ts'
import { trace } from '../../core/variable.ts'
import { Derf, DyT } from './dynamic-tanh.ts'

test.each([DyT, Derf])('%s refuses inputs with other channels', (Kind) => {
  expect(() => trace(() => new Kind(3).forward(input([2, 4])))).toThrow(
    `${Kind.name}: wanted […, 3], got [2, 4]`,
  )
  expect(() => trace(() => new Kind(3, { channelsLast: false }).forward(input([2, 4, 3])))).toThrow(
    `${Kind.name}: wanted [batch, 3, …], got [2, 4, 3]`,
  )
})
