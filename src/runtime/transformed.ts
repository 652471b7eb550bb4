import { axesButChannels } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { withBias } from '../ops/correlate-lowering.ts'
import type { Walk, Window } from '../ops/window.ts'
import { inputByTiles, outputByTiles, worthTransforming } from '../ops/winograd.ts'

/**
 * Rewrites the convolutions of a graph, and their gradients with respect to the input, by Winograd's algorithm
 * where that is faster: 3×3 windows on 128 channels or more.
 */
export const transformConvolutions = (roots: readonly Tensor[]): Tensor[] => rebuild(roots, transformed)

function transformed(t: Tensor): Tensor {
  const [x, w, bias] = t.inputs
  if (t.op === 'Conv') {
    const walk = walkOf(t, x!, t)
    const isWorth = !isPrepared(t) && worthTransforming(x!, w!.shape[0]!, walk)
    return isWorth ? withBias(outputByTiles(x!, w!, walk), bias) : t
  }
  if (t.op === 'ConvTranspose') {
    const walk = walkOf(t, t, x!)
    return worthTransforming(x!, w!.shape[1]!, walk) ? inputByTiles(x!, w!, walk) : t
  }
  return t
}

/**
 * Whether a convolution's weight and bias are constants, so that ONNX Runtime itself prepares them and chooses kernels:
 * for grouped convolutions too, and with activations in them. MobileNetV2 then takes as long as exported; by the
 * rewrites here, 1.26 times as long.
 */
export const isPrepared = ({ inputs }: Tensor): boolean =>
  inputs.slice(1).every(({ op }) => op === 'Constant')

/** Returns how the windows of a convolution slide over `over` to give `result`, from the node's attributes. */
export function walkOf({ attributes }: Tensor, over: Tensor, result: Tensor): Walk {
  const list = (name: string): readonly number[] => attributes[name] as readonly number[]
  const windows = axesButChannels(over.shape)
    .slice(1)
    .map((axis, i): Window => {
      const [kernel, stride, dilation] = [
        list('kernel_shape')[i]!,
        list('strides')[i]!,
        list('dilations')[i]!,
      ]
      const before = list('pads')[i]!
      return { input: over.shape[axis]!, output: result.shape[axis]!, kernel, stride, dilation, before }
    })
  return { windows, groups: attributes.group as number }
}
