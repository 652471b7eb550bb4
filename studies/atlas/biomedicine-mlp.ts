import { nn } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { splice } from './data/splice.ts'
import { mlp } from './nets.ts'

export default {
  ...splice,
  id: 'biomedicine-mlp',
  field: 'biomedicine',
  kind: 'MLP',
  net: '3 hidden layers of 64, ReLU',
  optimizer: 'sgd',
  rates: { none: halfDecades(-5, -1), batch: halfDecades(-4, 0), layer: halfDecades(-4, 0) },
  batchSize: 32,
  steps: 600,
  model: () => new nn.Sequential(new nn.Flatten(), ...mlp(240, [64, 64, 64], 3)),
} satisfies Cell
