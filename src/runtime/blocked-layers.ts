import { sameShape, sizeOf } from '../core/shape.ts'
import { constant, int64s, node, scalar, type Tensor } from '../core/tensor.ts'
import { add, mul, neg, reciprocal, sqrt, sub } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import { affineInBlocks, fromBlocks, isPerChannel, knownBlocks, toBlocks } from './blocks.ts'

const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Relu', 'HardSigmoid', 'Sigmoid', 'Tanh'])

/**
 * Computes what follows a convolution on its output in blocks, if an input of `t` is one: activations, sums, products,
 * numbers per channel, normalization, and sums over an image. Other nodes are returned unchanged.
 */
export function inBlocks(t: Tensor, size: number): Tensor {
  if (t.dtype !== 'float32' || !t.inputs.some((x) => knownBlocks(x))) return t
  if (t.op === 'ReduceSum') return sumInBlocks(t, size)
  if (t.op === 'BatchNormalization') return normalizedInBlocks(t)
  return elementwise.has(t.op) ? elementwiseInBlocks(t) : t
}

function elementwiseInBlocks(t: Tensor): Tensor {
  const channel = channelwise(t)
  if (channel) return fromBlocks(channel, t.shape)
  const fits = t.inputs.every((x) => sameShape(x.shape, t.shape) || sizeOf(x.shape) === 1)
  if (!fits || sizeOf(t.shape) === 1) return t
  const inputs = t.inputs.map((x) => (sameShape(x.shape, t.shape) ? toBlocks(x) : reshape(x, [])))
  const { shape } = inputs.find((x) => x.shape.length === 4)!
  return fromBlocks(node(t.op, { inputs, attributes: t.attributes, shape }), t.shape)
}

/** Computes `x + v`, `x − v` or `x · v` with one number v per channel; undefined for other nodes. */
function channelwise({ op, inputs, shape }: Tensor): Tensor | undefined {
  const [x, v] = op === 'Sub' || knownBlocks(inputs[0]!) ? inputs : inputs.toReversed()
  const blocks = knownBlocks(x!)
  if (!blocks || !v || !sameShape(x!.shape, shape) || !isPerChannel(v, x!)) return undefined
  const ones = filled(shape[1]!, 1)
  if (op === 'Mul') return affineInBlocks(blocks, v, undefined)
  if (op === 'Add') return affineInBlocks(blocks, ones, v)
  return op === 'Sub' ? affineInBlocks(blocks, ones, neg(v)) : undefined
}

const filled = (channels: number, value: number): Tensor =>
  constant(new Float32Array(channels).fill(value), [channels])

/** Computes a normalization by given statistics as a factor and a summand per channel. */
function normalizedInBlocks(t: Tensor): Tensor {
  const [x, weight, bias, mean, variance] = t.inputs
  const blocks = knownBlocks(x!)
  if (!blocks) return t
  const plain = isFilled(mean!, 0) && isFilled(variance!, 1)
  const { float } = t.attributes.epsilon as { readonly float: number }
  const scale = plain && float === 0 ? weight! : mul(weight!, reciprocal(sqrt(add(variance!, scalar(float)))))
  const shift = plain ? bias! : sub(bias!, mul(mean!, scale))
  return fromBlocks(affineInBlocks(blocks, scale, shift), t.shape)
}

const isFilled = ({ data }: Tensor, value: number): boolean =>
  data !== undefined && Array.from(data, Number).every((v) => v === value)

/** Sums the elements of each channel of each example. */
function sumInBlocks(t: Tensor, size: number): Tensor {
  const [x, axes] = t.inputs
  const spatial = x!.shape.slice(2).map((_, i) => i + 2)
  const over = Array.from(axes?.data ?? [], Number)
  if (!sameShape(over, spatial)) return t
  const blocks = knownBlocks(x!)!
  const [n, c, h, w] = blocks.shape
  const places = reshape(blocks, [n!, c! / size, h! * w!, size])
  const sums = node('ReduceSum', {
    inputs: [places, int64s([2])],
    attributes: { keepdims: 0 },
    shape: [n!, c! / size, size],
  })
  return reshape(sums, t.shape)
}
