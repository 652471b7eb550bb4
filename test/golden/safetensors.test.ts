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
  const net = loadWeights(new ArticleNet(), path('pytorch.safetensors'))
  const run = await compile({ x: { shape: [3, 100] } }, (given) => ({ y: net.forward(given.x, 'eval') }))
  expect(difference((await run({ x: Float32Array.from(x) })).y, y)).toBeLessThan(1e-5)
})

test('a file that PyTorch wrote is written here with the same tensors', () => {
  const tensors = readSafetensors(readFileSync(path('pytorch.safetensors')), 'pytorch')
  expect(readSafetensors(writeSafetensors(tensors), 'ours')).toEqual(tensors)
})
