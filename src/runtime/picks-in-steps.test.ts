import { expect, test } from 'vitest'
import { exact } from '../../test/support/run-module.ts'
import { gradients } from '../core/grad.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from './compile.ts'
import { rolledSteps } from './portable.ts'
import { mapShortTables } from './short-tables.ts'
import { rootsOf, traceStep } from './traced.ts'

const [tokens, features, hidden, batch, length] = [7, 5, 4, 3, 16]
const spec = { index: { shape: [batch, length], dtype: 'int32' as const } }
const index = Int32Array.from({ length: batch * length }, (_, i) => (i * i) % tokens)

test.each([
  ['an LSTM', new nn.LSTM(features, hidden, { batchFirst: true }), [1]],
  ['a GRU, some of whose gates are apart', new nn.GRU(features, hidden, { batchFirst: true }), [2]],
  [
    'an LSTM in both directions',
    new nn.LSTM(features, hidden, { batchFirst: true, bidirectional: true }),
    [1, 1],
  ],
] as const)('the steps of %s pick their rows of the map of a short table', async (_, network, counts) => {
  const model = exact({ table: new nn.Embedding(tokens, features), network })
  const body =
    (outputOf: (x: Tensor) => Tensor) =>
    ({ index }: Record<string, Tensor>): Record<string, Tensor> => {
      const y = outputOf(model.table.forward(index!))
      const weights = [...nn.variables(model).values()].map((w) => w.value)
      return Object.fromEntries(
        [y, ...gradients(ops.sum(ops.square(y)), weights)].map((t, i) => [`y${i}`, t]),
      )
    }
  const rolled = body((x) => network.forward(x))
  const fast = await (await compile(spec, rolled, { threads: 1 }))({ index })
  const slow = await (
    await compile(
      spec,
      body((x) => network.unroll(x).output),
      { threads: 1 },
    )
  )({ index })
  expect(Object.keys(fast)).toEqual(Object.keys(slow))
  for (const [name, wanted] of Object.entries(slow)) {
    for (const [i, value] of Array.from(wanted, Number).entries())
      expect(fast[name]![i]).toBeCloseTo(value, 11)
  }

  const roots = mapShortTables(rolledSteps(rootsOf(traceStep(spec, rolled))))
  const picks = (roots: readonly Tensor[]): Tensor[] => topological(roots).filter(({ op }) => op === 'Gather')
  expect(picks(roots)).toEqual([])
  const bodies = new Map(topological(roots).flatMap(({ body }) => (body ? [[body.id, body.outputs]] : [])))
  const within = [...bodies.values()].map((outputs) => picks(outputs).length)
  expect(within.filter((n) => n > 0)).toEqual(counts)
})
