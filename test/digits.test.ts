import { expect, test } from 'vitest'
import { digits10x10 } from '../src/data/index.ts'
import { crossEntropy } from '../src/ops/index.ts'
import { sgd } from '../src/optim/index.ts'
import * as schedule from '../src/schedule/index.ts'
import { experiment, run } from '../src/train/index.ts'
import { ArticleNet } from './support/article-net.ts'

test('the article’s recipe reaches what it reaches in PyTorch, on seeds 0 to 4', async () => {
  const data = digits10x10()
  const last = async (seed: number) => {
    const setup = experiment({
      data,
      model: () => new ArticleNet(),
      loss: crossEntropy,
      optimizer: sgd({ lr: schedule.lambda(0.1, 'step / (step + 1)') }),
      batchSize: 64,
      epochs: 5,
      seed,
    })
    let result = { loss: Number.NaN, accuracy: Number.NaN }
    for await (const event of run(setup)) {
      if (event.type === 'epoch') result = { loss: event.validationLoss, accuracy: event.validationAccuracy! }
    }
    return result
  }
  const results = []
  for (const seed of [0, 1, 2, 3, 4]) results.push(await last(seed))
  for (const { accuracy } of results) expect(accuracy).toBeGreaterThanOrEqual(0.973)
  expect(results.reduce((sum, { loss }) => sum + loss / 5, 0)).toBeLessThanOrEqual(0.08)
})
