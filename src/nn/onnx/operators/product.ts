import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { padOrCrop, spatial } from '../../../ops/window.ts'
import { type NodeCall, type OperatorTable, refusal } from '../call.ts'
import { stepsOf, windowsAsked } from './windows.ts'

// Matrix products and convolutions.

export const product = (): OperatorTable => ({
  MatMul: matmul,
  Gemm: gemm,
  Einsum: (call) => ops.einsum(call.text('equation', ''), ...call.all()),
  Conv: conv,
  ConvTranspose: convTranspose,
})

function matmul(call: NodeCall): Tensor {
  const [a, b] = [call.x, call.input(1)]
  const y = ops.matmul(
    a.shape.length === 1 ? ops.unsqueeze(a, 0) : a,
    b.shape.length === 1 ? ops.unsqueeze(b, 1) : b,
  )
  const rank = y.shape.length
  const gone = [...(a.shape.length === 1 ? [rank - 2] : []), ...(b.shape.length === 1 ? [rank - 1] : [])]
  return gone.length > 0 ? ops.squeeze(y, gone) : y
}

/** α · A · B + β · C, either factor transposed if so asked. */
function gemm(call: NodeCall): Tensor {
  const [a, b, c] = [call.x, call.input(1), call.inputs[2]]
  const [alpha, beta] = [call.number('alpha', 1), call.number('beta', 1)]
  const [transA, transB] = [call.number('transA', 0), call.number('transB', 0)]
  const isLinear = !transA && transB && alpha === 1 && beta === 1
  if (isLinear && c?.shape.length === 1 && c.shape[0] === b.shape[0]) return ops.linear(a, b, c)
  const whole = ops.matmul(transA ? ops.transpose(a) : a, transB ? ops.transpose(b) : b)
  const scaled = alpha === 1 ? whole : ops.mul(whole, alpha)
  return c && beta !== 0 ? ops.add(scaled, beta === 1 ? c : ops.mul(c, beta)) : scaled
}

function conv(call: NodeCall): Tensor {
  const [x, w, b] = [call.x, call.input(1), call.inputs[2]]
  const rank = w.shape.length - 2
  const windows = windowsAsked(call, w.shape.slice(2))
  const f = [ops.conv1d, ops.conv2d, ops.conv3d][rank - 1]
  if (!f) throw refusal('a convolution over 1 to 3 axes', rank)
  const isEven = windows.every((w) => w.before === w.after)
  const seen = isEven
    ? x
    : padOrCrop(
        x,
        spatial(windows, (w) => [w.before, (w as (typeof windows)[0]).after]),
      )
  const padding = isEven ? windows.map((w) => w.before) : 0
  return f(seen, w, b, { ...stepsOf(windows), groups: call.number('group', 1), padding })
}

function convTranspose(call: NodeCall): Tensor {
  const [x, w, b] = [call.x, call.input(1), call.inputs[2]]
  const kernel = w.shape.slice(2)
  const each = (name: string, fallback: number): number[] =>
    kernel.map((_, i) => call.numbers(name)?.[i] ?? fallback)
  const [stride, dilation, extra] = [each('strides', 1), each('dilations', 1), each('output_padding', 0)]
  const f = [ops.convTranspose1d, ops.convTranspose2d, ops.convTranspose3d][kernel.length - 1]
  if (!f) throw refusal('a transposed convolution over 1 to 3 axes', kernel.length)
  const whole = f(x, w, undefined, { stride, dilation, groups: call.number('group', 1) })
  const auto = call.text('auto_pad', 'NOTSET')
  const shape = call.numbers('output_shape')
  const cuts = kernel.map((_, i): [number, number] => {
    const full = whole.shape[i + 2]!
    const pads = call.numbers('pads')
    if (!shape && !auto.startsWith('SAME'))
      return [pads?.[i] ?? 0, (pads?.[i + kernel.length] ?? 0) - extra[i]!]
    const out = shape?.at(i - kernel.length) ?? x.shape[i + 2]! * stride[i]!
    const half = (full + extra[i]! - out) / 2
    const before = auto === 'SAME_UPPER' ? Math.floor(half) : Math.ceil(half)
    return [before, full - out - before]
  })
  const y = padOrCrop(whole, [[0, 0], [0, 0], ...cuts.map(([p, q]): [number, number] => [-p, -q])])
  if (!b) return y
  return ops.add(y, ops.reshape(b, [b.shape[0]!, ...new Array<number>(kernel.length).fill(1)]))
}
