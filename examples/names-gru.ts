// Predicts the next letter of a first name with a recurrent network over the 8 letters before it.
// Run it with: npx evenstep train examples/names-gru.ts
import { data, nn, ops, optim, schedule, type Tensor, train } from 'evenstep'

console.error('to reach: validation loss 2.03 (an even guess has 3.30, 3 letters 2.10)')

const context = 8
const examples = data.nextCharacter(data.names(), { context })
const split = data.split(examples, { validation: 0.1, stratify: false })

class Net implements nn.Module {
  readonly embedding = new nn.Embedding(examples.classes!, 16)
  readonly gru = new nn.GRU(16, 64, { batchFirst: true })
  readonly head = new nn.Linear(64, examples.classes!)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const states = this.gru.forward(this.embedding.forward(x), mode) // [batch, context, 64]
    return this.head.forward(ops.flatten(ops.slice(states, [[], [-1]]), 1))
  }
}

export default train.experiment({
  data: split,
  model: () => new Net(),
  loss: ops.crossEntropy,
  optimizer: optim.adamw({
    lr: schedule.oneCycle(0.01, { totalSteps: '100%' }),
  }),
  batchSize: 128,
  epochs: 4,
})
