import { nameOf } from '../core/names.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { foldNormalization } from '../onnx/fold.ts'
import { varyingGraph } from '../onnx/model.ts'
import { type FilePlace, modelBytes } from '../onnx/proto.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { shareEqual } from '../onnx/simplify.ts'
import { type OneTrace, openTraces } from './open-traces.ts'

/** A computation that was traced on a batch of a certain size. */
export interface TracedBatch {
  /** Graph inputs by name. The first one has the examples along its first axis. */
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Graph input for the value of each variable that the computation reads. */
  readonly reads: ReadonlyMap<Variable, Tensor>
}

/** How a model is written. */
interface Written {
  /**
   * Returns where in another file the values of a variable are stored, given its name; undefined if the model is to
   * contain these values. @default the model contains all values
   */
  readonly placeOf?: (variable: string) => FilePlace | undefined
  /** Whether batch normalization is folded into the convolution or matrix product before it. */
  readonly folds: boolean
}

/**
 * Returns the bytes of an ONNX model that computes its outputs for any number of examples.
 *
 * @param traceOn traces the computation on a batch of n examples
 * @throws {ArgumentError} when graphs for different numbers of examples differ in operators, or in constants
 *   that are not a known function of that number.
 */
export function inferenceModel(traceOn: (n: number) => TracedBatch, { placeOf, folds }: Written): Uint8Array {
  const traced = openTraces('export', (n) => oneTrace(traceOn(n)))
  const { inputs, outputs, reads } = traced.first.batch
  const names = [...outputs.keys(), ...inputs.keys()]
  const weights = namedWeights(reads, names)
  const values = new Map([...weights.values()].map(({ read, value }) => [read, value]))
  const found = rebuild(shareEqual(traced.y.inputs.slice(0, outputs.size)), (t) => values.get(t) ?? t)
  const results = new Map([...outputs.keys()].map((name, i) => [name, found[i]!]))
  const named = [...weights].map(([name, { value }]): [string, Tensor] => [name, value])
  const places = [...weights].flatMap(([name, { variable }]) => {
    const place = placeOf?.(nameOf(variable))
    return place ? [[name, place] as const] : []
  })
  const shapeOf = (name: string) => traced.shapeOf((root) => root.inputs[names.indexOf(name)]!, name)
  const graph = varyingGraph(new Map([...inputs, ...named]), results, shapeOf, new Map(places))
  return modelBytes(folds ? foldNormalization(graph) : graph)
}

/** Returns a trace whose result is a dummy node: its inputs are all outputs, then all graph inputs. */
function oneTrace(batch: TracedBatch): OneTrace & { readonly batch: TracedBatch } {
  const { inputs, outputs, reads } = batch
  const y = node('Results', { inputs: [...outputs.values(), ...inputs.values()], shape: [] })
  const [x] = inputs.values()
  return { x: x!, y, inputs: new Map<unknown, Tensor>([...reads, ...inputs]), batch }
}

interface Weight {
  readonly variable: Variable
  readonly read: Tensor
  readonly value: Tensor
}

/** Returns the values of variables as constants, keyed by their names in the model: their state names. */
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
