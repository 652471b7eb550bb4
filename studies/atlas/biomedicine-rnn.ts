import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { beat, heartbeats } from './data/heartbeats.ts'
import { NormalizedGru } from './nets.ts'

const [width, steps] = [16, 16]

/** Reads a beat in 16 steps of 8 samples; its intervals join before the last layer. */
class Net implements nn.Module {
  readonly gru = new NormalizedGru(beat.samples / steps, width)
  readonly head = new nn.Linear(width + beat.intervals, 4)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const samples = ops.slice(x, [[], [0, beat.samples]])
    const state = this.gru.forward(ops.reshape(samples, [x.shape[0]!, steps, beat.samples / steps]), mode)
    return this.head.forward(ops.concat([state, ops.slice(x, [[], [beat.samples]])], 1))
  }
}

export default {
  ...heartbeats,
  id: 'biomedicine-rnn',
  field: 'biomedicine',
  kind: 'RNN',
  net: `GRU of ${width} over ${steps} steps of 8 samples, with normalized input projections; intervals join before the last layer`,
  optimizer: 'sgd',
  rates: { none: halfDecades(-4, 0), batch: halfDecades(-4, 0), layer: halfDecades(-4, 0) },
  batchSize: 64,
  steps: 450,
  model: () => new Net(),
} satisfies Cell
