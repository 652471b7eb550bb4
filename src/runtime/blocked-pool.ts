import { node, type Tensor } from '../core/tensor.ts'
import { reshape } from '../ops/broadcast.ts'
import { type MaxPool, maxPoolGradient } from '../ops/max-pool-gradient.ts'
import { unitWindow } from '../ops/window.ts'
import { asImage, forImages, fromBlocks, knownBlocks, nchwc, toBlocks } from './blocks.ts'

/** Computes a max pool of blocks; `t` is a MaxPool along one or two axes, or is returned unchanged. */
export function poolInBlocks(t: Tensor): Tensor {
  const blocks = knownBlocks(t.inputs[0]!)
  if (!blocks) return t
  const { shape } = asImage(t)
  const pooled = node(`${nchwc}.MaxPool`, { inputs: [blocks], attributes: forImages(t), shape })
  return fromBlocks(pooled, t.shape)
}

/** Computes the gradient of a max pool, `t`, on blocks, if the input of the pool is one: the taps are whole blocks. */
export function gradientInBlocks(t: Tensor, { x, windows, dy }: MaxPool, size: number): Tensor {
  const blocks = knownBlocks(x)
  if (!blocks) return t
  const both = windows.length === 1 ? [unitWindow, ...windows] : windows
  const apart = (b: Tensor): Tensor => {
    const [n, c, h, w] = b.shape
    return reshape(b, [n!, c! / size, h!, w!, size])
  }
  const dx = maxPoolGradient(apart(blocks), both, apart(toBlocks(dy)))
  return fromBlocks(reshape(dx, blocks.shape), t.shape)
}
