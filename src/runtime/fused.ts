import { sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { rebuild, usesOf } from '../onnx/rebuild.ts'
import { neg } from '../ops/arithmetic.ts'
import { nchwc } from './blocks.ts'

/**
 * Computes a sum with a convolution in blocks, and a ReLU of one, within the convolution, if nothing else uses its
 * output.
 */
export function fuseConvolutions(roots: readonly Tensor[]): Tensor[] {
  const uses = usesOf(roots)
  const original = new Map<Tensor, Tensor>()
  const plain = (t: Tensor): boolean =>
    t.op === `${nchwc}.Conv` && !t.attributes.activation && uses.get(original.get(t) ?? t) === 1
  return rebuild(roots, (t, before) => {
    const fused = fusedInto(t, plain)
    original.set(fused, before)
    return fused
  })
}

function fusedInto(t: Tensor, plain: (t: Tensor) => boolean): Tensor {
  const [a, b] = t.inputs
  if (t.op === 'Relu' && plain(a!)) return { ...a!, attributes: { ...a!.attributes, activation: 'Relu' } }
  if (t.op !== 'Add' && t.op !== 'Sub') return t
  const open = (x: Tensor): boolean => plain(x) && x.inputs.length < 4
  const sizes = sizeOf(a!.shape) === sizeOf(b!.shape)
  if (sizes && open(b!)) return plus(t.op === 'Add' ? b! : negated(b!), a!)
  return sizes && t.op === 'Add' && open(a!) ? plus(a!, b!) : t
}

/** Adds `summand` to the output of a convolution. */
function plus(convolution: Tensor, summand: Tensor): Tensor {
  const [x, weight, bias] = convolution.inputs
  const channels = convolution.shape[1]!
  const none = constant(new Float32Array(channels), [channels])
  return { ...convolution, inputs: [x!, weight!, bias ?? none, summand] }
}

/** Returns a convolution by the negative weight and bias. */
const negated = (convolution: Tensor): Tensor => {
  const [x, ...others] = convolution.inputs
  return { ...convolution, inputs: [x!, ...others.map(neg)] }
}
