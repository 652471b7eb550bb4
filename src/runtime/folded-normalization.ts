import { type Tensor, topological } from '../core/tensor.ts'
import { rebuild, usesOf } from '../onnx/rebuild.ts'
import { add, mul, reciprocal, sqrt, sub } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import { linear, matmul } from '../ops/matmul.ts'
import { lowered, rootsOf, type Traced } from './traced.ts'

// ONNX Runtime's operator for a normalization by given statistics takes each row of a matrix in turn: 18 µs for [64, 100],
// as long as the product before it.

/** Whether `t` is a batch normalization of a matrix by given statistics. */
const isOfMatrix = ({ op, shape }: Tensor): boolean => op === 'BatchNormalization' && shape.length === 2

/**
 * Computes each batch normalization of a matrix by given statistics as a product and a sum for each channel or, if the
 * weight of the only linear layer before or after it does not change in the step, by other weights of that layer. A loop
 * computes these once.
 *
 *     s = γ/√(σ² + ε)    t = β − s · μ
 *     before it: s · (x · Wᵀ + b) + t = x · (s · W)ᵀ + (s · b + t)
 *     after it:  (s · x + t) · Wᵀ + b = x · (W · s)ᵀ + (W · t + b)
 */
export function foldNormalizations(step: Traced): Traced {
  const roots = rootsOf(step)
  if (!topological(roots).some(isOfMatrix)) return step
  const { variables } = step
  const kept = new Set([...variables.values()].flatMap(({ read, written }) => (written ? [] : [read])))
  return lowered(step, () => folded(roots, keptIn(roots, kept)))
}

/** Returns a function that tells whether a tensor depends on nothing but the given ones and constants. */
function keptIn(roots: readonly Tensor[], given: ReadonlySet<Tensor>): (t: Tensor) => boolean {
  const kept = new Set(given)
  for (const t of topological(roots)) {
    const isMade = t.op !== 'Input' && t.inputs.every((x) => kept.has(x))
    if (isMade || t.op === 'Constant') kept.add(t)
  }
  return (t) => kept.has(t)
}

function folded(roots: readonly Tensor[], isKept: (t: Tensor) => boolean): Tensor[] {
  const uses = usesOf(roots)
  /** Whether `t` is a product by weights that stay as they are, or a normalization by numbers that do. */
  const isFixed = (t: Tensor): boolean => t.inputs.slice(1).every(isKept)
  const isLayer = (t: Tensor): boolean => isPlain(t) && isFixed(t)
  const ahead = (t: Tensor): boolean =>
    isOfMatrix(t) && isFixed(t) && isLayer(t.inputs[0]!) && uses.get(t.inputs[0]!) === 1
  const behind = (t: Tensor): boolean => {
    const [x] = t.inputs
    return isLayer(t) && isOfMatrix(x!) && isFixed(x!) && uses.get(x!) === 1 && !ahead(x!)
  }
  return rebuild(roots, (t, before, remadeOf) => {
    if (isOfMatrix(before)) {
      const { scale, shift } = mapOf(t)
      return ahead(before) ? outputScaled(t.inputs[0]!, scale, shift) : add(mul(t.inputs[0]!, scale), shift)
    }
    if (!behind(before)) return t
    const [normalization] = before.inputs
    const { scale, shift } = mapOf({ ...normalization!, inputs: normalization!.inputs.map(remadeOf) })
    return inputScaled(t, remadeOf(normalization!.inputs[0]!), scale, shift)
  })
}

/** Whether `t` is `x · W` or `x · Wᵀ`, with or without a bias. */
const isPlain = ({ op, attributes }: Tensor): boolean =>
  op === 'Gemm' && !attributes.transA && attributes.alpha === undefined && attributes.beta === undefined

/** Returns the numbers by channel by which a normalization computes `x · scale + shift`. */
function mapOf({ inputs, attributes }: Tensor): Readonly<Record<'scale' | 'shift', Tensor>> {
  const [, gamma, beta, mean, variance] = inputs
  const { float: eps } = attributes.epsilon as { readonly float: number }
  const scale = mul(gamma!, reciprocal(sqrt(add(variance!, eps))))
  return { scale, shift: sub(beta!, mul(mean!, scale)) }
}

/** Returns a layer whose outputs are multiplied by `scale`, and `shift` is added. */
function outputScaled(layer: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const [x, weight, bias] = layer.inputs
  const column = reshape(scale, [scale.shape[0]!, 1])
  const scaled = mul(weight!, layer.attributes.transB ? column : scale)
  return { ...layer, inputs: [x!, scaled, bias ? add(mul(bias, scale), shift) : shift] }
}

/** Returns a layer of `x · scale + shift`, computed from x. */
function inputScaled(layer: Tensor, x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const [, weight, bias] = layer.inputs
  const { transB } = layer.attributes
  const column = reshape(scale, [scale.shape[0]!, 1])
  const scaled = mul(weight!, transB ? scale : column)
  const row = reshape(shift, [1, shift.shape[0]!])
  const product = reshape(transB ? linear(row, weight!) : matmul(row, weight!), [layer.shape[1]!])
  return { ...layer, inputs: [x, scaled, bias ? add(product, bias) : product] }
}
