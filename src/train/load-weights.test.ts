import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { toData } from '../core/dtype.ts'
import { Variable } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import { assignAll, assignSame, type LoadOptions } from './assign-weights.ts'
import { loadWeights } from './load-weights.ts'
import { type Stored, writeSafetensors } from './safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-weights-'))
afterAll(() => rmSync(folder, { recursive: true }))

const floats = (...numbers: number[]): Stored => ({
  dtype: 'float32',
  shape: [numbers.length],
  data: toData('float32', numbers),
})
const file = (tensors: Readonly<Record<string, Stored>>): string => {
  const path = join(folder, 'a.safetensors')
  writeFileSync(path, writeSafetensors(new Map(Object.entries(tensors))))
  return path
}

/** A backbone and a head, each a vector of two numbers. */
const model = () => ({
  backbone: { weight: new Variable([2]), bias: new Variable([2]) },
  head: new Variable([2]),
})
type Model = ReturnType<typeof model>
const values = ({ backbone, head }: Model): unknown[] =>
  [backbone.weight, backbone.bias, head].map((one) => (one.initialized ? [...one.data] : undefined))
const load = (tensors: Readonly<Record<string, Stored>>, options?: LoadOptions) => {
  const into = model()
  const report = loadWeights(into, file(tensors), options)
  return { ...report, values: values(into) }
}
const whole = { 'backbone.weight': floats(1, 2), 'backbone.bias': floats(3, 4), head: floats(5, 6) }

describe('all of a model', () => {
  test('is loaded by name', () => {
    const names = ['backbone.weight', 'backbone.bias', 'head']
    expect(load(whole)).toEqual({
      loaded: names,
      ignored: [],
      values: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    })
  })

  test.each([
    [{ 'backbone.weight': floats(1, 2) }, 'got none for backbone.bias and head; load a part of it with only'],
    [{ ...whole, fc: floats(1) }, 'got fc as well; load a part of it with only or prefix, or rename'],
    [
      { 'net.backbone.weight': floats(1, 2), 'net.backbone.bias': floats(1, 2), 'net.head': floats(1, 2) },
      'got none for backbone.weight, backbone.bias and head, and net.backbone.weight, net.backbone.bias and net.head ' +
        "as well; did you mean rename: { 'net.': '' }?",
    ],
    [
      { ...whole, head: floats(1, 2, 3), 'backbone.bias': floats(1) },
      'got backbone.bias as float32 [1] where it is float32 [2] and head as float32 [3] where it is float32 [2]; ' +
        "it is of another model; leave parts out with 'only'",
    ],
    [
      { ...whole, head: { dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) } as Stored },
      'got head as int32 [2] where it is float32 [2]',
    ],
    [
      Object.fromEntries(Array.from('abcdefgh', (name) => [name, floats(1)])),
      'and a, b, c, d and 4 more as well; load',
    ],
  ])('or nothing is, and all that does not fit is named at once (%#)', (tensors, message) => {
    const into = model()
    expect(() => loadWeights(into, file(tensors))).toThrow(message)
    expect(() => loadWeights(into, file(tensors))).toThrow(
      /^a\.safetensors: wanted the tensors of this model, got /,
    )
    expect(values(into)).toEqual([undefined, undefined, undefined])
  })

  test('comes from a file that exists', () => {
    expect(() => loadWeights(model(), join(folder, 'no.safetensors'))).toThrow(
      `${folder}/no.safetensors: wanted a file, got none; check the path`,
    )
  })
})

describe('a part of a model', () => {
  test('is never what happens to fit', () => {
    const some = { 'backbone.weight': floats(1, 2), fc: floats(9) }
    expect(() => load(some, { strict: false } as never)).toThrow(
      'loadWeights: wanted one of only, prefix, rename',
    )
    expect(() => load(some, { only: /^(backbone|fc)/ })).toThrow(
      'a.safetensors: wanted the tensors of this model, got none for backbone.bias, and fc as well; ' +
        'load a part of it with only or prefix, or rename',
    )
  })

  test('is what an expression matches', () => {
    const some = { ...whole, head: floats(1, 2, 3), fc: floats(9) }
    expect(load(some, { only: /^(?!head|fc)/ })).toEqual({
      loaded: ['backbone.weight', 'backbone.bias'],
      ignored: ['head', 'fc'],
      values: [[1, 2], [3, 4], undefined],
    })
    expect(() => load(some, { only: /^tail/ })).toThrow(
      'loadWeights: only: wanted an expression that matches the name of a variable, got /^tail/; ' +
        'the names are backbone.weight, backbone.bias and head',
    )
  })

  test('is what has a prefix in the file', () => {
    const some = { 'net.a.weight': floats(1, 2), 'net.a.bias': floats(3, 4), step: floats(1) }
    const rename = { 'a.': 'backbone.' }
    expect(load(some, { prefix: 'net.', only: 'backbone', rename })).toEqual({
      loaded: ['backbone.weight', 'backbone.bias'],
      ignored: ['step'],
      values: [[1, 2], [3, 4], undefined],
    })
    expect(() => load(some, { prefix: 'nte.' })).toThrow(
      "loadWeights: prefix: wanted the beginning of a tensor's name in the file, such as that of one of " +
        'net.a.weight, net.a.bias, step, got nte.',
    )
  })

  test('is what only names, whatever the file has for the rest', () => {
    const other = { ...whole, head: floats(1, 2, 3), fc: floats(9) }
    expect(load(other, { only: 'backbone' })).toMatchObject({
      ignored: ['head', 'fc'],
      values: [[1, 2], [3, 4], undefined],
    })
    expect(() => load({ head: floats(5, 6) }, { only: ['backbone.bias', 'head'] })).toThrow(
      'got none for backbone.bias;',
    )
    expect(() => load(other, { only: 'backbnoe' })).toThrow(
      'loadWeights: only: wanted a path of the model, such as one of backbone, head, got backbnoe; did you mean backbone?',
    )
  })
})

