import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { digits } from './data/digits.ts'
import { NormalizedGru } from './nets.ts'

const width = 32

/** Reads an image row by row. */
class Net implements nn.Module {
  readonly gru = new NormalizedGru(10, width)
  readonly head = new nn.Linear(width, 10)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.head.forward(this.gru.forward(ops.reshape(x, [x.shape[0]!, 10, 10]), mode))
  }
}

export default {
  id: 'vision-rnn',
  field: 'vision',
  kind: 'RNN',
  about: digits.about,
  net: `GRU of ${width} over the 10 rows, with normalized input projections`,
  optimizer: 'sgd',
  rates: { none: halfDecades(-3, 1), batch: halfDecades(-3, 1), layer: halfDecades(-3, 1) },
  batchSize: 64,
  steps: 600,
  gate: digits.gate,
  parts: digits.parts,
  model: () => new Net(),
} satisfies Cell
