import { data, nn, ops, optim, schedule, train } from 'evenstep'

export interface Settings {
  readonly text: string
  readonly name: string
  /** Column of classes, which is to be predicted. */
  readonly column: string
  readonly epochs: number
}

train.serve({
  table: ({ text, name, column, epochs }: Settings) => {
    const table = data.parseTable(text, name, { label: column })
    const split = data.split(table, { validation: 0.2 })
    return train.experiment({
      data: split,
      model: () => {
        const input = new nn.TabularInput(split.train)
        return new nn.Sequential(
          input,
          new nn.Linear(input.features, 32, { bias: false }),
          new nn.BatchNorm1d(32),
          new nn.ReLU(),
          new nn.Linear(32, split.train.classes!),
        )
      },
      loss: ops.crossEntropy,
      optimizer: optim.adamw({ lr: schedule.cosineAnnealing(0.01, { tMax: '100%' }), weightDecay: 0.05 }),
      batchSize: 32,
      epochs,
    })
  },
})
