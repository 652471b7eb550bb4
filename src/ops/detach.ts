import { node, type Tensor } from '../core/tensor.ts'

/** The values of `x`, without a gradient. As PyTorch's `detach`. */
export const detach = (x: Tensor): Tensor => node('Identity', { inputs: [x] })
