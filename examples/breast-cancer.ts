// Malignant or benign, from 30 measurements of cell nuclei; evaluated on a held-out fifth of each class.
// Run it with: npx jiti examples/breast-cancer.ts
import { compile, data, nn, ops, optim, schedule, train } from 'evenstep'

console.log('to reach: area under the ROC curve 0.99, accuracy 0.95')

const { train: known, validation } = data.normalize(
  data.split(data.breastCancer(), { validation: 0.2, seed: 0, stratify: true }),
  { per: 'feature' },
)
const experiment = train.experiment({
  data: { train: known, validation },
  model: () =>
    new nn.Sequential(
      new nn.Linear(30, 16, { bias: false }),
      new nn.BatchNorm1d(16),
      new nn.ReLU(),
      new nn.Linear(16, 2),
    ),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({
    lr: schedule.cosineAnnealing(0.1, { tMax: '100%' }),
    momentum: 0.9,
    weightDecay: 1e-3,
  }),
  batchSize: 32,
  epochs: 20,
})

const task = train.taskOf(experiment)
for await (const _ of train.run(experiment, { task }));

const { accuracy } = await task.evaluate(validation)
const score = await compile({ x: { shape: [validation.length, 30] } }, ({ x }) => ({
  logits: task.model.forward(x, 'eval'),
}))
const logits = (await score({ x: validation.x.data })).logits as Float32Array
const labels = validation.y.data as Int32Array
const scores = Array.from(labels, (_, i) => logits[2 * i + 1]! - logits[2 * i]!)
const auc = areaUnderRoc(scores, labels)
console.log(`reached: area under the ROC curve ${auc.toFixed(4)}, accuracy ${accuracy?.toFixed(4)}`)

/** The share of pairs of a 1 and a 0 in which the 1 has the higher score; ties count half. */
function areaUnderRoc(scores: readonly number[], labels: Int32Array): number {
  const of = (label: number): number[] => scores.filter((_, i) => labels[i] === label)
  const [zeros, ones] = [of(0), of(1)]
  const won = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0)
  const sum = ones.reduce((total, a) => total + zeros.reduce((n, b) => n + won(a, b), 0), 0)
  return sum / (zeros.length * ones.length)
}
