import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { toData } from '../../core/dtype.ts'
import { Variable } from '../../core/variable.ts'
import { weightSources } from '../../core/weight-source.ts'
import { loadWeights } from '../load-weights.ts'
import { type Stored, writeSafetensors } from '../safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-weights-'))
afterAll(() => rmSync(folder, { recursive: true }))

const floats = (...numbers: number[]): Stored => ({
  dtype: 'float32',
  shape: [numbers.length],
  data: toData('float32', numbers),
})
const first = { 'backbone.weight': floats(1, 2), 'backbone.bias': floats(3, 4) }
const head = floats(5, 6)

describe('a model in several files', () => {
  const shards = {
    'backbone.weight': 'm-1.safetensors',
    'backbone.bias': 'm-1.safetensors',
    head: 'm-2.safetensors',
  }
  const put = (name: string, tensors: Readonly<Record<string, Stored>>): void =>
    writeFileSync(join(folder, name), writeSafetensors(new Map(Object.entries(tensors))))
  const loadIndex = (map: unknown, second: Readonly<Record<string, Stored>> = { head }) => {
    put('m-1.safetensors', first)
    put('m-2.safetensors', second)
    const index = join(folder, 'm.safetensors.index.json')
    writeFileSync(index, JSON.stringify({ metadata: { total_size: 24 }, weight_map: map }))
    const into = { backbone: { weight: new Variable([2]), bias: new Variable([2]) }, head: new Variable([2]) }
    return { ...loadWeights(into, index), into }
  }

  test('is loaded by its index', () => {
    const { into, loaded, ignored } = loadIndex(shards)
    expect([loaded, ignored]).toEqual([['backbone.weight', 'backbone.bias', 'head'], []])
    const { backbone } = into
    const values = [backbone.weight, backbone.bias, into.head].map(({ data }) => [...data])
    expect(values).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    const sums = ['m-1', 'm-2'].map((name) => {
      const file = `${name}.safetensors`
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')
      return { file, sha256 }
    })
    expect(weightSources(into)).toEqual(sums)
  })

  test.each<[string, unknown, Readonly<Record<string, Stored>> | undefined, string]>([
    [
      'no map',
      undefined,
      undefined,
      'm.safetensors.index.json: wanted weight_map, which maps the name of each tensor to that of its file, got none; ' +
        'name the .safetensors file or its .index.json',
    ],
    [
      'a file elsewhere',
      { ...shards, head: '../m-2.safetensors' },
      undefined,
      'm.safetensors.index.json: wanted a .safetensors file beside it for head, got "../m-2.safetensors"',
    ],
    [
      'a file that is absent',
      { ...shards, head: 'm-3.safetensors' },
      undefined,
      'm-3.safetensors: wanted a file, got none; check the path',
    ],
    [
      'a tensor that is absent',
      shards,
      { heads: head },
      'm.safetensors.index.json: wanted head in m-2.safetensors, got none; the files are of different models',
    ],
    [
      'a tensor that the index places elsewhere',
      shards,
      { head, 'backbone.bias': floats(3, 4) },
      'm.safetensors.index.json: wanted m-2.safetensors with the tensors that the index places in it, ' +
        'got backbone.bias as well; the files are of different models',
    ],
  ])('is refused with %s', (_, map, second, message) => {
    expect(() => loadIndex(map, second)).toThrow(message)
  })
})
