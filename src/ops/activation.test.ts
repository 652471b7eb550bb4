import { expect, test } from 'vitest'
import { gradients } from '../core/grad.ts'
import { compile } from '../runtime/compile.ts'
import type { Device } from '../runtime/device.ts'
import { relu } from './activation.ts'
import { mul } from './arithmetic.ts'
import { sum } from './broadcast.ts'

// torch 2.13: torch.relu(x).backward(torch.full_like(x, 2)). A fraction replaces 2 only for x below 2 ** -127.
const x = Float32Array.of(0, -0, -1e-45, 2 ** -127, 2 ** -126, 1e-30, 0.5, 3e38, Infinity, -Infinity, -1)
const wanted = Float32Array.of(0, 0, 0, 2, 2, 2, 2, 2, 2, 0, 0)

test.each<[Device, 'float32' | 'float64']>([
  ['cpu', 'float32'],
  ['cpu', 'float64'],
  ['wasm', 'float32'],
])('the slope of relu is 0 or 1 down to the least numbers, on device %s in %s', async (device, dtype) => {
  const slopes = await compile(
    { x: { shape: [x.length], dtype } },
    ({ x }) => ({ dx: gradients(mul(sum(relu(x)), 2), [x])[0]! }),
    { device },
  )
  const { dx } = await slopes({ x: dtype === 'float64' ? Float64Array.from(x) : x })
  expect(Float32Array.from(dx, Number)).toEqual(wanted)
})
