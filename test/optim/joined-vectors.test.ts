import { expect, test } from 'vitest'
import { filled, Variable } from '../../src/core/variable.ts'
import * as ops from '../../src/ops/index.ts'
import { type Average, type Clip, type Optimizer, parse } from '../../src/optim/index.ts'
import { rules } from '../../src/optim/parse.ts'
import { compile } from '../../src/runtime/compile.ts'

const shapes = [[3], [2, 3], [4], [1], [5], [2], [], [2, 1, 3]]

/** Takes three steps on weights of several ranks, together or each with an optimizer. Returns all values by name. */
async function stepped(optimizer: Optimizer, together: boolean): Promise<Map<string, number[]>> {
  const weights = shapes.map((shape, k): [string, Variable] => {
    const w = new Variable(shape, filled(0))
    w.data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      Math.sin(7 * k + i + 1),
    )
    return [`w${k}`, w]
  })
  const lists = together ? [weights] : weights.map((one) => [one])
  const attached = lists.map((list) => optimizer.attach(new Map(list), undefined, true))
  const step = await compile({ x: { shape: [] } }, ({ x }) => {
    const losses = weights.map(([, { value }]) => ops.sum(ops.mul(ops.mul(value, value), x)))
    const loss = losses.reduce((a, b) => ops.add(a, b))
    for (const one of attached) one.minimize(loss)
    return { loss }
  })
  for (let k = 0; k < 3; k++) await step({ x: Float32Array.of(0.3 + 0.1 * k) }, k)
  const state = attached.flatMap((one) => [...one.state])
  return new Map([...weights, ...state].map(([name, { data }]) => [name, Array.from(data, Number)]))
}

const joining = rules.filter(({ elementwise }) => elementwise).map(({ type }) => type)

test('all rules but those that sum over weights or read their axes join small weights', () => {
  const others = rules.map(({ type }) => type).filter((type) => !joining.includes(type))
  expect(others).toEqual(['lars', 'lamb', 'muon', 'prodigy'])
})

const settings: readonly {
  readonly clip?: Clip
  readonly average?: Average
  readonly weightDecay?: number
}[] = [{ weightDecay: 0.01 }, { clip: { value: 0.1 } }, { clip: { adaptive: 0.01 } }]

test.each(joining)('%s updates small weights together to the bit as one by one', async (type) => {
  for (const given of settings) {
    const { weightDecay, ...shared } = given
    const own = weightDecay !== undefined && type !== 'adagrad' ? given : shared
    const optimizer = parse({ type, lr: 0.01, ...(type === 'sgd' && { momentum: 0.9 }), ...own })
    expect(await stepped(optimizer, true)).toEqual(await stepped(optimizer, false))
  }
})

test('averages of small weights are to the bit those of each', async () => {
  const optimizer = parse({ type: 'adamw', lr: 0.01, average: { type: 'ema', decay: 0.9 } })
  const found = await stepped(optimizer, true)
  expect(found).toEqual(await stepped(optimizer, false))
  expect([...found.keys()].filter((name) => name.startsWith('ema.'))).toHaveLength(shapes.length)
})
