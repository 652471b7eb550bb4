/**
 * Accuracy and Matthews correlation coefficient (MCC) of a net on the SMS Spam Collection (Almeida, Gómez Hidalgo &
 * Yamakami 2011; UCI 228): `npm run build && node bench/sms-spam.mjs PATH/sms-spam.tsv`.
 *
 * Five folds, in which repeated messages stay on one side; every message is predicted once, by the weights after the
 * last epoch. Nothing is chosen on the validation part.
 */
import { compile, data, nn, ops, optim, schedule, train } from '../dist/index.js'

const [path, by = 'characters', buckets = '8192', epochs = '8'] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: node bench/sms-spam.mjs PATH/sms-spam.tsv')
const table = await data.table(path, {
  header: ['class', 'text'],
  quote: false,
  label: 'class',
  columns: { text: { kind: 'text', by, buckets: Number(buckets) } },
})

const begin = performance.now()
const counts = [0, 0, 0, 0] // by 2 · label + prediction
for (const split of data.kFold(table, { folds: 5, by: 'text', seed: 0 })) {
  const experiment = train.experiment({
    data: split,
    model: () => {
      const input = new nn.TabularInput(split.train)
      return new nn.Sequential(
        input,
        new nn.Linear(input.features, 64, { bias: false }),
        new nn.BatchNorm1d(64),
        new nn.ReLU(),
        new nn.Dropout(0.5),
        new nn.Linear(64, 2),
      )
    },
    loss: ops.crossEntropy,
    optimizer: optim.adamw({ lr: schedule.cosineAnnealing(2e-3, { tMax: '100%' }), weightDecay: 0.01 }),
    batchSize: 64,
    epochs: Number(epochs),
  })
  const task = train.taskOf(experiment)
  for await (const _ of train.run(experiment, { task }));
  const { x, y, length } = split.validation
  const predict = await compile({ x: { shape: [length, ...x.shape] } }, (given) => ({
    logits: task.model.forward(given.x, 'eval'),
  }))
  const { logits } = await predict({ x: x.data })
  for (let i = 0; i < length; i++) counts[2 * y.data[i] + (logits[2 * i + 1] > logits[2 * i] ? 1 : 0)]++
}
const [ham, blocked, missed, caught] = counts
const total = ham + blocked + missed + caught
const mcc =
  (caught * ham - blocked * missed) /
  Math.sqrt((caught + blocked) * (caught + missed) * (ham + blocked) * (ham + missed))
console.log(
  `${by} in ${buckets} buckets, ${total} messages, ${((performance.now() - begin) / 1000).toFixed(0)} s`,
)
console.log(`accuracy ${((100 * (ham + caught)) / total).toFixed(2)} %, MCC ${mcc.toFixed(3)}`)
console.log(
  `spam caught ${((100 * caught) / (caught + missed)).toFixed(1)} %, ham blocked ${((100 * blocked) / (ham + blocked)).toFixed(2)} %`,
)
