// The training of digits.ts, with the epoch loop written by hand. Run it with: npx jiti examples/manual-loop.ts
import { data, nn, ops, optim, schedule, type Tensor, train } from 'evenstep'

class Net implements nn.Module {
  readonly fc1 = new nn.Linear(100, 100)
  readonly bn = new nn.BatchNorm1d(100)
  readonly fc2 = new nn.Linear(100, 10)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
  }
}

const epochs = Number(process.argv[2] ?? 5)
const digits = data.digits10x10()
const batches = data.loader(digits.train, { batchSize: 64, seed: 0, last: 'drop' })
const task = new train.Task({
  model: new Net(),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: schedule.lambda(0.1, 'step / (step + 1)') }),
  data: digits.train,
  seed: 0,
})

for (let epoch = 0; epoch < epochs; epoch++) {
  for (const batch of batches.batches(epoch)) await task.step(batch)
  const { loss, accuracy } = await task.evaluate(digits.validation)
  console.log(`epoch ${epoch + 1}: validation loss ${loss.toFixed(4)}, accuracy ${accuracy?.toFixed(4)}`)
}
