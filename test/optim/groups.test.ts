/** Parameter groups that match nothing, and schedules given as text or JSON. */
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import { findLearningRate, taskOf } from '../../src/train/index.ts'
import { toy } from '../support/toy.ts'

test('a pattern that is a RegExp is refused, as it is no plain data', () => {
  expect(() => optim.sgd({ lr: 0.1, groups: [{ match: /^0/ as never }] })).toThrow(
    new ArgumentError('sgd: wanted match as the text of a regular expression, got "/^0/"; write \'^0\''),
  )
})

const net = (): nn.Module => nn.initialize(new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2)), 0)
const attached = (...groups: object[]) =>
  optim.sgd({ lr: 0.1, groups: groups as never }).attach(nn.variables(net()))

describe('a parameter group that matches nothing is refused', () => {
  const names = 'the names are 0.weight, 0.bias, 1.weight and 1.bias'
  const wanted = (i: number, rank = '') =>
    `sgd: wanted groups[${i}].match as an expression that matches the name of a trained weight${rank}, got`

  test.each([
    [[{ match: '^backbnoe', lr: 0 }], `${wanted(0)} "^backbnoe"; ${names}`],
    [
      [
        { match: 'bias', lr: 0 },
        { match: 'bn', lr: 0 },
      ],
      `${wanted(1)} "bn"; ${names}`,
    ],
    [[{ match: 'running_mean', lr: 0 }], `${wanted(0)} "running_mean"; ${names}`],
    [[{ match: '^0.weight', maxRank: 1, lr: 0 }], `${wanted(0, ' of rank 1 or less')} "^0.weight"; ${names}`],
  ])('%j', (groups, message) => {
    expect(() => attached(...groups)).toThrow(new ArgumentError(message))
  })

  test('before the first step of a run, with the first names of many', () => {
    const optimizer = optim.adamw({ lr: 0.1, groups: [{ match: 'fc3', lr: 0 }] })
    expect(() => taskOf(toy({ optimizer }))).toThrow(
      'adamw: wanted groups[0].match as an expression that matches the name of a trained weight, got "fc3"; ' +
        'the names are fc1.weight, fc1.bias, bn.weight, bn.bias, fc2.weight and fc2.bias',
    )
  })

  test('but not one that names a rank only, which is a rule for any model', () => {
    const plain = new nn.Sequential(new nn.Linear(2, 2, { bias: false }))
    const optimizer = optim.sgd({ lr: 0.1, groups: optim.noDecayOnNormAndBias() })
    expect(() => optimizer.attach(nn.variables(nn.initialize(plain, 0)))).not.toThrow()
  })

  test('nor one for layers that another normalization replaced', async () => {
    const optimizer = optim.sgd({ lr: 0.1, groups: [{ match: '^bn', lr: 0.05 }] })
    const replaced = toy({ optimizer, normalization: 'none' })
    expect(() => taskOf(replaced)).not.toThrow()
    expect((await findLearningRate(replaced, { steps: 60 })).suggestion).toBeGreaterThan(0)
    const typed = optim.sgd({ lr: 0.1, groups: [{ match: '^nb', lr: 0.05 }] })
    expect(() => taskOf(toy({ optimizer: typed, normalization: 'none' }))).toThrow('got "^nb"')
  })
})

describe("a schedule's text or JSON is parsed when the option is read", () => {
  const text = 'cosine 0.1 to 0 over 100'
  const made = schedule.parse(text)
  const lrOf = (lr: schedule.ScheduleLike) => (optim.sgd({ lr }).spec as { lr: schedule.Schedule }).lr

  test('as a rate', () => {
    for (const lr of [text, made, made.spec, { ...made.spec }]) {
      expect(lrOf(lr).spec).toEqual(made.spec)
      expect(optim.sgd({ lr }).attach(nn.variables(net())).lr(50)).toBeCloseTo(0.05, 15)
    }
  })

  test('in every other option, group, clipping and average', () => {
    const spec = optim.adamw({
      lr: text,
      beta1: text,
      weightDecay: text,
      groups: [{ maxRank: 1, lr: text }],
      clip: { norm: 'linear 1 to 2 over 5' },
      average: { type: 'ema', decay: text },
    }).spec
    const texts = JSON.stringify(spec, (_, v) => (schedule.isSchedule(v) ? `<${schedule.format(v)}>` : v))
    const found = texts.match(/<[^>]*>/g)!.sort()
    expect(found).toEqual([...Array(5).fill(`<${text}>`), '<linear 1 to 2 over 5>'])
  })

  test('a slip is told at once', () => {
    expect(() => optim.sgd({ lr: 'cosin 0.1' })).toThrow('got cosin')
    expect(() => optim.sgd({ lr: '0.1' })).toThrow(
      'sgd: wanted lr as a number ≥ 0 or a schedule, got "0.1"; write 0.1 without quotes',
    )
    expect(() => new nn.Dropout('linear 0.5 to')).toThrow("a number after 'to'")
    expect(() => new nn.BatchNorm1d(2, { momentum: 'cosin 0.1' })).toThrow('got cosin')
  })
})
