import { describe, expect, test } from 'vitest'
import type { Shape } from '../src/core/shape.ts'
import { constant, type Tensor } from '../src/core/tensor.ts'
import * as data from '../src/data/index.ts'
import * as nn from '../src/nn/index.ts'
import * as ops from '../src/ops/index.ts'
import * as optim from '../src/optim/index.ts'
import { compile } from '../src/runtime/compile.ts'
import * as train from '../src/train/index.ts'
import { collect, toy } from './support/toy.ts'

const messageOf = (call: () => Promise<unknown>): Promise<string> =>
  call().then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  )

/** Runs `body` on indices `i`; the table that it looks up has 3 rows of 2. */
async function look(
  indices: readonly number[],
  body: (i: Tensor, table: Tensor) => Tensor,
  { shape = [indices.length], dtype = 'int32', loop = false }: Partial<Looked> = {},
): Promise<string> {
  const table = constant([1, 2, 3, 4, 5, 6], [3, 2])
  const step = await compile({ i: { shape, dtype } }, ({ i }) => ({ y: body(i, table) }), { loop })
  const i = dtype === 'int32' ? Int32Array.from(indices) : BigInt64Array.from(indices, BigInt)
  return messageOf(() => step({ i }, 10))
}
interface Looked {
  readonly shape: Shape
  readonly dtype: 'int32' | 'int64'
  readonly loop: boolean
}

const column = (i: Tensor): Tensor => ops.reshape(i, [i.shape[0]!, 1])
const firstColumn = (table: Tensor): Tensor => ops.slice(table, [[], [0, 1]])
const lookups: readonly [name: string, what: string, size: number, body: (i: Tensor, t: Tensor) => Tensor][] =
  [
    ['embedding', 'an index', 3, (i, t) => ops.embedding(i, t)],
    ['gather', 'an index', 3, (i, t) => ops.gather(t, 0, column(i))],
    [
      'gather',
      'an index',
      2,
      (i, t) => ops.gather(ops.reshape(t, [1, 3, 2]), -1, ops.reshape(i, [1, i.shape[0]!, 1])),
    ],
    ['indexSelect', 'an index', 3, (i, t) => ops.indexSelect(t, 0, i)],
    ['take', 'an index', 6, (i, t) => ops.take(t, i)],
    ['scatterAdd', 'an index', 3, (i, t) => ops.scatterAdd(t, 0, column(i), firstColumn(t))],
    ['oneHot', 'a label', 3, (i) => ops.oneHot(i, 3)],
  ]

describe.each(lookups)('%s', (name, what, size, body) => {
  const wanted = (got: number, at: string): string =>
    `${name}: wanted ${what} from 0 to ${size - 1}, got ${got} at ${at}`

  test.each(['int32', 'int64'] as const)(
    'refuses an %s beyond either end, and takes those in range',
    async (dtype) => {
      expect(await look([0, 1, size - 1], body, { dtype })).toBe('nothing was thrown')
      for (const bad of [-1, size]) {
        expect(await look([0, 1, bad], body, { dtype })).toBe(wanted(bad, 'example 2 of i'))
      }
    },
  )

  test('refuses what the graph computes', async () => {
    for (const bad of [-1, size]) {
      expect(await look([0, 0, bad - 1], (i, t) => body(ops.add(i, 1), t))).toContain(
        `from 0 to ${size - 1}, got ${bad} at `,
      )
    }
    expect(await look([-1, 0, size - 2], (i, t) => body(ops.add(i, 1), t))).toBe('nothing was thrown')
  })
})

