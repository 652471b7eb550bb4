import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import type { UpdateBlock } from './block.ts'
import type { Update } from './rule.ts'
import type { Scalars } from './scalars.ts'

/** Returns everything that a weight's update rule may read. Only scalars that are read become graph inputs. */
export const updateOf = (
  { options, w, buffers }: UpdateBlock,
  scalars: Scalars,
  g: Tensor,
  shared: ReadonlyMap<string, Variable>,
  lrG?: Tensor,
): Update => ({
  options,
  w: w.value,
  g,
  get lr() {
    return scalars.lr
  },
  get lrG() {
    return lrG ?? mul(g, scalars.lr)
  },
  rate: scalars.rate,
  value: scalars.value,
  hyper: scalars.hyper,
  rest: scalars.rest,
  host: scalars.host,
  buffer: (name) => buffers.get(name)!,
  shared: (name) => shared.get(name)!,
})
