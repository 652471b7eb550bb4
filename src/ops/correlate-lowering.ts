import { axesOf, sizeOf } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { add } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { matmul } from './matmul.ts'
import { transpose } from './movement.ts'
import { dilate, flip } from './slice.ts'
import {
  after,
  extent,
  inputOf,
  outputOf,
  padOrCrop,
  spatial,
  unfold,
  type Walk,
  type Window,
  windowAttributes,
} from './window.ts'
import { worthTransforming } from './winograd.ts'

// A convolution and its gradients as ONNX operators. ONNX Runtime has no Conv for float64 on a CPU, so float64
// convolutions are composed of slices and a product: meant for verification, they may be slow.

/** Returns the values of `correlate`, a convolution, without its gradient rule. */
export function outputByWindows(x: Tensor, w: Tensor, walk: Walk, bias: Tensor | undefined): Tensor {
  const { windows, groups } = walk
  const shape = [x.shape[0]!, w.shape[0]!, ...outputOf(windows)]
  if (x.dtype === 'float32') {
    const seen = withinReach(x, windows)
    return node('Conv', {
      inputs: bias ? [seen, w, bias] : [seen, w],
      attributes: {
        ...windowAttributes(windows),
        group: groups,
        pads: [...windows.map(({ before }) => before), ...windows.map((v) => Math.max(0, after(v)))],
      },
      shape,
    })
  }
  const rows = reshape(w, [groups, w.shape[0]! / groups, sizeOf(w.shape.slice(1))])
  return withBias(reshape(matmul(rows, columns(x, walk)), shape), bias)
}

/** Adds `bias[c]`, if there is a bias, to each channel c of `y`, `[n, channels, …]`. */
export const withBias = (y: Tensor, bias: Tensor | undefined): Tensor =>
  bias ? add(y, reshape(bias, [bias.shape[0]!, ...y.shape.slice(2).map(() => 1)])) : y

/** Crops the end of an axis of `x` where ONNX's Conv would find room for more positions of a window. */
function withinReach(x: Tensor, windows: readonly Window[]): Tensor {
  const pads = spatial(windows, (w) => [0, Math.min(0, after(w))])
  return windows.every((w) => after(w) > -w.stride) ? x : padOrCrop(x, pads)
}

/** Copies windows on `x` to columns (im2col): `[n, groups, c / groups · window size, output size]`. */
export const columns = (x: Tensor, { windows, groups }: Walk): Tensor => {
  const seen = unfold(x, windows)
  const [n, c, window] = seen.shape
  return reshape(seen, [n!, groups, (c! / groups) * window!, sizeOf(seen.shape.slice(3))])
}

/** Returns the values of `correlateInput`, dL/dx of a convolution, without its gradient rule. */
export function inputByWindows(dy: Tensor, w: Tensor, walk: Walk): Tensor {
  const { windows, groups } = walk
  const full = windows.every((v) => v.stride === 1 && v.before < extent(v) && after(v) < extent(v))
  // The weight, turned by 180°, slides over dy: 13–16 ms for 64 channels of 32×32, batch 32, where
  // ConvTranspose takes 19–25 ms.
  if (dy.dtype === 'float64' || (full && !worthTransforming(dy, w.shape[1]!, walk))) {
    const spread = dilate(dy, [1, 1, ...windows.map(({ stride }) => stride)])
    const backwards = windows.map((v, i): Window => {
      const before = extent(v) - 1 - v.before
      return { ...v, input: spread.shape[i + 2]!, output: v.input, stride: 1, before }
    })
    return outputByWindows(spread, turned(w, groups), { windows: backwards, groups }, undefined)
  }
  return node('ConvTranspose', {
    inputs: [dy, w],
    attributes: {
      ...windowAttributes(windows),
      group: groups,
      pads: [...windows.map(({ before }) => before), ...windows.map((v) => Math.max(0, after(v)))],
      output_padding: windows.map((v) => Math.max(0, -after(v))),
    },
    shape: [dy.shape[0]!, w.shape[1]! * groups, ...inputOf(windows)],
  })
}

/** Swaps a weight's output and input channels and turns it 180°: `[o, c/groups, …k]` to `[c, o/groups, …k]`. */
function turned(w: Tensor, groups: number): Tensor {
  const [o, c, ...kernel] = w.shape
  const apart = reshape(w, [groups, o! / groups, c!, ...kernel])
  const swapped = transpose(apart, [0, 2, 1, ...kernel.map((_, i) => i + 3)])
  const joined = reshape(swapped, [groups * c!, o! / groups, ...kernel])
  return flip(joined, axesOf(w.shape).slice(2))
}
