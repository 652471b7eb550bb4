import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades, type Norm } from './cell.ts'
import { splice } from './data/splice.ts'
import { Transformer } from './transformer.ts'

const width = 32

/** Attends to the 12 groups of 5 bases of a sequence `[4, 60]`. */
class Net implements nn.Module {
  readonly transformer: Transformer
  readonly head = new nn.Linear(12 * width, 3)

  constructor(norm: Norm) {
    const shape = { features: 20, length: 12, width, heads: 2, blocks: 2 }
    this.transformer = new Transformer({ ...shape, causal: false, norm })
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const n = x.shape[0]!
    const groups = ops.transpose(ops.reshape(x, [n, 4, 12, 5]), [0, 2, 1, 3])
    const states = this.transformer.forward(ops.reshape(groups, [n, 12, 20]), mode)
    return this.head.forward(ops.reshape(states, [n, 12 * width]))
  }
}

export default {
  ...splice,
  id: 'biomedicine-attention',
  field: 'biomedicine',
  kind: 'attention',
  net: `transformer of 2 blocks of ${width} with 2 heads over 12 groups of 5 bases`,
  optimizer: 'adamw',
  rates: { none: halfDecades(-7, -3), batch: halfDecades(-7, -3), layer: halfDecades(-7, -3) },
  batchSize: 32,
  steps: 300,
  model: (norm) => new Net(norm),
} satisfies Cell
