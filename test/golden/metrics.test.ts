import { describe, expect, test } from 'vitest'
import type { Metric, MetricValue, Predictions } from '../../src/train/metrics/index.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { golden } from '../support/golden.ts'

type Value = number | null | readonly Value[] | { readonly [key: string]: Value }
interface Golden {
  readonly classifiers: Readonly<Record<string, Classifier>>
  readonly regressions: Readonly<Record<string, Regression>>
}
interface Classifier {
  readonly labels: readonly number[]
  readonly scores: readonly (number | readonly number[])[]
  readonly wanted: Readonly<Record<string, Value>>
}
interface Regression {
  readonly target: readonly (number | readonly number[])[]
  readonly output: readonly (number | readonly number[])[]
  readonly wanted: Readonly<Record<string, Value>>
}

const { classifiers, regressions } = golden<Golden>('metrics')

const ratios = { precision: metrics.precision, recall: metrics.recall, f1: metrics.f1 }
const { mae, mape, mse, r2, rmse } = metrics
const errors = { mae, mape, mse, r2, rmse }
const names = Object.keys(errors) as (keyof typeof errors)[]

/** The metric of all examples, in batches of `size`. */
function measure(metric: Metric, { output, target, length }: Predictions, size: number): MetricValue {
  let state = metric.initial
  for (let i = 0; i < length; i += size) {
    const n = Math.min(size, length - i)
    const part = (data: Predictions['output']) => {
      const width = data.length / length
      return data.slice(i * width, (i + n) * width)
    }
    state = metric.update(state, { output: part(output), target: part(target), length: n })
  }
  return metric.result(state)
}

// Far from zero the mean alone has errors of 1e-10.
const tolerance = 1e-10

function agrees(actual: unknown, wanted: Value | undefined, what: string): void {
  if (Array.isArray(wanted)) {
    expect((actual as unknown[]).length, what).toBe(wanted.length)
    for (const [i, value] of wanted.entries()) agrees((actual as unknown[])[i], value, `${what} ${i}`)
  } else if (wanted === null) expect(actual, what).toBeNaN()
  else {
    expect(typeof wanted, what).toBe('number')
    const gap = Math.abs((actual as number) - (wanted as number)) / Math.max(1, Math.abs(wanted as number))
    expect(gap, `${what}: ${actual} is not ${wanted}`).toBeLessThan(tolerance)
  }
}

describe.each(Object.entries(classifiers))('%s, as scikit-learn', (_, { labels, scores, wanted }) => {
  const predictions: Predictions = {
    output: Float64Array.from(scores.flat()),
    target: Int32Array.from(labels),
    length: labels.length,
  }
  const check = (metric: Metric, value: Value | undefined): void => {
    for (const size of [1000, 7])
      agrees(measure(metric, predictions, size), value, JSON.stringify(metric.spec))
  }
  const at = (value: Value | undefined, key: string): Value | undefined =>
    (value as Readonly<Record<string, Value>>)[key]

  test.each(['precision', 'recall', 'f1'] as const)('%s, however averaged', (name) => {
    for (const zeroDivision of [0, 1, 'nan'] as const) {
      for (const average of ['micro', 'macro', 'weighted', 'none', 'binary'] as const) {
        const value = at(wanted[`${name}${zeroDivision}`], average)
        if (value !== undefined) check(ratios[name]({ average, zeroDivision }), value)
      }
    }
  })

  test('the confusion matrix, normalized or not', () => {
    check(metrics.confusionMatrix(), wanted['confusion-None'])
    check(metrics.confusionMatrix({ normalize: 'true' }), wanted['confusion-true'])
    check(metrics.confusionMatrix({ normalize: 'predicted' }), wanted['confusion-pred'])
    check(metrics.confusionMatrix({ normalize: 'all' }), wanted['confusion-all'])
  })

  test('ROC-AUC', () => {
    const { rocAuc } = wanted
    if (typeof rocAuc !== 'object' || rocAuc === null) return check(metrics.rocAuc(), rocAuc)
    for (const average of ['macro', 'weighted', 'none'] as const)
      check(metrics.rocAuc({ average }), at(rocAuc, average))
  })

  test('average precision', () => {
    const { averagePrecision } = wanted
    if (typeof averagePrecision === 'number') return check(metrics.averagePrecision(), averagePrecision)
    for (const average of ['macro', 'weighted', 'none'] as const)
      check(metrics.averagePrecision({ average }), at(averagePrecision, average))
  })

  test('the coefficients of Matthews and Cohen', () => {
    check(metrics.mcc(), wanted.mcc)
    for (const weights of ['none', 'linear', 'quadratic'] as const)
      check(metrics.cohenKappa({ weights }), at(wanted.cohenKappa, weights))
  })

  test('calibration error, as torchmetrics', () => {
    for (const bins of [15, 4]) {
      for (const norm of ['l1', 'l2', 'max'] as const)
        check(metrics.calibrationError({ bins, norm }), at(wanted.calibrationError, `${bins} ${norm}`))
    }
  })

  test('accuracy, top-k and perplexity', () => {
    check(metrics.accuracy(), wanted.accuracy)
    check(metrics.topK({ k: 1 }), wanted.accuracy)
    check(metrics.perplexity(), wanted.perplexity)
    for (const [i, value] of ((wanted.topK ?? []) as readonly Value[]).entries())
      check(metrics.topK({ k: i + 1 }), value)
  })
})

test.each(Object.entries(regressions))('errors of %s, as scikit-learn', (_, { target, output, wanted }) => {
  const predictions: Predictions = {
    output: Float64Array.from(output.flat()),
    target: Float64Array.from(target.flat()),
    length: target.length,
  }
  for (const name of names) {
    for (const size of [1000, 3]) agrees(measure(errors[name](), predictions, size), wanted[name], name)
  }
})
