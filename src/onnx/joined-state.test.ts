import { expect, test } from 'vitest'
import { input, type Tensor, topological } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { adamw, lion, type Optimizer, rmsprop, sgd } from '../optim/index.ts'
import { compile } from '../runtime/compile.ts'
import { joinState } from './joined-state.ts'

const carriedBy = (parts: readonly Tensor[], written: readonly Tensor[]) =>
  new Map(parts.map((read, i) => [`v${i}`, { read, written: written[i]! }]))

/** Splits a vector of 5 elements into 2 and 3, as one operator. */
const split = (whole: Tensor): Tensor[] =>
  [2, 3].map((size, index) => ({
    ...ops.slice(whole, [[0, size]]),
    op: 'Split',
    inputs: [whole],
    output: { index, count: 2 },
  }))

test('a loop carries joined values as one, and a value that is also read alone beside them', () => {
  const parts = [input([2]), input([3])]
  const whole = ops.concat(parts)
  const written = split(ops.mul(whole, 2))
  const joined = joinState({
    carried: carriedBy(parts, written),
    outputs: new Map([['sum', ops.sum(whole)]]),
  })
  expect([...joined.carried.keys()]).toEqual(['whole:v0'])
  expect(topological([...joined.outputs.values()]).some(({ op }) => op === 'Concat')).toBe(false)

  const beside = joinState({ carried: carriedBy(parts, written), outputs: new Map([['first', parts[0]!]]) })
  expect([...beside.carried.keys()]).toEqual(['v0', 'whole:v0'])
})

test('values that a step joins in another order than it writes them, or leaves unsplit, are carried one by one', () => {
  const parts = [input([2]), input([3])]
  const whole = ops.concat(parts)
  for (const written of [split(ops.mul(ops.concat([...parts].reverse()), 2)).reverse(), parts]) {
    const { carried } = joinState({ carried: carriedBy(parts, written), outputs: new Map([['y', whole]]) })
    expect([...carried.keys()]).toEqual(['v0', 'v1'])
  }
})

/** Trains six steps with `perCall` steps a call. @returns all weights and optimizer state */
async function trained(optimizer: Optimizer, perCall: number): Promise<Record<string, number[]>> {
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.ReLU(),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 2),
  )
  nn.initialize(model, 1)
  const rule = optimizer.attach(nn.variables(model))
  const step = await compile(
    { x: { shape: [8, 3] }, y: { shape: [8], dtype: 'int32' } },
    ({ x, y }) => {
      const loss = ops.crossEntropy(model.forward(x, 'train'), y)
      return { loss, norm: rule.minimize(loss, true).gradientNorm }
    },
    { loop: true },
  )
  for (let at = 0; at < 6; at += perCall) {
    const x = Float32Array.from({ length: perCall * 24 }, (_, i) => Math.sin(at * 24 + i))
    await step({ x, y: Int32Array.from({ length: perCall * 8 }, (_, i) => i % 2) }, at)
  }
  const all = new Map([...nn.variables(model), ...rule.state])
  return Object.fromEntries(
    [...all].map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
  )
}

const average = { type: 'ema' } as const
const lr = (step: number): number => step / 10

test.each<[string, Optimizer]>([
  ['AdamW', adamw({ lr })],
  ['AdamW with an average', adamw({ lr, average })],
  ['AdamW in two groups', adamw({ lr, groups: [{ match: 'bias', weightDecay: 0 }] })],
  ['RMSprop, clipped', rmsprop({ lr, clip: { norm: 0.1 } })],
  ['Lion', lion({ lr })],
  [
    'SGD with momentum and an average of statistics',
    sgd({ lr, momentum: 0.9, average: { ...average, batchNorm: 'average' } }),
  ],
  ['SGD', sgd({ lr, average })],
])('how many steps a call takes changes no bit of the state of %s', async (_, optimizer) => {
  const all = await trained(optimizer, 6)
  expect(all).toEqual(await trained(optimizer, 1))
  expect(all).toEqual(await trained(optimizer, 3))
})
