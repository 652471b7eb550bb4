import { random } from '../../src/core/random.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { dataset, type Split } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import {
  type Experiment,
  type ExperimentOptions,
  experiment,
  type TrainEvent,
} from '../../src/train/index.ts'

/** A small network with batch normalization. */
export class ToyNet implements nn.Module {
  readonly fc1: nn.Linear = new nn.Linear(2, 8)
  readonly bn: nn.BatchNorm1d = new nn.BatchNorm1d(8)
  readonly fc2: nn.Linear = new nn.Linear(8, 3)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
  }
}

/** Three clouds of points in the plane, one a class. */
export function clouds(train: number = 100, validation: number = 30): Split {
  const source = random('clouds')
  const make = (n: number): Split['train'] => {
    const y = Int32Array.from({ length: n }, (_, i) => i % 3)
    const x = Float32Array.from({ length: 2 * n }, (_, i) =>
      source.normal([0, 3, -3][y[i >> 1]!]! * (i % 2 ? 1 : -1)),
    )
    return dataset({ x, y, classes: 3 })
  }
  return { train: make(train), validation: make(validation) }
}

/** An experiment that takes milliseconds, on data in memory unless told. */
export const toy = (changes: Partial<ExperimentOptions> = {}): Experiment & { readonly data: Split } =>
  experiment({
    data: clouds(),
    model: () => new ToyNet(),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 8,
    epochs: 2,
    ...changes,
  }) as Experiment & { readonly data: Split }

/** Returns all events of a run. */
export async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
