import { expect, test } from 'vitest'
import { horizontalFlip } from './image-transforms.ts'
import {
  collect,
  loader,
  moments,
  normalize,
  onInput,
  split,
  subset,
  tensorStream,
  tensors,
} from './index.ts'

const d = tensors({
  x: { image: [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]], code: Int32Array.of(7, 8, 9) },
  y: { kind: { data: [0, 1, 0], classNames: ['a', 'b'] }, price: [1.5, 2.5, 3.5] },
})

test('tensors lie one after another in the row of an example', () => {
  expect(d).toMatchObject({
    length: 3,
    x: { shape: [4], dtype: 'float32', data: Float32Array.of(1, 2, 3, 7, 4, 5, 6, 8, 7, 8, 9, 9) },
    y: { shape: [2], dtype: 'float32', data: Float32Array.of(0, 1.5, 1, 2.5, 0, 3.5) },
  })
  expect(d.x.tensors).toEqual({
    image: { shape: [1, 3], dtype: 'float32' },
    code: { shape: [1], dtype: 'int32' },
  })
  expect(d.y.tensors!.kind).toEqual({ shape: [], dtype: 'int32', classes: 2, classNames: ['a', 'b'] })
  expect(subset(d, [2]).x).toEqual({ ...d.x, data: Float32Array.of(7, 8, 9, 9) })
})

test('one input is normalized or transformed, the others stay', () => {
  const parts = normalize(split(d, { validation: 1, seed: 0 }), { input: 'code' })
  expect(Array.from(parts.train.x.data, Number).filter((_, i) => i % 4 === 3)).toEqual([-1, 1])
  expect(parts.train.x.tensors!.code!.dtype).toBe('float32')
  const image3 = tensors({ x: { image: { data: d.x.data as Float32Array, shape: [1, 1, 4] } }, y: [0, 1, 0] })
  const always = onInput('image', { ...horizontalFlip(), apply: ({ x }) => void x.reverse() })
  const [batch] = loader(image3, { batchSize: 3, transform: always }).batches(0)
  expect(Array.from(batch!.x, Number).slice(0, 4)).toEqual([7, 3, 2, 1])
  expect(() => moments(d)).toThrow('moments: wanted input as one of image, code, got nothing')
  expect(() => moments(d, { input: 'cod' })).toThrow(
    'moments: wanted input as one of image, code, got cod; did you mean code?',
  )
  expect(() => loader(d, { batchSize: 1, transform: horizontalFlip() })).toThrow(
    "horizontalFlip: wanted a transform of one input, got data with several; give data.onInput('image', …), or the name of another",
  )
})

test('a stream of named tensors gives the same data set', async () => {
  const stream = tensorStream(
    function* () {
      for (let i = 0; i < 3; i++)
        yield {
          x: { image: [[3 * i + 1, 3 * i + 2, 3 * i + 3]], code: 7 + i },
          y: { kind: i % 2, price: 1.5 + i },
        }
    },
    {
      x: { image: { shape: [1, 3] }, code: { dtype: 'int32' } },
      y: { kind: { classNames: ['a', 'b'] }, price: {} },
    },
  )
  const { x, y, length } = await collect(stream)
  expect({ x, y, length }).toEqual({ x: d.x, y: d.y, length: 3 })
})

test('a stream refuses examples with other tensors than it has', async () => {
  const read = async (example: object): Promise<unknown> => {
    const stream = tensorStream(() => [example] as never, { x: { a: {} }, y: { b: { classes: 2 } } })
    return collect(stream)
  }
  await expect(read({ x: { a: 1 }, y: { b: 0 }, weight: 3 })).rejects.toThrow(
    'tensorStream: wanted x, y of example 0, got x, y, weight',
  )
  await expect(read({ x: { a: 1, c: 2 }, y: { b: 0 } })).rejects.toThrow(
    'tensorStream: wanted a in x of example 0, got a, c',
  )
  await expect(read({ x: { a: 1 } })).rejects.toThrow('tensorStream: wanted x, y of example 0, got x')
})

test('rows of float64 hold every int32', () => {
  const { x } = tensors({ x: { a: Float64Array.of(0.1), b: Int32Array.of(2 ** 31 - 1) }, y: [0] })
  expect(x.data).toEqual(Float64Array.of(0.1, 2 ** 31 - 1))
})

test('tensors that do not fit are refused by name', () => {
  const wrong = (x: object, y: object) => () => tensors({ x, y } as never)
  expect(wrong({ a: [1, 2], b: [1, 2, 3] }, { c: [0, 1] })).toThrow(
    'tensors: wanted 2 examples of x.b, as of y.c, got 3; check the shapes',
  )
  expect(wrong({ a: [1, 2] }, { a: [0, 1] })).toThrow(
    'tensors: wanted other names in y than in x, got a in both; rename one',
  )
  expect(wrong({ a: [1, 2] }, { b: null })).toThrow(
    'tensors: y.b: wanted numbers, { data, shape }, or a data set, got null',
  )
  expect(wrong({ 'a b': [1] }, { c: [0] })).toThrow(
    'tensors: wanted names of tensors of letters, digits and _, got "a b"',
  )
  expect(wrong({ a: Int32Array.of(2 ** 25), b: [1] }, [0])).toThrow(
    'tensors: wanted integers of a from -16777216 to 16777216 beside floats, got 33554432; renumber them from 0',
  )
})
