import { nn } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { digits } from './data/digits.ts'
import { mlp } from './nets.ts'

export default {
  id: 'vision-mlp',
  field: 'vision',
  kind: 'MLP',
  about: digits.about,
  net: '4 hidden layers of 64, ReLU',
  optimizer: 'sgd',
  rates: { none: halfDecades(-5, -1), batch: halfDecades(-4, 0), layer: halfDecades(-4, 0) },
  batchSize: 64,
  steps: 900,
  gate: digits.gate,
  parts: digits.parts,
  model: (norm) => new nn.Sequential(...mlp({ inputs: 100, hidden: [64, 64, 64, 64], classes: 10, norm })),
} satisfies Cell
