import { sizeOf } from '../core/shape.ts'
import { int64s, node, scalar, type Tensor } from '../core/tensor.ts'
import { reshape, sum, zerosOf } from './broadcast.ts'
import { concat, stack } from './concat.ts'
import { columns } from './correlate-lowering.ts'
import { matmul } from './matmul.ts'
import { transpose } from './movement.ts'
import { pad, slice, unpadded } from './slice.ts'
import { after, kernelOf, offsets, outputOf, padOrCrop, tap, type Walk } from './window.ts'
import { weightByTiles, worthTransforming } from './winograd.ts'

// The gradient of a convolution with respect to its weight is a product whose inner axis is the whole batch.
// ONNX has no such operator; Conv on transposed tensors takes 2 to 3 times as long as these functions.

/**
 * Returns dL/dw of a convolution, by the fastest method. Milliseconds on one thread, for windows of 3×3:
 *
 *     channels, image, batch    byRows   byTaps    byColumns
 *     16        32×32   128         16       23           30
 *     64        32×32    32         34       48           73
 *     32        16×16   128         17       12           23
 *     64        8×8     128         19        8           13
 *     256       8×8      32         57       28           44
 */
export function weightByWindows(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  const { windows, groups } = walk
  if (worthTransforming(x, dy.shape[1]!, walk)) return weightByTiles(x, dy, walk)
  if (x.dtype !== 'float32' || groups > 1 || sizeOf(kernelOf(windows)) === 1) return byColumns(x, dy, walk)
  const dense = windows.every((w) => w.stride === 1 && w.dilation === 1 && after(w) >= 0)
  const wide = dense && windows.length === 2 && sizeOf(outputOf(windows)) > 256
  return wide ? byRows(x, dy, walk) : byTaps(x, dy, walk)
}

/** Computes dL/dw as dy times the im2col columns of x: one matrix product for each image and group. */
function byColumns(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  const { groups } = walk
  const [n, o] = dy.shape
  const rows = reshape(dy, [n!, groups, o! / groups, sizeOf(outputOf(walk.windows))])
  const each = matmul(rows, transpose(columns(x, walk), [0, 1, 3, 2]))
  return reshape(sum(each, [0]), [o!, x.shape[1]! / groups, ...kernelOf(walk.windows)])
}

/** Computes dL/dw by one matrix product per element of the window, over the batch, with channels last. */
function byTaps(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  const { windows } = walk
  const [n, c, ...input] = x.shape
  const o = dy.shape[1]!
  const places = sizeOf(outputOf(windows))
  // Transposed as matrices: ONNX Runtime would push a transpose of four axes behind the nine slices.
  const last = transpose(reshape(x, [n!, c!, sizeOf(input)]), [0, 2, 1])
  const pads = windows.map((w) => [w.before, after(w)] as const)
  const padded = padOrCrop(reshape(last, [n!, ...input, c!]), [unpadded, ...pads, unpadded])
  const rows = reshape(transpose(reshape(dy, [n!, o, places]), [1, 0, 2]), [o, n! * places])
  const products = offsets(kernelOf(walk.windows)).map((offset) =>
    matmul(rows, reshape(slice(padded, [[], ...tap(windows, offset)]), [n! * places, c!])),
  )
  return reshape(stack(products, 2), [o, c!, ...kernelOf(walk.windows)])
}

/**
 * Computes dL/dw by one matrix product for each image and each column of the window. dy is repeated once for
 * each row of the window, each copy one row lower, so that one product covers all rows; x is shifted by the
 * column. Both have the row length of the padded input, where zeros at the end of each row of dy cancel
 * positions that wrap around.
 */
function byRows(x: Tensor, dy: Tensor, walk: Walk): Tensor {
  const [vertical, horizontal] = [walk.windows[0]!, walk.windows[1]!]
  const [kh, kw] = [vertical.kernel, horizontal.kernel]
  const [n, o, height] = dy.shape
  const width = horizontal.output + kw - 1
  const wide = pad(dy, [unpadded, unpadded, unpadded, [0, kw - 1]])
  const gap = zerosOf([n!, o!, kh, width], x.dtype)
  const copies = Array.from({ length: 2 * kh - 1 }, (_, i) => (i % 2 === 0 ? wide : gap))
  const grid = (height! + kh - 1) * width
  const repeated = reshape(concat(copies, 2), [n!, o! * kh, grid])
  const products = Array.from({ length: kw }, (_, j) => {
    const [before, behind] = [horizontal.before - j, after(horizontal) + j]
    const shifted = shift(x, [vertical.before, before], [after(vertical), behind])
    return sum(matmul(repeated, transpose(reshape(shifted, [n!, x.shape[1]!, grid]), [0, 2, 1])), [0])
  })
  return transpose(reshape(stack(products, 1), [o!, kh, kw, x.shape[1]!]), [0, 3, 1, 2])
}

/** Pads the last two axes with zeros, or crops where padding is negative: `padOrCrop` as one ONNX operator. */
const shift = (x: Tensor, before: readonly [number, number], behind: readonly [number, number]): Tensor =>
  node('Pad', {
    inputs: [x, int64s([0, 0, ...before, 0, 0, ...behind]), scalar(0, x.dtype)],
    shape: x.shape.map((size, i) => (i < 2 ? size : before[i - 2]! + size + behind[i - 2]!)),
  })
