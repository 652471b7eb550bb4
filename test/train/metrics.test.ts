import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as metrics from '../../src/train/metrics/index.ts'
import { Measures, type Metric, type Predictions } from '../../src/train/metrics/metric.ts'

const predict = (output: readonly number[], target: readonly number[]): Predictions => ({
  output: Float64Array.from(output),
  target: Int32Array.from(target),
  length: target.length,
})
const resultOf = (metric: Metric, output: readonly number[], target: readonly number[]) =>
  metric.result(metric.update(metric.initial, predict(output, target)))
const reasonOf = (metric: Metric, output: readonly number[], target: readonly number[]) =>
  metric.reason?.(metric.update(metric.initial, predict(output, target)))

describe('a metric', () => {
  const all: readonly Metric[] = [
    metrics.accuracy(),
    metrics.topK({ k: 2 }),
    metrics.precision(),
    metrics.recall({ average: 'none' }),
    metrics.f1({ average: 'weighted', zeroDivision: 'nan' }),
    metrics.rocAuc(),
    metrics.confusionMatrix(),
    metrics.perplexity(),
    metrics.averagePrecision({ zeroDivision: 'nan' }),
    metrics.calibrationError({ bins: 4, norm: 'l2' }),
    metrics.mcc(),
    metrics.cohenKappa({ weights: 'linear' }),
  ]

  test('gives the same number however the examples are cut, and leaves its states as they are', () => {
    const rows = fc.array(fc.tuple(fc.nat(2), fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3))), { minLength: 2 })
    fc.assert(
      fc.property(rows, fc.nat(), (examples, at) => {
        const cut = 1 + (at % (examples.length - 1))
        const part = (from: number, to: number): Predictions => {
          const some = examples.slice(from, to)
          return predict(
            some.flatMap(([, scores]) => scores),
            some.map(([label]) => label),
          )
        }
        for (const metric of all) {
          const first = metric.update(metric.initial, part(0, cut))
          const before = structuredClone([metric.initial, first])
          const both = metric.result(metric.update(first, part(cut, examples.length)))
          expect([metric.initial, first]).toEqual(before)
          expect(both).toEqual(metric.result(metric.update(metric.initial, part(0, examples.length))))
        }
      }),
    )
  })

  test('is what its spec says', () => {
    const specs = Object.fromEntries(all.map((metric, i) => [`m${i}`, metric.spec]))
    const again = metrics.parse(JSON.parse(JSON.stringify(specs)))
    expect(Object.values(again).map(({ spec }) => spec)).toEqual(all.map(({ spec }) => spec))
    expect(metrics.parse({ auc: 'rocAuc' }).auc!.spec).toEqual({ type: 'rocAuc', average: 'macro' })
    const numbers = metrics.parse({ a: 'rmse', b: { type: 'mape' } })
    expect(Object.values(numbers).map(({ spec }) => spec)).toEqual([{ type: 'rmse' }, { type: 'mape' }])
  })

  test('of numbers gives the same however the examples are cut', () => {
    const [output, target] = [0, 1].map((k) =>
      Float64Array.from({ length: 42 }, (_, i) => Math.sin(3 * i + k)),
    )
    for (const metric of [metrics.rmse(), metrics.mape(), metrics.mse()]) {
      const [whole, ...parts] = [14, 1, 5].map((size) => {
        let state = metric.initial
        for (let i = 0; i < 14; i += size) {
          const part = (all: Float64Array) => all.slice(3 * i, 3 * (i + size))
          const length = Math.min(size, 14 - i)
          state = metric.update(state, { output: part(output!), target: part(target!), length })
        }
        return metric.result(state)
      })
      expect(parts).toEqual([whole, whole])
    }
  })

  test('of equal scores takes the first, in top-k as in accuracy', () => {
    const scores = [1, 1, 0, 1, 1, 0]
    expect(resultOf(metrics.accuracy(), scores, [0, 1])).toBe(0.5)
    expect(resultOf(metrics.topK({ k: 1 }), scores, [0, 1])).toBe(0.5)
    expect(resultOf(metrics.topK({ k: 2 }), scores, [0, 1])).toBe(1)
    expect(resultOf(metrics.topK({ k: 1 }), [1, -1], [1, 1])).toBe(0.5)
  })

  test('of scores that are NaN calls nothing a hit that is none', () => {
    expect(resultOf(metrics.accuracy(), [Number.NaN, 1, 2], [2])).toBe(0)
    expect(resultOf(metrics.topK({ k: 2 }), [Number.NaN, 1, 2], [0])).toBe(0)
    expect(resultOf(metrics.rocAuc(), [Number.NaN, 1, 2], [0, 1, 1])).toBeNaN()
    expect(reasonOf(metrics.rocAuc(), [Number.NaN, 1, 2], [0, 1, 1])).toBe('rocAuc: a score is NaN')
  })

  test('tells scores apart whose softmax is 1 in float64', () => {
    // Log-odds 40, 50 and 60: e⁻⁴⁰ is lost beside 1.
    expect(resultOf(metrics.rocAuc(), [0, 40, 0, 50, 0, 60], [0, 1, 1])).toBe(1)
    expect(
      resultOf(metrics.rocAuc({ average: 'none' }), [40, 0, 0, 50, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 1, 2]),
    ).toEqual([1, 0.75, 1])
  })

  test('that is not defined says why', () => {
    expect(reasonOf(metrics.rocAuc(), [1, 2], [1, 1])).toBe(
      'rocAuc: every label is 1; it compares two classes',
    )
    expect(reasonOf(metrics.rocAuc(), [1, 2, 0, 1, 2, 0], [0, 1])).toBe('rocAuc: no example of class 2')
    expect(reasonOf(metrics.rocAuc(), [1, 2], [0, 1])).toBe(undefined)
    expect(reasonOf(metrics.f1({ zeroDivision: 'nan', average: 'none' }), [2, 1], [0])).toBe(
      'f1: 0/0, as zeroDivision asks',
    )
    expect(reasonOf(metrics.r2(), [1], [1])).toBe('r2: one example has no variance')
    const none: Metric[] = [metrics.averagePrecision(), metrics.calibrationError(), metrics.mcc()]
    for (const metric of [...none, metrics.cohenKappa(), metrics.rocAuc()]) {
      const ignored = metric.update(metric.initial, { ...predict([1, 2], [9]), ignoreIndex: 9 })
      expect(metric.result(ignored)).toBeNaN()
      expect(metric.reason!(ignored)).toBe(`${metric.spec.type}: no target counts`)
    }
    expect(reasonOf(metrics.cohenKappa(), [1, 2, 3, 4], [1, 1])).toBe(
      'cohenKappa: every label and prediction is 1; chance agrees as well',
    )
    expect(reasonOf(metrics.calibrationError(), [Number.NaN, 2], [1])).toBe(
      'calibrationError: a probability is NaN',
    )
    expect(resultOf(metrics.calibrationError(), [Number.NaN, 2], [1])).toBeNaN()
    expect(reasonOf(metrics.averagePrecision(), [Number.NaN, 1, 2], [0, 1, 1])).toBe(
      'averagePrecision: a score is NaN',
    )
  })

  test('of a class without examples follows zeroDivision in average precision', () => {
    const of = (zeroDivision: 0 | 1 | 'nan', average: 'macro' | 'none') =>
      resultOf(metrics.averagePrecision({ zeroDivision, average }), [3, 1, 0, 1, 3, 0], [0, 1])
    expect([of(0, 'none'), of(1, 'none'), of('nan', 'none')]).toEqual([
      [1, 1, 0],
      [1, 1, 1],
      [1, 1, Number.NaN],
    ])
    expect([of(0, 'macro'), of(1, 'macro'), of('nan', 'macro')]).toEqual([2 / 3, 1, 1])
    const empty = metrics.averagePrecision({ zeroDivision: 'nan' })
    expect(reasonOf(empty, [1, 2], [0, 0])).toBe('averagePrecision: 0/0, as zeroDivision asks')
    expect(reasonOf(empty, [3, 1, 0, 1, 3, 0], [0, 1])).toBe(undefined)
  })

  test('is better in one direction, unless it is a list', () => {
    const max = [
      'accuracy',
      'averagePrecision',
      'cohenKappa',
      'f1',
      'mcc',
      'precision',
      'r2',
      'recall',
      'rocAuc',
    ]
    const min = ['calibrationError', 'mae', 'mape', 'mse', 'perplexity', 'rmse']
    const goals = (types: readonly string[]) =>
      Object.values(metrics.parse(Object.fromEntries(types.map((type) => [type, type])))).map(
        ({ goal }) => goal,
      )
    expect(new Set(goals(max))).toEqual(new Set(['max']))
    expect(new Set(goals(min))).toEqual(new Set(['min']))
    expect(metrics.averagePrecision({ average: 'none' })).not.toHaveProperty('goal')
  })

  test('refuses what it cannot measure', () => {
    const wrong = (metric: Metric, output: readonly number[], target: readonly number[]) => () =>
      resultOf(metric, output, target)
    expect(wrong(metrics.f1(), [1, 2, 3], [0, 1])).toThrow(
      'f1: wanted a row of scores for each label, got 3 scores for 2 labels',
    )
    expect(wrong(metrics.f1(), [1, 2, 3, 4], [0, 2])).toThrow(
      'f1: wanted labels from 0 to 1, got 2; of numbers, measure train.metrics.mae()',
    )
    expect(wrong(metrics.mae(), [1, 2, 3, 4], [0, 1])).toThrow(
      'mae: wanted as many outputs as targets, got 2 and 1 an example; of classes, measure train.metrics.f1()',
    )
    expect(wrong(metrics.precision({ average: 'binary' }), [1, 2, 3], [0])).toThrow(
      "precision: wanted 2 classes for average: 'binary', got 3; use 'macro', 'micro', 'weighted' or 'none'",
    )
  })

  test('refuses options that it does not have', () => {
    expect(() => metrics.topK({ k: 0 })).toThrow('topK: wanted k as a positive integer, got 0')
    expect(() => metrics.f1({ averge: 'macro' } as never)).toThrow(
      'f1: wanted one of average, zeroDivision, multilabel, got averge; did you mean average?',
    )
    expect(() => metrics.f1({ average: 'mean' as never })).toThrow(
      "f1: wanted average as 'binary', 'micro', 'macro', 'weighted' or 'none', got \"mean\"",
    )
    expect(() => metrics.f1({ zeroDivision: 2 as never })).toThrow(
      "f1: wanted zeroDivision as 0, 1 or 'nan', got 2",
    )
    expect(() => metrics.calibrationError({ bins: 0 })).toThrow(
      'calibrationError: wanted bins as a positive integer, got 0',
    )
    expect(() => metrics.calibrationError({ bins: 1e9 })).toThrow(
      'calibrationError: wanted bins of at most 10000, got 1000000000',
    )
    expect(() => metrics.calibrationError({ norm: 'L1' as never })).toThrow(
      "calibrationError: wanted norm as 'l1', 'l2' or 'max', got \"L1\"",
    )
    expect(() => metrics.cohenKappa({ multilabel: true } as never)).toThrow(
      'cohenKappa: wanted one of weights, got multilabel',
    )
    expect(() => metrics.mcc({ multilabel: true })).toThrow('mcc: wanted no options, got multilabel')
    expect(() => metrics.mae({ squared: true })).toThrow('mae: wanted no options, got squared')
    expect(() => metrics.parse({ auc: 'rocauc' })).toThrow(
      /^metrics: wanted type as one of accuracy, .*, topK, got rocauc; did you mean rocAuc\?$/,
    )
    expect(() => metrics.parse([])).toThrow('metrics: wanted an object of metrics by name, got []')
    expect(() => metrics.parse({ auc: 1 })).toThrow('metrics: wanted a type or an object with one, got 1')
  })
})

test('several metrics of the same predictions give their results by name, and the reasons that some are NaN', () => {
  const measures = new Measures({ auc: metrics.rocAuc(), top1: metrics.topK({ k: 1 }) })
  measures.add(predict([1, 2], [1, 1]))
  expect(measures.results).toEqual({
    metrics: { auc: Number.NaN, top1: 1 },
    reasons: { auc: 'rocAuc: every label is 1; it compares two classes' },
  })
  measures.add(predict([-3], [0]))
  expect(measures.results).toEqual({ metrics: { auc: 1, top1: 1 } })
})
