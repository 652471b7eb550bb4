import { node, type Tensor } from '../core/tensor.ts'

/** Returns the values of `x`; no gradient flows back to `x`. As PyTorch's `detach`. */
export const detach = (x: Tensor): Tensor => node('Identity', { inputs: [x] })
