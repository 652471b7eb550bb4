// Trains with frozen statistics and with trained ones: EVENSTEP_DATA=… npx jiti studies/fine-tuning/run.ts [SEEDS]
// Each run is stored in studies/results/fine-tuning.jsonl at once; runs that are stored are not repeated.
import { join } from 'node:path'
import { data, nn, ops, optim, train } from 'evenstep'
import { part, resume } from '../support/progress.ts'
import { batchSize, looks, networks, type Outcome, type Plan, plansOf, steps, tasks } from './cells.ts'

const wanted = Number(process.argv[2] ?? looks.at(-1))
resume(join(import.meta.dirname, '../results/fine-tuning.jsonl'))
for (let seed = 0; seed < wanted; seed++) {
  for (const plan of plansOf(seed)) {
    const { accuracy } = await part(plan, () => run(plan))
    console.log(Object.values(plan).join(' '), `accuracy ${accuracy}`)
  }
}

async function run({ network, task, count, statistics, seed }: Plan): Promise<Outcome> {
  const split = await tasks[task]!.split(count, seed)
  const { make, size, locked } = networks[network]!
  const model = nn.initialize(make({ statistics, size }), seed)
  if (locked) nn.requiresGrad(model.body, false, locked)
  const job = new train.Task({
    model,
    loss: ops.crossEntropy,
    optimizer: optim.adamw({
      lr: 3e-3,
      groups: [{ match: '^body\\.', lrScale: 0.3 }, ...optim.noDecayOnNormAndBias()],
    }),
    data: split.train,
    threads: 1,
    seed,
  })
  const loader = data.loader(split.train, { batchSize, seed })
  const perEpoch = Math.floor(count / batchSize)
  for (let epoch = 0; epoch < steps / perEpoch; epoch++) {
    for (const batch of loader.batches(epoch)) await job.step(batch)
  }
  const { accuracy, loss } = await job.evaluate(split.validation, { batchSize: 50 })
  return { accuracy: accuracy!, loss }
}
