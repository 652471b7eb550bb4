import { describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { checkFactors, combinationsOf, type Factors, factorValueAt, factorValues } from './factor.ts'
import { prepare } from './run/prepared.ts'
import { define, type StudyOptions } from './study.ts'

const base = toy({ batchSize: 2, optimizer: sgd({ lr: 0.1, momentum: 0.5 }) })
const studyOf = (options: Partial<StudyOptions>) =>
  prepare(define({ experiment: base, factors: {}, ...options } as StudyOptions), base, 'study').space.factors
const drawn = (path: string, factors: Factors): unknown[] =>
  Array.from({ length: 1000 }, (_, i) => factorValueAt(path, factors[path]!, i / 1000))

describe('a range of a setting that takes whole numbers only', () => {
  const design = { type: 'random', trials: 9 } as const

  test.each(['batchSize', 'accumulate', 'threads'])('draws them for %s, each as often', (path) => {
    const values = drawn(path, studyOf({ factors: { [path]: { from: 4, to: 13 } }, design }))
    expect([...new Set(values)]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    expect(values.filter((value) => value === 4)).toHaveLength(100)
  })

  test('draws them from a logarithmic scale, in equal parts of the logarithm', () => {
    const values = drawn(
      'batchSize',
      studyOf({ factors: { batchSize: { from: 1, to: 64, scale: 'log' } }, design }),
    )
    expect(values.every(Number.isInteger)).toBe(true)
    expect([values[0], values.at(-1)]).toEqual([1, 64])
    const below = values.filter((value) => Number(value) < 8).length
    expect(below / 1000).toBeCloseTo(Math.log(7.5 / 0.5) / Math.log(64.5 / 0.5), 2)
  })

  test('has those of a count, without doubles', () => {
    const { batchSize } = studyOf({ factors: { batchSize: { from: 4, to: 16, count: 4 } } })
    expect(factorValues('batchSize', batchSize!)).toEqual([4, 8, 12, 16])
    const few = studyOf({ factors: { batchSize: { from: 1, to: 3, count: 9 } } })
    expect(factorValues('batchSize', few.batchSize!)).toEqual([1, 2, 3])
    expect(combinationsOf(few)).toBe(3)
  })

  test('ends where there are no more of them', () => {
    const factors = { batchSize: { from: 4, to: 6 } }
    expect(combinationsOf(studyOf({ factors, design }))).toBe(3)
    const trials = (n: number) => studyOf({ factors, design: { type: 'random', trials: n } })
    trials(9) // of three seeds each
    expect(() => trials(12)).toThrow(
      'study: wanted design.trials up to 9, all combinations with all seeds, got 12',
    )
  })

  test('is one of any numbers for other settings', () => {
    const { 'optimizer.momentum': momentum } = studyOf({
      factors: { 'optimizer.momentum': { from: 0, to: 1 } },
      design,
    })
    expect(factorValueAt('optimizer.momentum', momentum!, 0.25)).toBe(0.25)
    expect(combinationsOf({ 'optimizer.momentum': momentum! })).toBe(Infinity)
  })
})

describe('a range with a step', () => {
  test('has its multiples from the lower end on', () => {
    expect(factorValues('batchSize', { from: 4, to: 17, step: 4 })).toEqual([4, 8, 12, 16])
    expect(factorValues('a', { from: 0.1, to: 0.5, step: 0.1 })).toEqual([0.1, 0.2, 0.3, 0.4, 0.5])
    expect(factorValues('a', { from: 1, to: 4, integer: true, count: 2 })).toEqual([1, 4])
  })

  test.each<[object, string]>([
    [{ from: 1, to: 9, step: 2, count: 3 }, 'wanted count or step, not both, got [3,2]'],
    [{ from: 1, to: 9, step: 2, scale: 'log' }, `wanted step with the scale 'linear', got "log"`],
    [{ from: 0, to: 1, step: 1e-6 }, 'wanted step of at most 10000 values from 0 to 1, got 0.000001'],
    [{ from: 1, to: 9.5, integer: true }, 'wanted from, to and step as integers, got [1,9.5]'],
    [{ from: 1, to: 9, step: 0, integer: true }, 'wanted step as a number > 0, got 0'],
  ])('refuses %j', (range, message) => {
    expect(() => checkFactors({ a: range })).toThrow(`study: factors.a: ${message}`)
  })
})
