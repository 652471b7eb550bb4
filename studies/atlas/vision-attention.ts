import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades, type Norm } from './cell.ts'
import { digits } from './data/digits.ts'
import { Transformer } from './transformer.ts'

const width = 32

/** Attends to the 10 patches of 2×5 pixels of an image. */
class Net implements nn.Module {
  readonly transformer: Transformer
  readonly head = new nn.Linear(width, 10)

  constructor(norm: Norm) {
    const shape = { features: 10, length: 10, width, heads: 2, blocks: 2 }
    this.transformer = new Transformer({ ...shape, causal: false, norm })
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const n = x.shape[0]!
    const patches = ops.transpose(ops.reshape(x, [n, 5, 2, 2, 5]), [0, 1, 3, 2, 4])
    const states = this.transformer.forward(ops.reshape(patches, [n, 10, 10]), mode)
    return this.head.forward(ops.mean(states, [1]))
  }
}

export default {
  id: 'vision-attention',
  field: 'vision',
  kind: 'attention',
  about: digits.about,
  net: `transformer of 2 blocks of ${width} with 2 heads over 10 patches of 2×5 pixels`,
  optimizer: 'adamw',
  rates: { none: halfDecades(-7, -3), batch: halfDecades(-7, -3), layer: halfDecades(-7, -3) },
  batchSize: 32,
  steps: 750,
  gate: digits.gate,
  parts: digits.parts,
  model: (norm) => new Net(norm),
} satisfies Cell
