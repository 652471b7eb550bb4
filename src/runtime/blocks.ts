import { sameShape, withUnitAxes } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { reshape } from '../ops/broadcast.ts'

// Tensors whose channels are stored in blocks, as ONNX Runtime's fast convolutions on a CPU read and write them:
// `[n, c, h, w]` in the order `[n, c / size, h, w, c % size]`. A tensor in blocks keeps the shape `[n, c, h, w]`; only
// these functions and the operators in the domain `nchwc` know its order.

export const nchwc = 'com.microsoft.nchwc'

/** Returns a tensor `[n, c, length]` or `[n, c, h, w]` as one with two axes after the channels. */
export const asImage = (t: Tensor): Tensor =>
  t.shape.length === 3 ? reshape(t, t.shape.toSpliced(2, 0, 1)) : t

/** Returns the tensor in blocks from which `t` was made by `fromBlocks`; undefined for other tensors. */
export function knownBlocks(t: Tensor): Tensor | undefined {
  const ordered = t.op === 'Reshape' && t.shape.length === 3 ? t.inputs[0]! : t
  if (ordered.op !== `${nchwc}.ReorderOutput`) return undefined
  return ordered === t || sameShape(ordered.shape, t.shape.toSpliced(2, 0, 1)) ? ordered.inputs[0] : undefined
}

/** Stores the channels of `t`, `[n, c, length]` or `[n, c, h, w]`, in blocks. The shape of the result is `[n, c, h, w]`. */
export function toBlocks(t: Tensor): Tensor {
  const image = asImage(t)
  return knownBlocks(t) ?? node(`${nchwc}.ReorderInput`, { inputs: [image], shape: image.shape })
}

/** Stores a tensor in blocks in the usual order, in the shape `[n, c, length]` or `[n, c, h, w]`. */
export function fromBlocks(blocks: Tensor, shape: readonly number[] = blocks.shape): Tensor {
  const attributes = { channels: blocks.shape[1]! }
  const { shape: image } = blocks
  return reshape(node(`${nchwc}.ReorderOutput`, { inputs: [blocks], attributes, shape: image }), shape)
}

/** Whether the shape of `t` has the channels of `x` along axis 1 and nothing else: it has one number per channel. */
export function isPerChannel(t: Tensor, x: Tensor): boolean {
  const lead = new Array<number>(Math.max(0, x.shape.length - t.shape.length)).fill(1)
  const others = x.shape.map((_, i) => i).filter((i) => i !== 1)
  return sameShape([...lead, ...t.shape], withUnitAxes(x.shape, others))
}

/** Computes `x · scale + shift` for each channel, of a tensor in blocks, in one pass. */
export function affineInBlocks(x: Tensor, scale: Tensor, shift: Tensor | undefined): Tensor {
  const channels = x.shape[1]!
  const weight = reshape(scale, [channels, 1, 1, 1])
  return node(`${nchwc}.Conv`, {
    inputs: [x, weight, ...(shift ? [reshape(shift, [channels])] : [])],
    attributes: { group: channels, kernel_shape: [1, 1] },
    shape: x.shape,
  })
}

/** Returns the attributes of a 1-D or 2-D convolution or pool in their 2-D form, in which both are computed. */
export function forImages({ attributes, shape }: Tensor): Tensor['attributes'] {
  if (shape.length === 4) return attributes
  const { kernel_shape, strides, dilations, pads } = attributes as Record<string, readonly number[]>
  return {
    ...attributes,
    kernel_shape: [1, ...kernel_shape!],
    strides: [1, ...strides!],
    dilations: [1, ...dilations!],
    pads: [0, pads![0]!, 0, pads![1]!],
  }
}
