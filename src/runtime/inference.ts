import { EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { constant, type Tensor, topological } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { toOpenOnnx } from '../onnx/model.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { shareEqual, simplify } from '../onnx/simplify.ts'
import { openGraph, type Traces, unlikeGraphs } from './open-graph.ts'
import { checkAt } from './other-sizes.ts'
import { formOf, showSize, writerFor } from './sizes.ts'

/** A model traced on a batch. */
export interface TracedBatch {
  readonly x: Tensor
  readonly y: Tensor
  /** Graph input for the value of each variable that the model reads. */
  readonly reads: ReadonlyMap<Variable, Tensor>
}

/**
 * Numbers of examples to trace with: odd and even, with different remainders by 3, and sizes that few networks
 * have. Where a network does have one, a coincidence can make the graphs differ; then the next list may do. The
 * last one is for models that take only multiples of some number.
 */
const attempts = [
  [23, 34, 45, 58],
  [1009, 1018, 1046, 1083],
  [840, 1680, 2520, 4200],
]

/**
 * Returns the bytes of an ONNX model that computes `y` from `x` for any number of examples.
 *
 * The model is traced with several numbers of examples. Sizes and constants in which the graphs differ are
 * computed from the shape of `x`.
 *
 * @param traceOn traces the model on a batch of n examples
 * @throws {ArgumentError} when the graphs differ in operators, or in constants that do not follow from the number.
 */
export function inferenceModel(traceOn: (n: number) => TracedBatch): Uint8Array {
  let first: EvenstepError | undefined
  for (const sizes of attempts) {
    try {
      return modelFor(sizes, traceOn)
    } catch (error) {
      if (!(error instanceof EvenstepError)) throw error
      first ??= error
    }
  }
  throw first
}

/** Batch sizes at which the exported graph is compared with the model's own graph. */
const others = [1, 2, 3, 4, 7, 8, 1024]

/** @throws {ArgumentError} when the model computes something else for a number of `others` that it can take. */
function checkOthers(traces: Traces, reads: TracedBatch['reads'], traceOn: (n: number) => TracedBatch): void {
  const variables = new Map([...reads].map(([v, t]) => [t, v]))
  for (const n of others) {
    const traced = attempted(() => traceOn(n))
    if (!traced) continue
    const own = new Map([...traced.reads].map(([v, t]) => [t, v]))
    checkAt(n, portable(traced.y), traces, (a, b) => variables.get(a) === own.get(b))
  }
}

/** Returns undefined if the model cannot take as many examples, such as one in a statistic of the batch. */
function attempted(trace: () => TracedBatch): TracedBatch | undefined {
  try {
    return trace()
  } catch {
    return undefined
  }
}

function modelFor(sizes: readonly number[], traceOn: (n: number) => TracedBatch): Uint8Array {
  const batches: TracedBatch[] = []
  for (const n of sizes) {
    const { y, ...rest } = traceOn(n)
    batches.push({ y: portable(y), ...rest })
    checkLengths(batches, sizes)
  }
  const [{ x, reads }] = batches as [TracedBatch]
  const roots = batches.map(({ y }) => simplify([y])[0]!)
  const variables = batches.map(({ reads }) => new Map([...reads].map(([v, t]) => [t, v])))
  const same = (ts: Tensor[]): boolean =>
    ts.every((t, i) => variables[i]!.get(t) === variables[0]!.get(ts[0]!))
  const y = openGraph({ sizes, roots }, writerFor(x), same)
  checkOthers({ sizes, roots: batches.map(({ y }) => y) }, reads, traceOn)
  const weights = namedWeights(reads)
  const values = new Map([...weights.values()].map(({ read, value }) => [read, value]))
  const [shared] = shareEqual([y])
  const [result] = rebuild([shared!], (t) => values.get(t) ?? t)
  const named = [...weights].map(([name, { value }]): [string, Tensor] => [name, value])
  const sizesOfY = y.shape.map((_, axis) =>
    formOf(
      roots.map(({ shape }) => shape[axis]!),
      sizes,
      'int64',
    ),
  )
  return toOpenOnnx(new Map([['x', x], ...named]), new Map([['y', result!]]), (name, t) =>
    name === 'x'
      ? ['N', ...t.shape.slice(1)]
      : sizesOfY.map((form, axis) => (form ? showSize(form, `y${axis}`) : `y${axis}`)),
  )
}

/** Stops early where the last trace has not as many operators as the first: simplifying long loops takes long. */
function checkLengths(batches: readonly TracedBatch[], sizes: readonly number[]): void {
  const [first, last] = [batches[0]!, batches.at(-1)!].map(({ y }) => topological([y]).length)
  if (first !== last) throw unlikeGraphs(sizes[0]!, sizes[batches.length - 1]!)
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

/** Replaces tensors that know operators for any number of steps by these; see `Tensor.portable`. */
function portable(root: Tensor): Tensor {
  const known = new Map<Tensor, Tensor>()
  const standard = (t: Tensor): Tensor => {
    if (!t.portable) return t
    const made = known.get(t) ?? t.portable()
    known.set(t, made)
    return made
  }
  const done = new Map<Tensor, Tensor>()
  const parents = (t: Tensor): readonly Tensor[] => (t.portable ? [standard(t)] : t.inputs)
  for (const t of topological([root], parents)) {
    const inputs = t.inputs.map((x) => done.get(x)!)
    const kept = inputs.every((x, i) => x === t.inputs[i]) ? t : { ...t, inputs }
    done.set(t, t.portable ? done.get(standard(t))! : kept)
  }
  return done.get(root)!
}
