import { describe, expect, test } from 'vitest'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import { initialize } from './initialize.ts'
import { TabularInput } from './tabular-input.ts'

// Two numbers, a category of 3, a number, a category of 4.
const categories = [0, 0, 3, 0, 4]
const rows = [
  [0.5, 1, 0, 2, 3],
  [1.5, -1, 2, 4, 0],
]

/** Returns the features of `rows`. */
async function features(input: TabularInput): Promise<number[][]> {
  const step = await compile({ x: { shape: [2, 5] } }, ({ x }: { x: Tensor }) => ({ y: input.forward(x) }))
  const { y } = await step({ x: Float32Array.from(rows.flat()) })
  const all = Array.from(y as Float32Array)
  return [all.slice(0, all.length / 2), all.slice(all.length / 2)]
}

describe('a row becomes features', () => {
  test('of which a category is one-hot, and a rare one only zeros', async () => {
    const input = new TabularInput({ categories }, { encode: 'one-hot' })
    expect([input.features, variables(input).size]).toEqual([8, 0])
    expect(await features(input)).toEqual([
      [0.5, 1, 0, 0, 2, 0, 0, 1],
      [1.5, -1, 0, 1, 4, 0, 0, 0],
    ])
  })

  test('of which a category is a learned vector, and a rare one zeros', async () => {
    const input = new TabularInput({ categories }, { embeddingDim: 2 })
    initialize(input, 0)
    expect([...variables(input).keys()]).toEqual(['embeddings.0.weight', 'embeddings.1.weight'])
    const [first, second] = input.embeddings.map(({ weight }) => Array.from(weight.data, Number))
    expect(await features(input)).toEqual([
      [0.5, 1, 0, 0, 2, ...second!.slice(6, 8)],
      [1.5, -1, ...first!.slice(4, 6), 4, 0, 0],
    ])
    expect(first!.slice(4, 6)).not.toContain(0)
  })

  test('whose vectors are as long as in fastai', () => {
    // fastai's emb_sz_rule: min(600, round(1.6 * n ** 0.56)).
    const lengths = [2, 3, 10, 100, 1000, 100_000].map((n) => new TabularInput({ categories: [n] }).features)
    expect(lengths).toEqual([2, 3, 6, 21, 77, 600])
  })

  test('unchanged, where all are numbers', async () => {
    const input = new TabularInput({ x: { shape: [5] } })
    expect([input.features, await features(input)]).toEqual([5, rows])
  })

  test('without a category that has no values', async () => {
    const input = new TabularInput({ categories: [0, 0, 1, 0, 1] }, { encode: 'one-hot' })
    expect([input.features, await features(input)]).toEqual([
      3,
      [
        [0.5, 1, 2],
        [1.5, -1, 4],
      ],
    ])
  })
})

test('what is no row is refused', () => {
  const made = (data: unknown, options = {}) => expect(() => new TabularInput(data as never, options))
  made({}).toThrow('TabularInput: wanted data of rows, such as split.train of a table, got {}')
  made(undefined).toThrow('TabularInput: wanted data of rows, such as split.train of a table, got nothing')
  made({ x: { shape: [1, 8, 8] } }).toThrow(
    'TabularInput: wanted data of rows, such as split.train of a table, got [1,8,8]',
  )
  made({ categories: [0, -1] }).toThrow(
    'TabularInput: wanted categories as a list of integers ≥ 0, got [0,-1]',
  )
  made({ categories: [1] }, { encode: 'one-hot' }).toThrow(
    'TabularInput: wanted a number, or a category with a value, got [1]',
  )
  made({ categories }, { encode: 'hash' }).toThrow(
    "TabularInput: wanted encode as 'embedding' or 'one-hot', got \"hash\"",
  )
  made({ categories }, { embeddingDim: 0 }).toThrow(
    'TabularInput: wanted embeddingDim as a positive integer, got 0',
  )
})

test('a batch of other rows is refused', async () => {
  const input = new TabularInput({ categories })
  const step = compile({ x: { shape: [2, 4] } }, ({ x }) => ({ y: input.forward(x) }))
  await expect(step).rejects.toThrow('TabularInput: wanted rows of [n, 5], got [2, 4]')
})
