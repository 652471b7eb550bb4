import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, mul, sub } from './arithmetic.ts'
import { reshape, zerosOf } from './broadcast.ts'
import { cast, greater } from './compare.ts'
import { concat, stack, unbind } from './concat.ts'
import { maximum } from './extremum.ts'
import { transpose } from './movement.ts'
import { type Pads, pad, type SliceRange, slice, unpadded } from './slice.ts'
import { extent, padOrCrop, type Window } from './window.ts'

/** A max pool of `x` by `windows`, one for each axis from the third on, and dy = dL/dy of its output y. */
export interface MaxPool {
  readonly x: Tensor
  readonly windows: readonly Window[]
  readonly dy: Tensor
}

const pools = new WeakMap<Tensor, MaxPool>()

/**
 * Returns the pool of a tensor that `maxPoolGradient` returned, so that a device can compute it on another order of the
 * elements; undefined for other tensors.
 */
export const poolOfGradient = (dx: Tensor): MaxPool | undefined => pools.get(dx)

/**
 * Returns dL/dx of a max pool.
 *
 * A pool over several axes is a pool over the last of them, then one over the axis before it, and so on; so is its
 * gradient, backwards. Of equal maxima, the first row with a maximum wins, and in that row the first maximum, as in
 * PyTorch.
 *
 * Along an axis, the elements of all windows at one offset are a tap. Each tap is compared with the maximum of the taps
 * before it; backwards, the last tap that was greater takes the gradient. On one thread, with the pool itself, that takes
 * 0.31 ms for [64, 16, 128] by 2 and 2.7 ms for [32, 32, 16, 16] by 3×3 with stride 1. MaxPool's positions, added up by
 * ScatterElements, take 0.63 ms and 5.6 ms.
 *
 * @param x `[n, c, …]`, with an axis for each window, and perhaps more axes
 */
export function maxPoolGradient(x: Tensor, windows: readonly Window[], dy: Tensor): Tensor {
  const spread: ((dy: Tensor) => Tensor)[] = []
  let pooled = x
  for (const [i, window] of [...windows.entries()].reverse()) {
    const race = raceAlong(pooled, i + 2, window)
    spread.push(race.spread)
    pooled = race.maxima
  }
  const dx = spread.reduceRight((gradient, one) => one(gradient), dy)
  pools.set(dx, { x, windows, dy })
  return dx
}

/** A max pool along one axis. */
interface Race {
  readonly maxima: Tensor
  /** Returns dL/dx from dL/d(maxima). */
  spread(dy: Tensor): Tensor
}

function raceAlong(x: Tensor, axis: number, window: Window): Race {
  const { input, stride, dilation, kernel, output, before } = window
  const steps = Math.ceil(((output - 1) * stride + extent(window)) / stride)
  const behind = steps * stride - before - input
  const padded = padOrCrop(x, only(x, axis, [before, behind]), Number.NEGATIVE_INFINITY)
  const lanes = apart(padded, axis, stride)
  const places = Array.from({ length: kernel }, (_, k): Place => {
    return { lane: (k * dilation) % stride, start: Math.trunc((k * dilation) / stride) }
  })
  const whole = x.shape.map((): SliceRange => [])
  const taps = places.map(({ lane, start }) => slice(lanes[lane]!, whole.with(axis, [start, start + output])))
  let maxima = taps[0]!
  const wins = taps.map((tap, k) => {
    if (k === 0) return undefined
    const isGreater = greater(tap, maxima)
    maxima = maximum(maxima, tap)
    return isGreater
  })
  const spread = (dy: Tensor): Tensor => {
    const own = added(sharesOf(dy, wins), places, axis, steps)
    const full = lanes.map((lane, i) => own.get(i) ?? zerosOf(lane.shape, lane.dtype))
    return padOrCrop(joined(full, axis, padded.shape), only(x, axis, [-before, -behind]))
  }
  return { maxima, spread }
}

/** A tap's lane, every stride-th element of an axis, and the index of its first element in that lane. */
interface Place {
  readonly lane: number
  readonly start: number
}

/** Gives each element of dy to the last tap that wins there: one tensor for each tap. */
function sharesOf(dy: Tensor, wins: readonly (Tensor | undefined)[]): Tensor[] {
  let rest = dy
  return wins
    .toReversed()
    .map((isGreater) => {
      if (!isGreater) return rest
      const share = mul(rest, cast(isGreater, rest.dtype)) // 15 µs for 65,536 numbers, where Where takes 34
      rest = sub(rest, share)
      return share
    })
    .reverse()
}

/** Adds up the shares of the taps of each lane, in lanes of `steps` elements along `axis`. */
function added(
  shares: readonly Tensor[],
  places: readonly Place[],
  axis: number,
  steps: number,
): ReadonlyMap<number, Tensor> {
  const lanes = new Map<number, Tensor>()
  for (const [k, share] of shares.entries()) {
    const { lane, start } = places[k]!
    const shifted = pad(share, only(share, axis, [start, steps - share.shape[axis]! - start]))
    const others = lanes.get(lane)
    lanes.set(lane, others ? add(others, shifted) : shifted)
  }
  return lanes
}

// `apart` and `joined` are adjoint to each other. On the last axis, transposing a matrix moves single elements faster.

/** Takes every `stride`-th element along `axis`, from each of the first ones: `stride` lanes. */
function apart(x: Tensor, axis: number, stride: number): Tensor[] {
  const shape = x.shape.with(axis, x.shape[axis]! / stride)
  if (stride === 1) return [x]
  if (axis < x.shape.length - 1) return unbind(reshape(x, shape.toSpliced(axis + 1, 0, stride)), axis + 1)
  return unbind(transpose(reshape(x, [-1, stride]))).map((lane) => reshape(lane, shape))
}

/** Interleaves lanes along `axis` to a tensor of `shape`. */
function joined(lanes: readonly Tensor[], axis: number, shape: Shape): Tensor {
  if (lanes.length === 1) return lanes[0]!
  if (axis < shape.length - 1) return reshape(stack(lanes, axis + 1), shape)
  return reshape(transpose(concat(lanes.map((lane) => reshape(lane, [1, -1])))), shape)
}

/** Pads for one axis of `x`, none for the others. */
const only = (x: Tensor, axis: number, pads: Pads): Pads[] =>
  x.shape.map((_, i) => (i === axis ? pads : unpadded))