describe('other names', () => {
  const under = (start: string): Readonly<Record<string, Stored>> =>
    Object.fromEntries(Object.entries(whole).map(([name, tensor]) => [start + name, tensor]))

  test.each(['module.', '_orig_mod.', '_orig_mod.module.'])(
    'of PyTorch’s wrappers are known: %s',
    (start) => {
      expect(load(under(start)).loaded).toHaveLength(3)
      expect(() => load({ ...under(start), odd: floats(1) })).toThrow('odd as well')
    },
  )

  test('are given by a function, by whole names, and by beginnings', () => {
    expect(load(under('net.'), { rename: { 'net.': '' } }).loaded).toHaveLength(3)
    expect(load(under('net.'), { rename: (name) => name.slice(4) }).loaded).toHaveLength(3)
    const parts = { weight: floats(1, 2), bias: floats(3, 4) }
    expect(load(parts, { only: 'backbone', rename: { '': 'backbone.' } }).loaded).toHaveLength(2)
    const { head, ...rest } = whole
    expect(load({ ...rest, fc: head }, { rename: { fc: 'head' } }).loaded).toHaveLength(3)
  })

  test('that apply to nothing, or twice to one, are refused', () => {
    expect(() => load(whole, { rename: { 'bakbone.': '' } })).toThrow(
      'loadWeights: rename: wanted the name of a tensor of the file, or its beginning, such as one of ' +
        'backbone.weight, backbone.bias, head, got bakbone.',
    )
    expect(() => load(whole, { rename: () => 'head' })).toThrow(
      'loadWeights: rename: wanted a name for each tensor, got "head twice"',
    )
  })
})

test('types are rounded among floats and kept among integers', () => {
  const half = { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, 1e-300) } as const
  expect(load({ ...whole, head: half }).values[2]).toEqual([Math.fround(0.1), 0])
  const large = { ...half, data: Float64Array.of(0, 1e300) }
  expect(() => load({ ...whole, head: large })).toThrow('got numbers of head that float32 cannot hold')
  const counter = new Map([['n', new Variable([], undefined, { dtype: 'int32' })]])
  const stored = (n: bigint) =>
    new Map([['n', { dtype: 'int64', shape: [1], data: BigInt64Array.of(n) } as const]])
  assignAll(counter, stored(7n), 'a')
  expect(counter.get('n')!.data).toEqual(Int32Array.of(7))
  expect(() => assignAll(counter, stored(2n ** 32n), 'a')).toThrow('got numbers of n that int32 cannot hold')
  expect(() => assignSame(counter, stored(7n), 'a')).toThrow('got n as int64 [1] where it is int32 []')
})

test('a weight that is shared is loaded under one of its names, or under both if equal', () => {
  const tied = () => {
    const table = new nn.Embedding(2, 3)
    return { embed: table, out: { weight: table.weight } }
  }
  const rows = (first: number): Stored => ({
    dtype: 'float32',
    shape: [2, 3],
    data: Float32Array.of(first, 2, 3, 4, 5, NaN),
  })
  for (const tensors of [
    { 'embed.weight': rows(1), 'out.weight': rows(1) },
    { 'embed.weight': rows(1) },
    { 'out.weight': rows(1) },
  ]) {
    const into = tied()
    expect(loadWeights(into, file(tensors))).toEqual({
      loaded: ['embed.weight'],
      ignored: [],
    })
    expect(into.out.weight.data[0]).toBe(1)
  }
  expect(() => loadWeights(tied(), file({ 'embed.weight': rows(1), 'out.weight': rows(2) }))).toThrow(
    'a.safetensors: wanted the numbers of embed.weight for out.weight, which the model shares, got others; ' +
      'give the model a weight of its own for each',
  )
})

test('statistics without a counter of batches leave it as it is', () => {
  const bn = new nn.BatchNorm1d(1)
  const state = nn.stateFromKeras({
    gamma: Float32Array.of(2),
    beta: Float32Array.of(0),
    moving_mean: Float32Array.of(3),
    moving_variance: Float32Array.of(4),
  })
  const tensors = new Map(Object.entries(state).map(([name, data]) => [name, floats(...data)]))
  expect(assignAll(nn.variables(bn), tensors, 'keras').loaded).toHaveLength(4)
  expect([...nn.variables(bn)].map(([name, { data }]) => [name, Number(data[0])])).toEqual([
    ['weight', 2],
    ['bias', 0],
    ['running_mean', 3],
    ['running_var', 4],
    ['num_batches_tracked', 0],
  ])
  nn.variables(bn).get('num_batches_tracked')!.data = BigInt64Array.of(5n)
  assignAll(nn.variables(bn), tensors, 'keras')
  expect(nn.variables(bn).get('num_batches_tracked')!.data).toEqual(BigInt64Array.of(5n))
})
