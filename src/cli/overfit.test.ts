import { expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { adam, sgd } from '../optim/index.ts'
import { printOverfit } from './overfit.ts'
import { trainCommand } from './train.ts'

const parts: string[] = []
const write = (text: string): void => void parts.push(text)
const output = { write, columns: 80, color: false, isTerminal: false }
const printed = (): string => parts.splice(0).join('')

const model = () => new nn.Sequential(new nn.Linear(2, 64), new nn.ReLU(), new nn.Linear(64, 3))

test('a model that memorizes a batch gets a curve and a verdict', async () => {
  await printOverfit(toy({ name: 'toy', model, optimizer: adam({ lr: 0.01 }) }), 12, output, undefined)
  const text = printed()
  expect(text).toMatch(/^toy · overfitting 12 examples in one batch\n\n/)
  expect(text).toContain('loss of the batch')
  expect(text).toMatch(/\nmemorized: loss 1\.\d+ to 0\.0\d+ in \d+ steps, 100 % predicted right\n$/)
  expect(text).not.toContain('warning')
})

test('a model that cannot memorize is an error with the likely cause, and a curve', async () => {
  const still = toy({ name: 'toy', model, optimizer: sgd({ lr: 0 }), steps: 20 })
  await expect(printOverfit(still, 1, output, undefined)).rejects.toThrow(
    /^overfit: wanted a loss of at most 0\.0\d+ on 1 example, got \d\.\d+ after 20 steps; no step changed a weight: the rate is 0 at every step$/,
  )
  expect(printed()).toContain('loss of the batch')
  await expect(printOverfit(still, 2, output, true)).rejects.toThrow('overfit: wanted a loss')
  expect(JSON.parse(printed())).toMatchObject({ memorized: false, examples: 2, steps: 20 })
})

test('a model whose evaluation differs from its training is warned of', async () => {
  const other = (): nn.Module => {
    const net = model()
    return {
      net,
      forward: (x: Tensor, mode: nn.Mode) => net.forward(mode === 'train' ? x : ops.neg(x), mode),
    } as never
  }
  await printOverfit(toy({ model: other, optimizer: adam({ lr: 0.01 }) }), 12, output, undefined)
  expect(printed()).toMatch(
    /\nwarning: in evaluation mode the loss is \d+(\.\d+)?: running statistics or averaged weights lag behind, or forward ignores its mode\n$/,
  )
})

test('options about the folder of a run are refused, and numbers that are none', async () => {
  const train = (...args: string[]) =>
    trainCommand(output)
      .exitOverride()
      .configureOutput({ outputError: () => {} })
      .parseAsync(['examples/digits.ts', ...args], { from: 'user' })
  const without = (option: string): string =>
    `train: wanted --overfit without --${option}, got both; it trains no model to store or measure`
  await expect(train('--overfit', '8', '--out', 'x')).rejects.toThrow(without('out'))
  await expect(train('--overfit', '8', '--test')).rejects.toThrow(without('test'))
  await expect(train('--overfit', '8', '--best')).rejects.toThrow(without('best'))
  await expect(train('--overfit', '0')).rejects.toThrow('wanted a positive integer, got 0')
})
