import { node, type Tensor } from '../core/tensor.ts'

/** Returns the values of `x`, through which no gradient flows back to `x`. As PyTorch's `detach`. */
export const detach = (x: Tensor): Tensor => node('Identity', { inputs: [x] })
