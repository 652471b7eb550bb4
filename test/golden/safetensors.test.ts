import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compile } from '../../src/runtime/compile.ts'
import { loadWeights, readSafetensors, writeSafetensors } from '../../src/train/index.ts'
import { ArticleNet } from '../support/article-net.ts'
import { difference } from '../support/golden.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

test('weights that PyTorch wrote make the same outputs here', async () => {
  const { x, y } = JSON.parse(readFileSync(path('pytorch.json'), 'utf8'))
  const net = new ArticleNet()
  loadWeights(net, path('pytorch.safetensors'))
  const run = await compile({ x: { shape: [3, 100] } }, (given) => ({ y: net.forward(given.x, 'eval') }))
  expect(difference((await run({ x: Float32Array.from(x) })).y, y)).toBeLessThan(1e-5)
})

test('a file that PyTorch wrote is written here with the same tensors', () => {
  const tensors = readSafetensors(readFileSync(path('pytorch.safetensors')), 'pytorch')
  expect(readSafetensors(writeSafetensors(tensors), 'ours')).toEqual(tensors)
})

test('numbers of every element type are those that PyTorch reads', () => {
  const texts: Record<string, string[]> = JSON.parse(readFileSync(path('types.json'), 'utf8'))
  const tensors = readSafetensors(readFileSync(path('types.safetensors')), 'types')
  expect([...tensors.keys()].sort()).toEqual(Object.keys(texts).sort())
  const value = (text: string): number =>
    Number({ True: 1, False: 0, inf: Infinity, '-inf': -Infinity, nan: NaN }[text] ?? text)
  for (const [name, { dtype, data }] of tensors) {
    const wanted = texts[name]!
    if (dtype === 'int64') expect([...data].map(String)).toEqual(wanted)
    else expect([...data].map(Number)).toEqual(wanted.map(value))
  }
  const types = Object.fromEntries([...tensors].map(([name, { dtype }]) => [name, dtype]))
  expect([types.F16, types.BF16, types.uint8, types.uint32]).toEqual(['float32', 'float32', 'int32', 'int64'])
})
