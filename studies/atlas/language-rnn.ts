import { nn, type Tensor } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { names } from './data/names.ts'
import { NormalizedGru } from './nets.ts'

const { about, classes, gate, parts } = names(6)
const width = 32

class Net implements nn.Module {
  readonly embedding = new nn.Embedding(classes, 10)
  readonly gru = new NormalizedGru(10, width)
  readonly head = new nn.Linear(width, classes)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.head.forward(this.gru.forward(this.embedding.forward(x), mode))
  }
}

export default {
  id: 'language-rnn',
  field: 'language',
  kind: 'RNN',
  about,
  net: `letters embedded in 10 features, GRU of ${width} with normalized input projections`,
  optimizer: 'sgd',
  rates: { none: halfDecades(-3, 1), batch: halfDecades(-3, 1), layer: halfDecades(-3, 1) },
  batchSize: 64,
  steps: 900,
  gate,
  parts,
  model: () => new Net(),
} satisfies Cell
