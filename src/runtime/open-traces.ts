import { EvenstepError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { OpenShape } from '../onnx/model.ts'
import { simplify } from '../onnx/simplify.ts'
import { openGraph, type Traces, unlikeGraphs } from './open-graph.ts'
import { checkAt } from './other-sizes.ts'
import { portable } from './portable.ts'
import { formOf, showSize, writerFor } from './sizes.ts'

/** A function of tensors, traced on n examples. */
export interface OneTrace {
  /** Graph input whose first axis has size n. */
  readonly x: Tensor
  /** Result of the function. */
  readonly y: Tensor
  /** All graph inputs, keyed by what they stand for; the keys are the same in every trace. */
  readonly inputs: ReadonlyMap<unknown, Tensor>
}

/** Several traces of a function, merged into one graph for any number of examples. */
export interface OpenTraces<T extends OneTrace> {
  /** The first trace. Its graph inputs are also the inputs of the merged graph. */
  readonly first: T
  /** Result of the merged graph. */
  readonly y: Tensor
  /**
   * Returns a tensor's shape, with names for sizes that vary with the number of examples: `N`, `2*N`, or else
   * `name` followed by the index of the axis, such as `y0`.
   *
   * @param of returns the tensor, given the result of one of the traces
   */
  shapeOf(of: (root: Tensor) => { readonly shape: Shape }, name: string): OpenShape
}

/**
 * Lists of numbers of examples to trace with: odd and even, with different remainders modulo 3, and unlikely to
 * be sizes in a network. If a network does have such a size, a coincidence can make the graphs differ, but the
 * next list may succeed. The last list is for models that accept only multiples of some number.
 */
const attempts = [
  [23, 34, 45, 58],
  [1009, 1018, 1046, 1083],
  [840, 1680, 2520, 4200],
]

/**
 * Returns a function's graph for any number of examples. The function is traced with several numbers of
 * examples; sizes and constants in which the traces differ are computed from the shape of `x`.
 *
 * @param who name with which error messages begin
 * @param traceOn traces the function on n examples
 * @throws {ArgumentError} when traces differ in operators, or in constants that are not a known function of n.
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
    batches.push({ ...batch, y: portable([batch.y])[0]! })
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

/** Returns what each graph input of a trace stands for, keyed by the input. */
const keysOf = ({ inputs }: OneTrace): ReadonlyMap<Tensor, unknown> =>
  new Map([...inputs].map(([key, t]) => [t, key]))

/** Numbers of examples for which the graph is compared with a trace of the function itself. */
const others = [1, 2, 3, 4, 7, 8, 1024]

/** @throws {ArgumentError} when the graph differs from the function for one of `others` that the function accepts. */
function checkOthers(
  traces: Traces,
  keys: ReadonlyMap<Tensor, unknown>,
  traceOn: (n: number) => OneTrace,
): void {
  for (const n of others) {
    const traced = attempted(() => traceOn(n))
    if (!traced) continue
    const own = keysOf(traced)
    checkAt(n, portable([traced.y])[0]!, traces, (a, b) => keys.get(a) === own.get(b))
  }
}

/** Returns the result of `trace`; undefined if it throws, as batch normalization does for a batch of one example. */
function attempted(trace: () => OneTrace): OneTrace | undefined {
  try {
    return trace()
  } catch {
    return undefined
  }
}

/** Throws early if the first and last trace differ in number of operators: simplifying long loops is slow. */
function checkLengths(who: string, batches: readonly OneTrace[], sizes: readonly number[]): void {
  const [first, last] = [batches[0]!, batches.at(-1)!].map(({ y }) => topological([y]).length)
  if (first !== last) throw unlikeGraphs(who, sizes[0]!, sizes[batches.length - 1]!)
}
