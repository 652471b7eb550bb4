import { expect, test } from 'vitest'
import { variables } from '../../core/state.ts'
import { input } from '../../core/tensor.ts'
import { trace } from '../../core/variable.ts'
import { LayerNorm, RMSNorm } from './layer-norm.ts'

test.each([LayerNorm, RMSNorm])('without elementwiseAffine, %s has no weight and no bias', (Kind) => {
  const layer = new Kind([2, 3], { elementwiseAffine: false })
  expect([...variables(layer).keys()]).toEqual([])
  const { reads, result } = trace(() => layer.forward(input([4, 2, 3])))
  expect([reads.size, result.shape]).toEqual([0, [4, 2, 3]])
})

test('a layer normalization without a bias has only a weight', () => {
  expect([...variables(new LayerNorm(3, { bias: false })).keys()]).toEqual(['weight'])
  expect([...variables(new LayerNorm(3)).keys()]).toEqual(['weight', 'bias'])
})
