import { nn } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { names } from './data/names.ts'
import { mlp } from './nets.ts'

const { about, classes, gate, parts } = names(3)

export default {
  id: 'language-mlp',
  field: 'language',
  kind: 'MLP',
  about,
  net: 'letters embedded in 10 features, 2 hidden layers of 64, ReLU',
  optimizer: 'sgd',
  rates: { none: halfDecades(-4, 0), batch: halfDecades(-3, 1), layer: halfDecades(-3, 1) },
  batchSize: 64,
  steps: 900,
  gate,
  parts,
  model: (norm) =>
    new nn.Sequential(
      new nn.Embedding(classes, 10),
      new nn.Flatten(),
      ...mlp({ inputs: 30, hidden: [64, 64], classes, norm }),
    ),
} satisfies Cell
