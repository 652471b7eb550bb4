import { EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { constant, node, type Tensor, topological } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { type OpenShape, toOpenOnnx } from '../onnx/model.ts'
import type { FilePlace } from '../onnx/proto.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { shareEqual, simplify } from '../onnx/simplify.ts'
import { openGraph, unlikeGraphs } from './open-graph.ts'
import { checkAt } from './other-sizes.ts'
import { formOf, showSize, writerFor } from './sizes.ts'

/** A computation traced on a batch. */
export interface TracedBatch {
  /** Inputs by name. The first has the examples along its first axis. */
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Graph input for the value of each variable that is read. */
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
 * Returns the bytes of an ONNX model that computes its outputs for any number of examples.
 *
 * It is traced with several numbers of examples. Sizes and constants in which the graphs differ are computed from
 * the shape of its first input.
 *
 * @param traceOn traces the computation on a batch of n examples
 * @param placeOf returns where in another file the values of a variable are, by its name; undefined for those that
 *   the model shall contain. @default all
 * @throws {ArgumentError} when the graphs differ in operators, or in constants that do not follow from the number.
 */
export function inferenceModel(traceOn: Trace, placeOf: PlaceOf = () => undefined): Uint8Array {
  let first: EvenstepError | undefined
  for (const sizes of attempts) {
    try {
      return modelFor(sizes, traceOn, placeOf)
    } catch (error) {
      if (!(error instanceof EvenstepError)) throw error
      first ??= error
    }
  }
  throw first
}

/** Batch sizes at which the exported graph is compared with the model's own graph. */
const others = [1, 2, 3, 4, 7, 8, 1024]

/** @throws {ArgumentError} when something else is computed for a number of `others` that can be traced. */
function checkOthers(batches: readonly TracedBatch[], sizes: readonly number[], traceOn: Trace): void {
  const known = meanings(batches[0]!)
  for (const n of others) {
    const traced = attempted(() => traceOn(n))
    if (!traced) continue
    const own = meanings(traced)
    for (const [name, output] of traced.outputs) {
      const roots = batches.map(({ outputs }) => outputs.get(name)!)
      checkAt(n, portable(output), { sizes, roots }, (a, b) => known.get(a) === own.get(b))
    }
  }
}

type Trace = (n: number) => TracedBatch

type PlaceOf = (variable: string) => FilePlace | undefined

/** Returns what each input of a traced graph stands for: a variable, or the input of that name. */
const meanings = ({ inputs, reads }: TracedBatch): ReadonlyMap<Tensor, Variable | string> =>
  new Map<Tensor, Variable | string>([
    ...[...reads].map(([variable, t]) => [t, variable] as const),
    ...[...inputs].map(([name, t]) => [t, name] as const),
  ])

/** Returns undefined if the model cannot take as many examples, such as one in a statistic of the batch. */
function attempted(trace: () => TracedBatch): TracedBatch | undefined {
  try {
    return trace()
  } catch {
    return undefined
  }
}

function modelFor(sizes: readonly number[], traceOn: Trace, placeOf: PlaceOf): Uint8Array {
  const batches: TracedBatch[] = []
  for (const n of sizes) {
    const { outputs, ...rest } = traceOn(n)
    const standard = portable(together(outputs)).inputs
    batches.push({ outputs: new Map([...outputs.keys()].map((name, i) => [name, standard[i]!])), ...rest })
    checkLengths(batches, sizes)
  }
  const [{ inputs, outputs, reads }] = batches as [TracedBatch]
  const roots = batches.map((batch) => simplify([together(batch.outputs)])[0]!)
  const all = batches.map(meanings)
  const same = (ts: Tensor[]): boolean => ts.every((t, i) => all[i]!.get(t) === all[0]!.get(ts[0]!))
  const open = openGraph({ sizes, roots }, writerFor([...inputs.values()][0]!), same)
  checkOthers(batches, sizes, traceOn)
  const weights = namedWeights(reads, [...inputs.keys(), ...outputs.keys()])
  const values = new Map([...weights.values()].map(({ read, value }) => [read, value]))
  const [result] = rebuild(shareEqual([open]), (t) => values.get(t) ?? t)
  const named = [...weights].map(([name, { value }]): [string, Tensor] => [name, value])
  const results = new Map([...outputs.keys()].map((name, i) => [name, result!.inputs[i]!]))
  const shapeOf = openShapes(batches, sizes)
  const places = [...weights].flatMap(([name, { variable }]) => {
    const place = placeOf(nameOf(variable))
    return place ? [[name, place] as const] : []
  })
  return toOpenOnnx(new Map([...inputs, ...named]), results, shapeOf, new Map(places))
}

/** Returns a node without meaning that has all outputs as its inputs, so that they are one graph. */
const together = (outputs: TracedBatch['outputs']): Tensor =>
  node('Results', { inputs: [...outputs.values()], shape: [] })

/** Returns a function that gives the shape of an input or output by its name, with the axes that vary. */
const openShapes =
  (batches: readonly TracedBatch[], sizes: readonly number[]) =>
  (name: string): OpenShape => {
    const shapes = batches.map(({ inputs, outputs }) => (inputs.get(name) ?? outputs.get(name)!).shape)
    return shapes[0]!.map((_, axis) => {
      const form = formOf(
        shapes.map((shape) => shape[axis]!),
        sizes,
        'int64',
      )
      return form ? showSize(form, `${name}${axis}`) : `${name}${axis}`
    })
  }

/** Stops early where the last trace has not as many operators as the first: simplifying long loops takes long. */
function checkLengths(batches: readonly TracedBatch[], sizes: readonly number[]): void {
  const [first, last] = [batches[0]!, batches.at(-1)!].map(
    ({ outputs }) => topological([...outputs.values()]).length,
  )
  if (first !== last) throw unlikeGraphs(sizes[0]!, sizes[batches.length - 1]!)
}

interface Weight {
  readonly variable: Variable
  readonly read: Tensor
  readonly value: Tensor
}

/** Returns the values of variables as constants, by the names that they get in the model: their state names. */
function namedWeights(reads: ReadonlyMap<Variable, Tensor>, others: readonly string[]): Map<string, Weight> {
  const named = new Map<string, Weight>()
  for (const [variable, read] of reads) {
    const { data, shape, dtype } = variable
    const numbers = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data
    const name = nameOf(variable)
    const taken = name === '' || others.includes(name) || named.has(name)
    named.set(taken ? `weight_${named.size}` : name, {
      variable,
      read,
      value: constant(numbers, shape, dtype),
    })
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
