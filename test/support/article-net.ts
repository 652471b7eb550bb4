import type { Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'

/** The article's network. */
export class ArticleNet implements nn.Module {
  readonly fc1: nn.Linear = new nn.Linear(100, 100)
  readonly bn: nn.BatchNorm1d = new nn.BatchNorm1d(100)
  readonly fc2: nn.Linear = new nn.Linear(100, 10)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
  }
}
