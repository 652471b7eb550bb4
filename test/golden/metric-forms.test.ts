import { expect, test } from 'vitest'
import type { Metric, MetricValue, Predictions } from '../../src/train/metrics/index.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { golden } from '../support/golden.ts'

type Value = number | null | readonly Value[]
interface Case {
  readonly form: string
  readonly dtype: 'int' | 'float'
  readonly output: readonly number[]
  readonly outputShape: readonly [number, ...number[]]
  readonly target: readonly number[]
  readonly targetShape: readonly number[]
  readonly wanted: Readonly<Record<string, Value>>
}

const cases = golden<readonly Case[]>('metric-forms')

/** Measures a case in batches of `size` examples. */
function measure(
  metric: Metric,
  { dtype, outputShape, targetShape, ...all }: Case,
  size: number,
): MetricValue {
  const [n, ...outputRest] = outputShape
  let state = metric.initial
  for (let from = 0; from < n; from += size) {
    const length = Math.min(size, n - from)
    const part = (data: readonly number[]): readonly number[] =>
      data.slice((from * data.length) / n, ((from + length) * data.length) / n)
    const predictions: Predictions = {
      output: Float64Array.from(part(all.output)),
      target: (dtype === 'int' ? Int32Array : Float64Array).from(part(all.target)),
      length,
      shapes: { output: [length, ...outputRest], target: [length, ...targetShape.slice(1)] },
      ...(dtype === 'int' && { ignoreIndex: -100 }),
    }
    state = metric.update(state, predictions)
  }
  return metric.result(state)
}

/** Greatest difference between a result and what it should be. */
function gap(actual: unknown, wanted: Value): number {
  if (wanted === null) return Number.isNaN(actual) ? 0 : Number.POSITIVE_INFINITY
  if (typeof wanted === 'number') return Math.abs((actual as number) - wanted)
  const list = actual as readonly unknown[]
  if (list.length !== wanted.length) return Number.POSITIVE_INFINITY
  return Math.max(...wanted.map((value, i) => gap(list[i], value)))
}

const of = (multilabel: boolean): Readonly<Record<string, Metric>> => ({
  precision: metrics.precision({ multilabel }),
  recall: metrics.recall({ average: 'weighted', multilabel }),
  f1: metrics.f1({ average: 'none', multilabel }),
  accuracy: metrics.accuracy({ multilabel }),
  rocAuc: metrics.rocAuc({ multilabel }),
  averagePrecision: metrics.averagePrecision({ multilabel }),
  ...(multilabel
    ? {
        micro: metrics.f1({ average: 'micro', multilabel }),
        weightedAuc: metrics.rocAuc({ average: 'weighted', multilabel }),
        weightedPrecision: metrics.averagePrecision({ average: 'weighted', multilabel }),
      }
    : {
        topK: metrics.topK({ k: 2 }),
        confusion: metrics.confusionMatrix(),
        perplexity: metrics.perplexity(),
        calibrationError: metrics.calibrationError(),
        cohenKappa: metrics.cohenKappa({ weights: 'quadratic' }),
        mcc: metrics.mcc(),
      }),
})

test.each([...new Set(cases.map(({ form }) => form))])(
  'metrics of targets in the form of %s are those of scikit-learn and torchmetrics',
  (form) => {
    const wrong: string[] = []
    for (const one of cases.filter((one) => one.form === form)) {
      const measured = of('micro' in one.wanted)
      expect(Object.keys(measured).sort()).toEqual(Object.keys(one.wanted).sort())
      for (const [name, metric] of Object.entries(measured)) {
        for (const size of [100, 3]) {
          const value = measure(metric, one, size)
          const wanted = one.wanted[name]!
          if (!(gap(value, wanted) <= 1e-10)) wrong.push(`${name}: ${JSON.stringify([value, wanted])}`)
        }
      }
    }
    expect(wrong).toEqual([])
  },
)
