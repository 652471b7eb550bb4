import { nn, ops, type Tensor } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { beat, heartbeats } from './data/heartbeats.ts'
import { conv1d } from './nets.ts'

/** Convolutions over the samples of a beat; its intervals join before the last layer. */
class Net implements nn.Module {
  readonly layers = new nn.Sequential(
    ...conv1d(1, 8, 7, { stride: 2 }),
    ...conv1d(8, 16, 5, { stride: 2 }),
    ...conv1d(16, 16, 5, { stride: 2 }),
  )
  readonly head = new nn.Linear(16 * 4 + beat.intervals, 4)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const n = x.shape[0]!
    const samples = ops.reshape(ops.slice(x, [[], [0, beat.samples]]), [n, 1, beat.samples])
    const quarters = ops.reshape(this.layers.forward(samples, mode), [n, 16 * 4, 4])
    return this.head.forward(ops.concat([ops.mean(quarters, [2]), ops.slice(x, [[], [beat.samples]])], 1))
  }
}

export default {
  ...heartbeats,
  id: 'biomedicine-cnn',
  field: 'biomedicine',
  kind: 'CNN',
  net: '3 convolutions of 8, 16 and 16 channels with stride 2, ReLU, averaged over each quarter of the beat; intervals join before the last layer',
  optimizer: 'sgd',
  rates: { none: halfDecades(-5, -1), batch: halfDecades(-5, -1), layer: halfDecades(-5, -1) },
  batchSize: 32,
  steps: 600,
  model: () => new Net(),
} satisfies Cell
