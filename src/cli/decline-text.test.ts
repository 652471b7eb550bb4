import { expect, test } from 'vitest'
import { declineText, type Score } from './decline-text.ts'

const best: Score = { value: 0.25, epoch: 4, trainLoss: 0.2 }
const worse = 'the last epoch is 20 % worse; --best makes eval, predict and export use the best one'

test('a training loss that falls for long after the best epoch is called overfitting, with advice', () => {
  expect(declineText(best, { value: 0.3, epoch: 19, trainLoss: 0.05 })).toEqual([
    worse,
    'the model overfits: in these 15 epochs, the train loss fell from 0.2 to 0.05;',
    'fewer epochs, more weight decay or dropout, a smaller model or more data help',
  ])
})

test.each([
  ['does not fall', { value: 0.3, epoch: 19, trainLoss: 0.195 }],
  ['falls in fewer than three epochs', { value: 0.3, epoch: 6, trainLoss: 0.05 }],
  ['falls in less than a tenth of the epochs', { value: 0.3, epoch: 104, trainLoss: 0.05 }, 95],
])('a training loss that %s is not', (_, last, epoch = 4) => {
  expect(declineText({ ...best, epoch }, last)).toEqual([worse])
})

test('a decline of less than 5 % is none', () => {
  expect(declineText(best, { value: 0.26, epoch: 19, trainLoss: 0.05 })).toEqual([])
})
