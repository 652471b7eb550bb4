import { nn } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { splice } from './data/splice.ts'
import { mlp } from './nets.ts'

export default {
  ...splice,
  id: 'biomedicine-mlp',
  field: 'biomedicine',
  kind: 'MLP',
  net: '3 hidden layers of 64, ReLU, each with dropout of 0.3 after it; dropout of 0.2 on the bases',
  optimizer: 'sgd',
  rates: { none: halfDecades(-5, -1), batch: halfDecades(-4, 0), layer: halfDecades(-4, 0) },
  batchSize: 32,
  steps: 1500,
  model: (norm) =>
    new nn.Sequential(
      new nn.Flatten(),
      new nn.Dropout(0.2),
      ...mlp({ inputs: 240, hidden: [64, 64, 64], classes: 3, norm, dropout: 0.3 }),
    ),
} satisfies Cell
