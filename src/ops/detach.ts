import { node, type Tensor } from '../core/tensor.ts'

/** The same numbers, through which no gradient flows. As PyTorch's `detach`. */
export const detach = (x: Tensor): Tensor => node('Identity', { inputs: [x], shape: x.shape, dtype: x.dtype })
