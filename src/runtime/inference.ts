import { nameOf } from '../core/names.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { toOpenOnnx } from '../onnx/model.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { shareEqual } from '../onnx/simplify.ts'
import { type OneTrace, openTraces } from './open-traces.ts'

/** A model traced on a batch. */
export interface TracedBatch extends OneTrace {
  /** Graph input for the value of each variable that the model reads. */
  readonly reads: ReadonlyMap<Variable, Tensor>
}

/**
 * Returns the bytes of an ONNX model that computes `y` from `x` for any number of examples.
 *
 * @param traceOn traces the model on a batch of n examples
 * @throws {ArgumentError} when the graphs differ in operators, or in constants that do not follow from the number.
 */
export function inferenceModel(traceOn: (n: number) => Omit<TracedBatch, 'inputs'>): Uint8Array {
  const traced = openTraces('export', (n): TracedBatch => {
    const batch = traceOn(n)
    return { ...batch, inputs: new Map<unknown, Tensor>([...batch.reads, ['x', batch.x]]) }
  })
  const { x, reads } = traced.first
  const weights = namedWeights(reads)
  const values = new Map([...weights.values()].map(({ read, value }) => [read, value]))
  const [shared] = shareEqual([traced.y])
  const [result] = rebuild([shared!], (t) => values.get(t) ?? t)
  const named = [...weights].map(([name, { value }]): [string, Tensor] => [name, value])
  return toOpenOnnx(new Map([['x', x], ...named]), new Map([['y', result!]]), (name, t) =>
    name === 'x' ? ['N', ...t.shape.slice(1)] : traced.shapeOf((root) => root, 'y'),
  )
}

/** Returns the values of variables as constants, by the names that they get in the model: their state names. */
function namedWeights(
  reads: ReadonlyMap<Variable, Tensor>,
): Map<string, { readonly read: Tensor; readonly value: Tensor }> {
  const named = new Map<string, { read: Tensor; value: Tensor }>()
  for (const [variable, read] of reads) {
    const { data, shape, dtype } = variable
    const numbers = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data
    const name = nameOf(variable)
    const taken = name === '' || name === 'x' || name === 'y' || named.has(name)
    named.set(taken ? `weight_${named.size}` : name, { read, value: constant(numbers, shape, dtype) })
  }
  return named
}
