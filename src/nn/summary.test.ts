import { expect, test } from 'vitest'
import { ArticleNet } from '../../test/support/article-net.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import { relu } from '../ops/activation.ts'
import { Embedding } from './embedding.ts'
import { Linear } from './linear.ts'
import type { Mode, Module } from './module.ts'
import { Residual } from './residual.ts'
import { Sequential } from './sequential.ts'
import { summary } from './summary.ts'

test('the article’s network as a table', () => {
  expect(`${summary(new ArticleNet(), [64, 100])}`).toBe(
    [
      'layer    kind         output     parameters      FLOPs',
      '(model)  ArticleNet   [64, 10]            0      6,400',
      'fc1      Linear       [64, 100]      10,100  1,286,400',
      'bn       BatchNorm1d  [64, 100]         200     12,800',
      'fc2      Linear       [64, 10]        1,010    128,640',
      'total                                11,310  1,434,240',
    ].join('\n'),
  )
})

test('what a module computes itself is its own, what inner ones compute is theirs', () => {
  const { layers } = summary(new Sequential(new Residual(new Linear(3, 3))), [2, 3])
  expect(layers.map(({ name, flops }) => [name, flops])).toEqual([
    ['', 0],
    ['0', 6], // the sum
    ['0.branch', 2 * 2 * 3 * 3 + 6],
    ['0.shortcut', 0],
  ])
})

test('a layer that is used twice works twice and is held once', () => {
  class Twice implements Module {
    readonly fc = new Linear(3, 3)
    readonly unused = new Linear(3, 3)
    forward(x: Tensor, _mode: Mode): Tensor {
      return this.fc.forward(relu(this.fc.forward(x)))
    }
  }
  const model = new Twice()
  const { layers, parameters, flops } = summary(model, [1, 3])
  expect(parameters).toBe(24)
  expect(flops).toBe(2 * 21 + 3)
  expect(layers.map(({ output }) => output)).toEqual([[1, 3], [1, 3], undefined])
  expect([...variables(model).values()].some((v) => v.initialized)).toBe(false)
})

test('integers may go in', () => {
  expect(summary(new Embedding(5, 2), [4, 3], { dtype: 'int64' }).layers[0]!.output).toEqual([4, 3, 2])
})