describe('an index out of range', () => {
  test('has its position in an example, and its step in a loop', async () => {
    const message = 'embedding: wanted an index from 0 to 2, got 7 at'
    const lookUp = (i: Tensor, t: Tensor): Tensor => ops.embedding(i, t)
    expect(await look([0, 1, 2, 0, 7, 0], lookUp, { shape: [2, 3] })).toBe(
      `${message} example 1 of i, position 1`,
    )
    expect(await look([0, 1, 2, 0, 7, 0], lookUp, { shape: [2], loop: true })).toBe(
      `${message} step 12, example 0 of i`,
    )
    const shifted = (i: Tensor, t: Tensor): Tensor => ops.embedding(ops.sub(i, 1), t)
    expect(await look([1, 1, 2, 1, 8, 1], shifted, { shape: [2], loop: true })).toBe(
      `${message} step 12, example 0`,
    )
  })

  test('is found where the graph takes it from floats, or cuts it out of a table', async () => {
    const step = await compile({ x: { shape: [2, 3] } }, ({ x }) => {
      const kind = ops.cast(ops.reshape(ops.slice(x, [[], [2, 3]]), [2]), 'int64')
      return { y: ops.embedding(kind, constant([1, 2, 3], [3, 1])) }
    })
    expect((await step({ x: Float32Array.of(9, 9, 1, 9, 9, 2) })).y).toEqual(Float32Array.of(2, 3))
    const wanted = 'embedding: wanted an index from 0 to 2, got'
    expect(await messageOf(() => step({ x: Float32Array.of(9, 9, 1, 9, 9, 3) }))).toBe(
      `${wanted} 3 at example 1`,
    )
    expect(await messageOf(() => step({ x: Float32Array.of(9, 9, -1, 9, 9, 0) }))).toBe(
      `${wanted} -1 at example 0`,
    )
  })

  test('that is a constant is refused while the step is traced', () => {
    const table = constant([1, 2, 3], [3, 1])
    const index = constant([0, -1], [2], 'int64')
    expect(() => ops.indexSelect(table, 0, index)).toThrow(
      'indexSelect: wanted an index from 0 to 2, got -1 at position 1 of a constant',
    )
  })

  test('names its layer, and changes nothing', async () => {
    const model = nn.initialize({ tokens: new nn.Embedding(3, 2), count: new nn.BatchNorm1d(2) }, 0)
    const before = [...nn.variables(model).values()].map(({ data }) => data)
    const optimizer = optim.adam({ lr: 0.1 }).attach(nn.variables(model))
    const step = await compile({ i: { shape: [4], dtype: 'int32' } }, ({ i }) => {
      const y = model.count.forward(model.tokens.forward(i), 'train')
      optimizer.minimize(ops.mean(ops.square(y)))
      return {}
    })
    expect(await messageOf(() => step({ i: Int32Array.of(0, 1, 2, -1) }))).toBe(
      'tokens (Embedding): embedding: wanted an index from 0 to 2, got -1 at example 3 of i',
    )
    const after = [...nn.variables(model).values()].map(({ data }) => data)
    expect(after.every((data, i) => data === before[i])).toBe(true)
  })

  test('of what argMax, topK or a sum in range gives needs no check', async () => {
    const step = await compile({ x: { shape: [2, 3] } }, ({ x }) => {
      const best = ops.argMax(x, 1)
      const table = constant([1, 2, 3, 4], [4, 1])
      return { y: ops.add(ops.embedding(best, table), ops.embedding(ops.add(best, 1), table)) }
    })
    expect((await step({ x: Float32Array.of(0, 1, 0, 0, 0, 1) })).y).toEqual(Float32Array.of(5, 7))
  })

  test.each([
    [[1, 0], 'got 0 at example 1 of n'],
    [[4, 2], 'got 4 at example 0 of n'],
  ])('holds for the lengths of sequences: %j', async (lengths, wanted) => {
    const gru = nn.initialize({ gru: new nn.GRU(2, 2) }, 0).gru
    const step = await compile(
      { x: { shape: [3, 2, 2] }, n: { shape: [2], dtype: 'int32' } },
      ({ x, n }) => ({
        y: gru.forward(x, 'eval', { lengths: n }),
      }),
    )
    const x = new Float32Array(12)
    expect(await messageOf(() => step({ x, n: Int32Array.of(3, 1) }))).toBe('nothing was thrown')
    expect(await messageOf(() => step({ x, n: Int32Array.from(lengths) }))).toBe(
      `gru (GRU): wanted a length from 1 to 3, ${wanted}`,
    )
  })
})

