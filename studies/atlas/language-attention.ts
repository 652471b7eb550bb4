import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades, type Norm } from './cell.ts'
import { shakespeare } from './data/shakespeare.ts'
import { Transformer } from './transformer.ts'

const [context, width] = [16, 32]
const { needs, about, characters, parts } = shakespeare(context)

/** Predicts each next character from those before it. */
class Net implements nn.Module {
  readonly embedding = new nn.Embedding(characters, width)
  readonly transformer: Transformer
  readonly head = new nn.Linear(width, characters)

  constructor(norm: Norm) {
    const shape = { features: width, length: context, width, heads: 2, blocks: 2 }
    this.transformer = new Transformer({ ...shape, causal: true, norm })
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const states = this.transformer.forward(this.embedding.forward(x), mode)
    return ops.transpose(this.head.forward(states), [0, 2, 1])
  }
}

export default {
  id: 'language-attention',
  field: 'language',
  kind: 'attention',
  about,
  net: `transformer of 2 blocks of ${width} with 2 heads`,
  optimizer: 'adamw',
  rates: { none: halfDecades(-7, -3), batch: halfDecades(-7, -3), layer: halfDecades(-7, -3) },
  batchSize: 32,
  steps: 450,
  gate: {
    measure: 'loss',
    value: 2.523,
    of: 'counts of pairs of characters (a transformer of 4 layers of 128, context 64, has 1.88)',
  },
  needs,
  parts,
  model: (norm) => new Net(norm),
} satisfies Cell
