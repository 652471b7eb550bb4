import { allocate, type Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { rebuild, usesOf } from '../onnx/rebuild.ts'
import { lockedWeights } from './locked-weights.ts'
import type { Run } from './runner.ts'
import { rootsOf, type Traced } from './traced.ts'

// ONNX Runtime prepares constant weights once: it packs the matrices of products, and computes what depends on
// constants alone. Locked weights are therefore constants of a compiled step, not inputs.

/** Number of times that a graph is compiled again because its constants have new values; then they become inputs. */
const mostTimes = 2

/** Replaces variables of a step by constants with their current values, and folds batch normalization into weights. */
function withConstants(traced: Traced, constants: ReadonlyMap<string, Variable>): Traced {
  const values = new Map<Tensor, Tensor>()
  for (const [name, { shape, dtype, data }] of constants) {
    values.set(traced.variables.get(name)!.read, constant(data as ArrayLike<number>, shape, dtype))
  }
  const roots = rootsOf(traced)
  const filled = foldNorms(rebuild(roots, (t) => values.get(t) ?? t))
  const made = new Map(roots.map((root, i) => [root, filled[i]!]))
  const rest = [...traced.variables].filter(([name]) => !constants.has(name))
  return {
    ...traced,
    outputs: new Map([...traced.outputs].map(([name, t]) => [name, made.get(t)!])),
    variables: new Map(rest.map(([name, v]) => [name, { ...v, written: v.written && made.get(v.written)! }])),
  }
}

/** Folds each batch normalization by constants into the convolution before it, if nothing else reads its output. */
function foldNorms(roots: readonly Tensor[]): Tensor[] {
  const uses = usesOf(roots)
  return rebuild(roots, (t, before) => {
    const [convolution, ...numbers] = t.inputs
    const isAlone = t.op === 'BatchNormalization' && uses.get(before.inputs[0]!) === 1
    if (!isAlone || convolution!.op !== 'Conv') return t
    const constants = [...numbers, ...convolution!.inputs.slice(1)]
    return constants.every(({ op }) => op === 'Constant') ? folded(t, convolution!) : t
  })
}

/** Returns a convolution that computes `y`, the batch normalization of the convolution `x`; all in float64, rounded once. */
function folded(y: Tensor, x: Tensor): Tensor {
  const [scale, shift, mean, variance] = y.inputs.slice(1).map(({ data }) => data!)
  const [, weight, bias] = x.inputs
  const { epsilon } = y.attributes as { readonly epsilon: { readonly float: number } }
  const factors = Float64Array.from(scale!, (s, o) => s / Math.sqrt(variance![o]! + epsilon.float))
  const weights = allocate(y.dtype, sizeOf(weight!.shape)) as Float32Array | Float64Array
  const biases = allocate(y.dtype, factors.length) as Float32Array | Float64Array
  const perChannel = weights.length / factors.length
  for (const [o, factor] of factors.entries()) {
    biases[o] = ((bias?.data?.[o] ?? 0) - mean![o]!) * factor + shift![o]!
    for (let i = o * perChannel; i < (o + 1) * perChannel; i++) weights[i] = weight!.data![i]! * factor
  }
  const made = (values: ArrayLike<number>, shape: readonly number[]): Tensor =>
    constant(values, shape, y.dtype)
  const inputs = [x.inputs[0]!, made(weights, weight!.shape), made(biases, [biases.length])]
  return { ...x, inputs, shape: y.shape }
}

/** A compiled step: how to run it. */
interface Opened {
  readonly traced: Traced
  readonly run: Run
  readonly timed?: () => Readonly<Record<string, number>>
}

/**
 * Compiles a step with its locked weights as constants. If their values have been replaced, as by loading weights, the
 * next run compiles the step again.
 *
 * @param open compiles a step
 */
export async function withLockedWeights<O extends Opened>(
  traced: Traced,
  open: (traced: Traced) => Promise<O>,
): Promise<O> {
  const constants = lockedWeights(traced)
  if (constants.size === 0) return open(traced)
  const values = (): readonly Data[] => [...constants.values()].map(({ data }) => data)
  let embedded = values()
  let current = await open(withConstants(traced, constants))
  let times = 0
  const isStale = (): boolean => times <= mostTimes && values().some((data, i) => data !== embedded[i])
  return {
    ...current,
    traced,
    timed: () => current.timed?.() ?? {},
    async run(...call: Parameters<Run>) {
      if (isStale()) {
        times++
        embedded = values()
        current = await open(times > mostTimes ? traced : withConstants(traced, constants))
      }
      return current.run(...call)
    },
  }
}
