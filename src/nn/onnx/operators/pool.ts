import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { weighAxes } from '../../../ops/resample.ts'
import { extent, padOrCrop, spatial } from '../../../ops/window.ts'
import { type NodeCall, type OperatorTable, range, refusal } from '../call.ts'
import { one } from './arithmetic.ts'
import { stepsOf, type WindowAsked, windowsAsked } from './windows.ts'

export const pooling = (): OperatorTable => ({
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: one((x) => ops.mean(x, behind(x), { keepDims: true })),
  GlobalMaxPool: one((x) => ops.max(x, behind(x), { keepDims: true })),
  GlobalLpPool: (call) => normOf(call, (powers) => ops.sum(powers, behind(call.x), { keepDims: true })),
})

/** Axes after batch and channels. */
const behind = (x: Tensor): number[] => range(x.shape.length - 2, 2)

function kernelAsked(call: NodeCall): readonly number[] {
  const kernel = call.numbers('kernel_shape')
  if (kernel && kernel.length >= 1 && kernel.length <= 3) return kernel
  throw refusal('windows over 1 to 3 axes', kernel?.length ?? 0)
}

const isEven = (windows: readonly WindowAsked[]): boolean =>
  windows.every((w) => w.before === w.after && w.before <= w.kernel / 2)

function maxPool(call: NodeCall): Tensor {
  if (call.outputs > 1 && call.node.outputs[1])
    throw refusal('one output', 'the indices of the greatest as well')
  const kernel = kernelAsked(call)
  const windows = windowsAsked(call, kernel)
  const f = [ops.maxPool1d, ops.maxPool2d, ops.maxPool3d][kernel.length - 1]!
  if (isEven(windows)) {
    const padding = windows.map((w) => w.before)
    return f(call.x, kernel, { ...stepsOf(windows), padding, ceilMode: call.number('ceil_mode', 0) === 1 })
  }
  const pads = spatial(windows, (w) => [w.before, (w.output - 1) * w.stride + extent(w) - w.input - w.before])
  return f(padOrCrop(call.x, pads, Number.NEGATIVE_INFINITY), kernel, stepsOf(windows))
}

function averagePool(call: NodeCall): Tensor {
  const kernel = kernelAsked(call)
  const windows = windowsAsked(call, kernel)
  const countIncludePad = call.number('count_include_pad', 0) === 1
  if (isEven(windows) && windows.every((w) => w.dilation === 1)) {
    const f = [ops.avgPool1d, ops.avgPool2d, ops.avgPool3d][kernel.length - 1]!
    const [stride, padding] = [windows.map((w) => w.stride), windows.map((w) => w.before)]
    return f(call.x, kernel, {
      stride,
      padding,
      countIncludePad,
      ceilMode: call.number('ceil_mode', 0) === 1,
    })
  }
  return weighAxes(
    call.x,
    windows.map((w) => range(w.output).map((j) => meanOf(w, j, countIncludePad))),
  )
}

/** Returns the weights of the elements in a window's position `j`: equal ones, that sum to 1 where no padding counts. */
function meanOf(w: WindowAsked, j: number, countIncludePad: boolean): ReadonlyMap<number, number> {
  const seen = range(w.kernel).map((k) => j * w.stride - w.before + k * w.dilation)
  const inside = seen.filter((p) => p >= 0 && p < w.input)
  const count = countIncludePad ? seen.filter((p) => p < w.input + w.after).length : inside.length
  return new Map(inside.map((p) => [p, 1 / count]))
}

/** The p-norm of what `sums` adds up: (Σ |x|ᵖ)^(1/p). */
function normOf(call: NodeCall, sums: (powers: Tensor) => Tensor): Tensor {
  const p = call.number('p', 2)
  if (p === 2) return ops.sqrt(sums(ops.square(call.x)))
  return p === 1 ? sums(ops.abs(call.x)) : ops.pow(sums(ops.pow(ops.abs(call.x), p)), 1 / p)
}

function lpPool(call: NodeCall): Tensor {
  const windows = windowsAsked(call, kernelAsked(call))
  const rows = windows.map((w) =>
    range(w.output).map((j) => {
      const seen = range(w.kernel).map((k) => j * w.stride - w.before + k * w.dilation)
      return new Map(seen.filter((at) => at >= 0 && at < w.input).map((at) => [at, 1]))
    }),
  )
  return normOf(call, (powers) => weighAxes(powers, rows))
}
