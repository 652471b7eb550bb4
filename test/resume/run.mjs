// Trains a small network in the folder that is named, resuming what is there. Says `ready` when training begins.
import { mkdirSync } from 'node:fs'
import { data, nn, ops, optim, schedule, train } from '../../dist/index.js'

const [, , folder] = process.argv
const source = (n) => {
  const y = Int32Array.from({ length: n }, (_, i) => (i * 7) % 3)
  const x = Float32Array.from({ length: 40 * n }, (_, i) => Math.sin(i * i) + y[Math.floor(i / 40)])
  return data.dataset({ x, y, classes: 3 })
}
const experiment = train.experiment({
  data: { train: source(2000), validation: source(200) },
  model: () =>
    new nn.Sequential(new nn.Linear(40, 64), new nn.ReLU(), new nn.BatchNorm1d(64), new nn.Linear(64, 3)),
  loss: ops.crossEntropy,
  optimizer: optim.adamw({ lr: schedule.cosineAnnealing(0.01, { tMax: 5000 }) }),
  batchSize: 16,
  epochs: 40,
  lastBatch: 'keep',
  threads: 1,
  control: [schedule.reduceOnPlateau({ patience: 2 })],
  checkpoints: { everySteps: 20 },
})
mkdirSync(folder, { recursive: true })
const run = new train.RunFolder(folder, experiment, { resume: true })
for await (const event of run.events()) if (event.type === 'start') process.stdout.write('ready\n')
run.close()
