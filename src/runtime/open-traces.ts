import { EvenstepError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { OpenShape } from '../onnx/model.ts'
import { simplify } from '../onnx/simplify.ts'
import { openGraph, type Traces, unlikeGraphs } from './open-graph.ts'
import { checkAt } from './other-sizes.ts'
import { formOf, showSize, writerFor } from './sizes.ts'

/** A function of tensors, traced on n examples. */
export interface OneTrace {
  /** Graph input whose first axis has n elements. */
  readonly x: Tensor
  /** Result. */
  readonly y: Tensor
  /** Every graph input, by what it stands for in each trace. */
  readonly inputs: ReadonlyMap<unknown, Tensor>
}

/** A graph for any number of examples. */
export interface OpenTraces<T extends OneTrace> {
  /** The trace that has the inputs of the graph. */
  readonly first: T
  /** Result of the graph. */
  readonly y: Tensor
  /**
   * Returns the shape of a tensor whose varying sizes have names: `N` and `2*N`, or else `NAME0` for axis 0.
   *
   * @param of returns the tensor in a trace, given the result of that trace
   */
  shapeOf(of: (root: Tensor) => { readonly shape: Shape }, name: string): OpenShape
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
 * Returns the graph of a function for any number of examples. The function is traced with several numbers of them;
 * sizes and constants in which the graphs differ are computed from the shape of `x`.
 *
 * @param who begins the error messages
 * @param traceOn traces the function on n examples
 * @throws {ArgumentError} when the graphs differ in operators, or in constants that do not follow from the number.
 */
export function openTraces<T extends OneTrace>(who: string, traceOn: (n: number) => T): OpenTraces<T> {
  let first: EvenstepError | undefined
  for (const sizes of attempts) {
    try {
      return openedAt(who, sizes, traceOn)
    } catch (error) {
      if (!(error instanceof EvenstepError)) throw error
      first ??= error
    }
  }
  throw first
}

function openedAt<T extends OneTrace>(
  who: string,
  sizes: readonly number[],
  traceOn: (n: number) => T,
): OpenTraces<T> {
  const batches: T[] = []
  for (const n of sizes) {
    const batch = traceOn(n)
    batches.push({ ...batch, y: portable(batch.y) })
    checkLengths(who, batches, sizes)
  }
  const first = batches[0]!
  const roots = batches.map(({ y }) => simplify([y])[0]!)
  const keys = batches.map(keysOf)
  const same = (ts: Tensor[]): boolean => ts.every((t, i) => keys[i]!.get(t) === keys[0]!.get(ts[0]!))
  const y = openGraph({ who, sizes, roots }, writerFor(first.x), same)
  checkOthers({ who, sizes, roots: batches.map(({ y }) => y) }, keys[0]!, traceOn)
  const shapeOf: OpenTraces<T>['shapeOf'] = (of, name) => {
    const shapes = roots.map((root) => of(root).shape)
    return shapes[0]!.map((_, axis) => {
      const along = shapes.map((shape) => shape[axis]!)
      const form = formOf(along, sizes, 'int64')
      return form ? showSize(form, `${name}${axis}`) : `${name}${axis}`
    })
  }
  return { first, y, shapeOf }
}

/** Returns what each input of a trace stands for. */
const keysOf = ({ inputs }: OneTrace): ReadonlyMap<Tensor, unknown> =>
  new Map([...inputs].map(([key, t]) => [t, key]))

/** Batch sizes at which the graph is compared with the function's own graph. */
const others = [1, 2, 3, 4, 7, 8, 1024]

/** @throws {ArgumentError} when the function computes something else for a number of `others` that it can take. */
function checkOthers(
  traces: Traces,
  keys: ReadonlyMap<Tensor, unknown>,
  traceOn: (n: number) => OneTrace,
): void {
  for (const n of others) {
    const traced = attempted(() => traceOn(n))
    if (!traced) continue
    const own = keysOf(traced)
    checkAt(n, portable(traced.y), traces, (a, b) => keys.get(a) === own.get(b))
  }
}

/** Returns undefined if the function cannot take as many examples, such as one in a statistic of the batch. */
function attempted(trace: () => OneTrace): OneTrace | undefined {
  try {
    return trace()
  } catch {
    return undefined
  }
}

/** Stops early where the last trace has not as many operators as the first: simplifying long loops takes long. */
function checkLengths(who: string, batches: readonly OneTrace[], sizes: readonly number[]): void {
  const [first, last] = [batches[0]!, batches.at(-1)!].map(({ y }) => topological([y]).length)
  if (first !== last) throw unlikeGraphs(who, sizes[0]!, sizes[batches.length - 1]!)
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
