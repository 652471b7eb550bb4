import { node, type Tensor } from '../core/tensor.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { reshape } from '../ops/broadcast.ts'
import { walkOfWeight } from '../ops/correlate.ts'
import { poolOfGradient } from '../ops/max-pool-gradient.ts'
import { transpose } from '../ops/movement.ts'
import { worthTransforming } from '../ops/winograd.ts'
import { inBlocks } from './blocked-layers.ts'
import { gradientInBlocks } from './blocked-pool.ts'
import { hasWeightInBlocks, weightInBlocks } from './blocked-weight.ts'
import { forImages, fromBlocks, nchwc, toBlocks } from './blocks.ts'
import { fuseConvolutions } from './fused.ts'
import { isPrepared, walkOf } from './transformed.ts'

/**
 * Rewrites the convolutions of a graph, their gradients, and the layers between them to use ONNX Runtime's CPU kernels
 * for channels that are stored in blocks (`com.microsoft.nchwc`), so that a block fills a vector register. ONNX Runtime
 * itself uses these kernels only for constant weights; here the graph reorders the weights at each step.
 *
 * @param size channels per block of this CPU's kernels; below 2, the graph stays as it is
 */
export function blockConvolutions(roots: readonly Tensor[], size: number): Tensor[] {
  if (size < 2) return [...roots]
  const remade = rebuild(
    roots,
    (t, before, remadeOf) => {
      const walk = walkOfWeight(before)
      if (walk) {
        const [x, dy] = before.sources!.map(remadeOf)
        return hasWeightInBlocks(x!, dy!, walk, size) ? weightInBlocks(x!, dy!, walk, size) : t
      }
      const pool = poolOfGradient(before)
      if (pool) return gradientInBlocks(t, { ...pool, x: remadeOf(pool.x), dy: remadeOf(pool.dy) }, size)
      return t.op === 'Conv' ? convolvedInBlocks(t, size) : inBlocks(t, size)
    },
    (t) => [...sourcesOf(t), ...t.inputs],
  )
  return fuseConvolutions(remade)
}

/** Returns what a gradient in blocks is computed from. */
function sourcesOf(t: Tensor): readonly Tensor[] {
  if (walkOfWeight(t)) return t.sources!
  const pool = poolOfGradient(t)
  return pool ? [pool.x, pool.dy] : []
}

/** Computes a convolution in blocks, if its channels divide into blocks of `size` and its weight is no constant. */
function convolvedInBlocks(t: Tensor, size: number): Tensor {
  const [x, weight, ...bias] = t.inputs
  const [o, c, ...kernel] = weight!.shape
  const fits = o! % size === 0 && (c! < size || c! % size === 0) && kernel.length <= 2
  if (!fits || isPrepared(t) || t.dtype !== 'float32' || t.attributes.group !== 1) return t
  if (worthTransforming(x!, o!, walkOf(t, x!, t))) return t
  const image = (shape: readonly number[]): number[] =>
    shape.length === 3 ? shape.toSpliced(2, 0, 1) : [...shape]
  const filter = reshape(weight!, image(weight!.shape))
  const seen = c! < size ? reshape(x!, image(x!.shape)) : toBlocks(x!)
  const inputs = [seen, c! < size ? outputsInBlocks(filter, size) : weightsInBlocks(filter, size), ...bias]
  const y = node(`${nchwc}.Conv`, { inputs, attributes: forImages(t), shape: image(t.shape) })
  return fromBlocks(y, t.shape)
}

/** Reorders the elements of a weight `[o, c, h, w]` as `[o / size, c / size, h, w, c % size, o % size]`. */
function weightsInBlocks(weight: Tensor, size: number): Tensor {
  const [o, c, h, w] = weight.shape
  const apart = reshape(weight, [o! / size, size, c! / size, size, h!, w!])
  return reshape(transpose(apart, [0, 2, 4, 5, 3, 1]), weight.shape)
}

/** Reorders the elements of a weight `[o, c, h, w]`, with fewer inputs than a block, as `[o / size, c, h, w, o % size]`. */
function outputsInBlocks(weight: Tensor, size: number): Tensor {
  const [o, c, h, w] = weight.shape
  const apart = reshape(weight, [o! / size, size, c! * h! * w!])
  return reshape(transpose(apart, [0, 2, 1]), weight.shape)
}
