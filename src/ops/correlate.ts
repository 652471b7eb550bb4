import { axesButChannels } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { sum } from './broadcast.ts'
import { inputByWindows, outputByWindows } from './correlate-lowering.ts'
import { weightByWindows } from './correlate-weight.ts'
import type { Walk } from './window.ts'

// A convolution multiplies an input by a weight; its two gradients multiply the gradient of the output by
// either. The three are derivatives of one another, so they share a file:
//
//     y  = correlate(x, w)          dx = correlateInput(dy, w)     dw = correlateWeight(x, dy)

/**
 * Sums x · w over the channels of a group and over the window: a convolution, without its options.
 *
 * @param x `[n, c, …input]`
 * @param w `[o, c / groups, …kernel]`
 * @param bias `[o]`, or omitted
 * @returns `[n, o, …output]`
 */
export function correlate(x: Tensor, w: Tensor, walk: Walk, bias?: Tensor): Tensor {
  return {
    ...outputByWindows(x, w, walk, bias),
    sources: bias ? [x, w, bias] : [x, w],
    grad: (dy) => [
      correlateInput(dy, w, walk),
      correlateWeight(x, dy, walk),
      ...(bias ? [sum(dy, axesButChannels(dy.shape))] : []),
    ],
  }
}

/** Returns dL/dx of `correlate`: `[n, o, …output]` and `[o, c / groups, …kernel]` to `[n, c, …input]`. */
export function correlateInput(dy: Tensor, w: Tensor, walk: Walk): Tensor {
  return {
    ...inputByWindows(dy, w, walk),
    sources: [dy, w],
    grad: (dx) => [correlate(dx, w, walk), correlateWeight(dx, dy, walk)],
  }
}

/** Returns dL/dw of `correlate`: `[n, c, …input]` and `[n, o, …output]` to `[o, c / groups, …kernel]`. */
export function correlateWeight(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  return {
    ...weightByWindows(x, dy, walk),
    sources: [x, dy],
    grad: (dw) => [correlateInput(dy, dw, walk), correlate(x, dw, walk)],
  }
}