describe('a label that is no class', () => {
  const [plain, given] = ['number the classes from 0', 'number the classes from 0, or give ignoreIndex']
  const losses: [wanted: string, fix: string, loss: train.TaskOptions['loss']][] = [
    ['crossEntropy: wanted a label from 0 to 2', given, ops.crossEntropy],
    [
      'crossEntropy: wanted a label from 0 to 2',
      given,
      (o, y) => ops.crossEntropy(o, y, { labelSmoothing: 0.1 }),
    ],
    [
      'crossEntropy: wanted a label from 0 to 2 or 9',
      plain,
      (o, y) => ops.crossEntropy(o, y, { ignoreIndex: 9 }),
    ],
    ['nllLoss: wanted a label from 0 to 2', given, (o, y) => ops.nllLoss(ops.logSoftmax(o), y)],
    ['multiMarginLoss: wanted a label from 0 to 2', plain, ops.multiMarginLoss],
  ]
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i))
  const labels = (bad: number): Int32Array => Int32Array.of(0, 1, 2, 0, 1, bad, 0, 1, 2, 0, 1, 2)
  const make = (loss: train.TaskOptions['loss'], more: Partial<train.TaskOptions> = {}) => {
    const examples = data.dataset({ x, y: labels(2) })
    const model = new nn.Sequential(new nn.Linear(2, 3))
    return {
      examples,
      task: new train.Task({ model, loss, optimizer: optim.adam({ lr: 0.1 }), data: examples, ...more }),
    }
  }

  test.each(losses)('%s: a step refuses it and changes nothing', async (message, fix, loss) => {
    const { task } = make(loss)
    await task.step({ x, y: labels(2), length: 12 })
    const before = train.writeSafetensors(new Map([...task.variables, ...task.optimizerState]))
    for (const bad of [-1, 3]) {
      const step = () => task.step({ x, y: labels(bad), length: 12 })
      expect(await messageOf(step)).toBe(`${message}, got ${bad} at step 1, example 5 of y; ${fix}`)
    }
    expect(train.writeSafetensors(new Map([...task.variables, ...task.optimizerState]))).toEqual(before)
    expect(task.steps).toBe(1)
    await task.step({ x, y: labels(2), length: 12 })
  })

  test('is not skipped as a batch that is not finite', async () => {
    const { task } = make(ops.nllLoss, { nonFinite: 'skip' })
    expect(await messageOf(() => task.step({ x, y: labels(3), length: 12 }))).toContain('got 3 at step 0')
  })

  test.each([1, 3])(
    'is named by its number in the data set, with accumulate %i and in evaluation',
    async (accumulate) => {
      const { task, examples } = make(ops.crossEntropy, { accumulate })
      examples.y.data[7] = -1
      const batches = data.loader(examples, { batchSize: 6, seed: 0 })
      const learning = async () => {
        for (const stack of batches.stacks(0, () => 2)) await task.learn(stack, 6)
      }
      const message =
        'crossEntropy: wanted a label from 0 to 2, got -1 at example 7 of the data; number the classes from 0, or give ignoreIndex'
      expect(await messageOf(learning)).toBe(message)
      expect(await messageOf(() => task.evaluate(examples, { batchSize: 5 }))).toBe(message)
    },
  )

  test('is named by its number in the batch where the examples have no numbers, with accumulate', async () => {
    const { task } = make(ops.crossEntropy, { accumulate: 4 })
    const y = labels(2).fill(-1, 7, 8)
    expect(await messageOf(() => task.step({ x, y, length: 12 }))).toContain(
      'got -1 at step 0, example 7 of y; ',
    )
    const computed = make((o, t) => ops.crossEntropy(o, ops.sub(ops.add(t, 1), 1)), { accumulate: 4 })
    expect(await messageOf(() => computed.task.step({ x, y, length: 12 }))).toContain(
      'at step 0, example 7; ',
    )
  })

  test('is found when a transform makes it', async () => {
    const relabel = { name: 'relabel', apply: ({ y }: { readonly y: Int32Array }) => void y.fill(3, 0, 1) }
    const setup = toy({ transform: [relabel as never], epochs: 1 })
    expect(await messageOf(() => collect(train.run(setup)))).toMatch(
      /^crossEntropy: wanted a label from 0 to 2, got 3 at step 0, example 0 of y; /,
    )
  })

  test('is found in labels of positions, each with its place', async () => {
    const step = await compile(
      { x: { shape: [2, 3, 2, 2] }, y: { shape: [2, 2, 2], dtype: 'int32' } },
      ({ x, y }) => ({
        loss: ops.crossEntropy(x, y, { ignoreIndex: -100 }),
      }),
    )
    const y = Int32Array.of(0, 1, 2, -100, 0, 1, 255, 0)
    expect(await messageOf(() => step({ x: new Float32Array(24), y }))).toBe(
      'crossEntropy: wanted a label from 0 to 2 or -100, got 255 at example 1 of y, position [1, 0]; number the classes from 0',
    )
  })

  test('is named by its number in the data set where the graph computes it', async () => {
    const { task, examples } = make((o, y) => ops.crossEntropy(o, ops.sub(ops.add(y, 1), 1)))
    examples.y.data[7] = 5
    const learning = async () => {
      for (const stack of data.loader(examples, { batchSize: 3, seed: 0 }).stacks(0, () => 4))
        await task.learn(stack, 3)
    }
    expect(await messageOf(learning)).toContain('got 5 at example 7 of the data')
  })

  test('is refused by data.oneHot', () => {
    const { examples } = make(ops.crossEntropy)
    examples.y.data[4] = -1
    expect(() => data.oneHot(examples)).toThrow('oneHot: wanted labels from 0 to 2, got -1; see example 4')
  })
})
