import { mismatch, unknownName } from '../../core/mismatch.ts'
import { cohenKappa, mcc } from './agreement.ts'
import { averagePrecision } from './average-precision.ts'
import { calibrationError } from './calibration-error.ts'
import { confusionMatrix } from './confusion-matrix.ts'
import { f1, precision, recall } from './counts.ts'
import type { Metric, Metrics } from './metric.ts'
import { perplexity } from './perplexity.ts'
import { mae, mape, mse, r2, rmse } from './regression.ts'
import { rocAuc } from './roc-auc.ts'
import { accuracy, topK } from './top-k.ts'

const kinds: Readonly<Record<string, (options: never) => Metric>> = {
  accuracy,
  averagePrecision,
  calibrationError,
  cohenKappa,
  confusionMatrix,
  f1,
  mae,
  mape,
  mcc,
  mse,
  perplexity,
  precision,
  r2,
  recall,
  rmse,
  rocAuc,
  topK,
}

/**
 * Returns the metrics described by a JSON object, which maps a name for each metric to its type, or to an
 * object of type and options.
 *
 * @throws {ArgumentError} naming the first unknown type or wrong option.
 * @example parseMetrics({ auc: 'rocAuc', top3: { type: 'topK', k: 3 } })
 */
export function parseMetrics(json: unknown): Metrics {
  if (!isObject(json)) throw mismatch('metrics', 'an object of metrics by name', json)
  return Object.fromEntries(Object.entries(json).map(([name, spec]) => [name, parseMetric(spec)]))
}

function parseMetric(spec: unknown): Metric {
  if (typeof spec !== 'string' && !isObject(spec))
    throw mismatch('metrics', 'a type or an object with one', spec)
  const { type, ...options } = typeof spec === 'string' ? { type: spec } : spec
  const make = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (make === undefined) throw unknownName('metrics', Object.keys(kinds), String(type), 'type as ')
  return make(options as never)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
