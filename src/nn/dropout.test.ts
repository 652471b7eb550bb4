import { expect, test } from 'vitest'
import type { Tensor } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import { Dropout } from './dropout.ts'
import { initialize } from './initialize.ts'
import type { Mode, Module } from './module.ts'

/** One layer, called twice. */
class Twice implements Module {
  readonly drop: Dropout

  constructor(options?: { readonly seed: number }) {
    this.drop = new Dropout(0.5, options)
  }

  forward(x: Tensor, mode: Mode): Tensor {
    return this.drop.forward(x, mode)
  }

  again(x: Tensor, mode: Mode): Tensor {
    return this.drop.forward(x, mode)
  }
}

async function masks(model: Twice, mode: Mode = 'train'): Promise<{ first: unknown; second: unknown }> {
  const run = await compile({ x: { shape: [64] } }, ({ x }) => ({
    first: model.forward(x, mode),
    second: model.again(x, mode),
  }))
  return (await run({ x: new Float32Array(64).fill(1) })) as never
}

test('masks belong to the seed of the weights', async () => {
  const zero = await masks(initialize(new Twice(), 0))
  expect(await masks(initialize(new Twice(), 0))).toEqual(zero)
  expect((await masks(initialize(new Twice(), 1))).first).not.toEqual(zero.first)
})

test('a seed of its own stays', () => {
  expect(initialize(new Twice({ seed: 7 }), 1).drop.seed).toBe(7)
  expect(initialize(initialize(new Twice(), 2), 1).drop.seed).toBe(2)
})

test('each call in a step draws a mask, and evaluation draws none', async () => {
  const { first, second } = await masks(initialize(new Twice(), 0))
  expect(second).not.toEqual(first)
  expect((await masks(initialize(new Twice(), 0), 'eval')).second).toEqual(new Float32Array(64).fill(1))
})
