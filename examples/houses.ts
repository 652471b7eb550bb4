// Two inputs and two outputs: a floor plan and a year of construction tell the kind of a house and its price.
// Run it with: npx evenstep train examples/houses.ts --test
import { data, nn, ops, optim, random, schedule, train } from 'evenstep'

console.error('to reach: accuracy of the kind 90 %, mean absolute error of the price 0.15')

const count = 1000
const side = 8

/** Plans of rooms on an 8 × 8 grid; villas are wide and flats are square, old or large houses cost more. */
function houses(): data.Dataset {
  const stream = random(0, 'houses')
  const plan = new Float32Array(count * side * side)
  const year = Float32Array.from({ length: count }, () => Math.round(stream.uniform(1900, 2020)))
  const kind = Int32Array.from({ length: count }, (_, i) => i % 2)
  const price = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const height = 2 + Math.floor(stream.uniform(0, 3))
    const width = kind[i] === 0 ? height : height + 2 + Math.floor(stream.uniform(0, 2))
    for (let row = 0; row < height; row++)
      for (let at = 0; at < width; at++) plan[i * side * side + row * side + at] = 1 + stream.normal(0, 0.3)
    price[i] = (10 * height * width + (2020 - year[i]!) + stream.normal(0, 5)) / 100
  }
  return data.tensors({
    x: { plan: { data: plan, shape: [1, side, side] }, year },
    y: { kind: { data: kind, classNames: ['flat', 'villa'] }, price },
  })
}

class Net {
  readonly conv = new nn.Conv2d(1, 8, 3, { padding: 'same', bias: false })
  readonly bn1 = new nn.BatchNorm2d(8)
  readonly hidden = new nn.Linear(8 * side * side + 1, 32, { bias: false })
  readonly bn2 = new nn.BatchNorm1d(32)
  readonly kind = new nn.Linear(32, 2)
  readonly price = new nn.Linear(32, 1)

  forward({ plan, year }: nn.TensorRecord, mode: nn.Mode): nn.TensorRecord {
    const seen = ops.relu(this.bn1.forward(this.conv.forward(plan!), mode))
    const joined = ops.concat([ops.reshape(seen, [-1, 8 * side * side]), year!], 1)
    const hidden = ops.relu(this.bn2.forward(this.hidden.forward(joined), mode))
    return { kind: this.kind.forward(hidden), price: ops.reshape(this.price.forward(hidden), [-1]) }
  }
}

export default train.experiment({
  data: data.normalize(data.split(houses(), { validation: 0.2, test: 0.1 }), { input: 'year' }),
  model: () => new Net(),
  loss: { kind: ops.crossEntropy, price: { loss: ops.mseLoss, weight: 2 } },
  metrics: { price: { mae: train.metrics.mae() } },
  monitor: 'kind.accuracy',
  optimizer: optim.adam({ lr: schedule.cosineAnnealing(0.01, { tMax: '100%' }) }),
  batchSize: 32,
  epochs: 10,
})
