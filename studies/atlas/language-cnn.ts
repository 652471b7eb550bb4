import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades, type Norm } from './cell.ts'
import { sms } from './data/sms.ts'
import { conv1d } from './nets.ts'

const width = 32

/** Convolutions over embedded words, and the greatest value of each channel. */
class Net implements nn.Module {
  readonly embedding = new nn.Embedding(sms.words, 16)
  readonly head = new nn.Linear(width, 2)
  readonly layers: nn.Sequential

  constructor(norm: Norm) {
    this.layers = new nn.Sequential(...conv1d(16, width, 3, { norm }), ...conv1d(width, width, 3, { norm }))
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const words = ops.transpose(this.embedding.forward(x), [0, 2, 1])
    return this.head.forward(ops.max(this.layers.forward(words, mode), [2]))
  }
}

export default {
  id: 'language-cnn',
  field: 'language',
  kind: 'CNN',
  about: sms.about,
  net: `words embedded in 16 features, 2 convolutions of ${width} channels over 3 words, ReLU, maximum over words`,
  optimizer: 'sgd',
  rates: { none: halfDecades(-4, 0), batch: halfDecades(-3, 1), layer: halfDecades(-3, 1) },
  batchSize: 32,
  steps: 450,
  gate: sms.gate,
  needs: sms.needs,
  parts: sms.parts,
  model: (norm) => new Net(norm),
} satisfies Cell
