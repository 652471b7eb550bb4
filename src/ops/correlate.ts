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
 * Convolution by the windows and groups of `walk`: sums x · w over the window and the channels of each group.
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

/** Returns dL/dx of `correlate`, `[n, c, …input]`, from dy = dL/dy, `[n, o, …output]`, and its weight w. */
export function correlateInput(dy: Tensor, w: Tensor, walk: Walk): Tensor {
  return {
    ...inputByWindows(dy, w, walk),
    sources: [dy, w],
    grad: (dx) => [correlate(dx, w, walk), correlateWeight(dx, dy, walk)],
  }
}

/** Returns dL/dw of `correlate`, `[o, c / groups, …kernel]`, from its input x and dy = dL/dy. */
export function correlateWeight(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  const dw: Tensor = {
    ...weightByWindows(x, dy, walk),
    sources: [x, dy],
    grad: (given) => [correlateInput(dy, given, walk), correlate(x, given, walk)],
  }
  walks.set(dw, walk)
  return dw
}

const walks = new WeakMap<Tensor, Walk>()

/**
 * Returns the windows and groups of a tensor that `correlateWeight` returned, whose `sources` are x and dy, so that a
 * device can compute it in another way; undefined for other tensors.
 */
export const walkOfWeight = (dw: Tensor): Walk | undefined => walks.get(dw)
