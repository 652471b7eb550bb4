import { expect, test } from 'vitest'
import { toData } from '../../src/core/dtype.ts'
import { variables } from '../../src/core/state.ts'
import { tensors } from '../../src/data/index.ts'
import { loader } from '../../src/data/loader.ts'
import { crossEntropy, mseLoss } from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Task } from '../../src/train/index.ts'
import { difference, golden } from '../support/golden.ts'
import { TwoInTwoOut } from '../support/two-in-two-out.ts'

type Numbers = readonly number[]
interface Golden
  extends Readonly<Record<'image' | 'code' | 'kind' | 'price' | 'weight' | 'losses', Numbers>> {
  readonly initial: Readonly<Record<string, unknown>>
  readonly final: Readonly<Record<string, unknown>>
  readonly evaluation: Readonly<Record<'loss' | 'kind' | 'price' | 'accuracy', number>>
}

const { initial, final, losses, evaluation, image, code, kind, price, weight } = golden<Golden>('tensors')
const flat = (nested: unknown): number[] => [nested].flat(9) as number[]

test('a network of two inputs and two outputs trains as in PyTorch', async () => {
  const model = new TwoInTwoOut()
  const examples = tensors({
    x: {
      image: { data: Float64Array.from(image), shape: [2, 3] },
      code: { data: Int32Array.from(code), shape: [] },
    },
    y: { kind: { data: Int32Array.from(kind), classes: 3 }, price: Float64Array.from(price) },
  })
  for (const [name, variable] of variables(model)) {
    variable.toDType('float64')
    if (initial[name] !== undefined) variable.data = toData(variable.dtype, flat(initial[name]))
  }
  const task = new Task({
    model,
    data: examples,
    loss: { kind: (o, y) => crossEntropy(o, y, { weight }), price: { loss: mseLoss, weight: 0.1 } },
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    dtype: 'float64',
    threads: 1,
  })
  const found: number[] = []
  while (found.length < losses.length)
    for (const batch of loader(examples, { batchSize: 8 }).batches(0))
      if (found.length < losses.length) found.push(await task.step(batch))
  expect(difference(found, losses)).toBeLessThan(1e-10)
  for (const [name, wanted] of Object.entries(final))
    expect(difference(task.variables.get(name)!.data, flat(wanted)), name).toBeLessThan(1e-10)

  const { loss, metrics } = await task.evaluate(examples, { batchSize: 7 })
  const measured = [loss, metrics?.['kind.loss'], metrics?.['price.loss'], metrics?.['kind.accuracy']]
  const wanted = [evaluation.loss, evaluation.kind, evaluation.price, evaluation.accuracy]
  expect(difference(measured as number[], wanted)).toBeLessThan(1e-10)
})
