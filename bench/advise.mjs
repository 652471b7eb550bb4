// How good is advice? On three problems and three seeds: the validation loss of the recommended settings
// against the best of a grid of 60 trials that `advise` has not seen, and its cost relative to that grid.
// Run it with: node bench/advise.mjs [problem …]   (after npm run build)
import { data, nn, ops, optim, schedule, study, train } from '../dist/index.js'
import { median } from './statistics.mjs'

const digits = data.digits10x10()
const images = data.digits10x10({ layout: 'image' })
const first = (set, n) =>
  data.subset(
    set,
    Int32Array.from({ length: n }, (_, i) => i),
  )

class Net {
  fc1 = new nn.Linear(100, 100)
  bn = new nn.BatchNorm1d(100)
  fc2 = new nn.Linear(100, 10)
  forward(x, mode) {
    return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
  }
}

/** The README's network for 5 epochs, a net for 569 breast masses for 20, a CNN for 3 on 12,800 images. */
const problems = {
  digits: { data: digits, model: () => new Net(), batchSize: 64, steps: 4685, momentum: 0 },
  'breast cancer': {
    data: data.normalize(data.split(data.breastCancer(), { validation: 0.2, seed: 0 }), { per: 'feature' }),
    model: () =>
      new nn.Sequential(
        new nn.Linear(30, 16, { bias: false }),
        new nn.BatchNorm1d(16),
        new nn.ReLU(),
        new nn.Linear(16, 2),
      ),
    batchSize: 32,
    steps: 280,
    momentum: 0.9,
  },
  'small CNN': {
    data: { train: first(images.train, 12800), validation: first(images.validation, 2000) },
    model: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(8, 16, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(16),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.Linear(400, 10),
      ),
    batchSize: 64,
    steps: 600,
    momentum: 0.9,
  },
}

// The grid: 2 normalizations × 5 schedules × 6 rates.
const normalizations = ['none', 'batch']
const schedules = {
  constant: (lr) => schedule.constant(lr),
  linear: (lr, steps) => schedule.polynomial(lr, { totalIters: steps }),
  cosine: (lr, steps) => schedule.cosineAnnealing(lr, { tMax: steps }),
  step: (lr, steps) =>
    schedule.multiStep(lr, { milestones: [Math.floor(steps / 2), Math.floor(0.75 * steps)] }),
  oneCycle: (lr, steps) => schedule.oneCycle(lr, { totalSteps: steps }),
}
const rates = [0.01, 0.03, 0.1, 0.3, 1, 3]

const experimentOf = ({ momentum, ...problem }, seed, lr, normalization) =>
  train.experiment({
    ...problem,
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr, momentum }),
    seed,
    threads: 1,
    ...(normalization && { normalization }),
  })

async function lossOf(experiment) {
  let loss = Number.POSITIVE_INFINITY
  try {
    for await (const event of train.run(experiment)) if (event.type === 'epoch') loss = event.validationLoss
  } catch (error) {
    if (!/finite/.test(error.message)) throw error
    return Number.POSITIVE_INFINITY
  }
  return loss
}

async function bestOfGrid(problem, seed) {
  let best = { loss: Number.POSITIVE_INFINITY }
  for (const normalization of normalizations) {
    for (const [name, make] of Object.entries(schedules)) {
      for (const lr of rates) {
        const loss = await lossOf(experimentOf(problem, seed, make(lr, problem.steps), normalization))
        if (loss < best.loss) best = { loss, text: `${normalization}, ${name}, ${lr}` }
      }
    }
  }
  return best
}

async function advised(problem, seed) {
  const budget = Math.floor(0.15 * 60 * problem.steps)
  let advice
  for await (const event of study.advise(experimentOf(problem, seed, 0.1), { budget })) {
    if (event.type === 'advice') ({ advice } = event)
  }
  const { normalization, schedule: chosen, lr, weightDecay } = advice.recommendation
  const decay = weightDecay === undefined ? '' : `, weight decay ${weightDecay}`
  return {
    loss: advice.recommendation.score.value,
    cost: advice.steps.spent / (60 * problem.steps),
    text: normalization === undefined ? 'as it is' : `${normalization}, ${chosen.name}, ${lr}${decay}`,
  }
}

const percent = (x) => `${(100 * x).toFixed(1)} %`
console.log('| problem | seed | best of 60 trials | advised | loss over best | cost |')
console.log('| --- | --: | --- | --- | --: | --: |')
for (const [name, problem] of Object.entries(problems)) {
  if (process.argv.length > 2 && !process.argv.includes(name)) continue
  const excess = []
  for (const seed of [0, 1, 2]) {
    const [best, found] = [await bestOfGrid(problem, seed), await advised(problem, seed)]
    excess.push(found.loss / best.loss - 1)
    const cells = [
      name,
      seed,
      `${best.loss.toFixed(4)} (${best.text})`,
      `${found.loss.toFixed(4)} (${found.text})`,
    ]
    console.log(`| ${[...cells, percent(excess.at(-1)), percent(found.cost)].join(' | ')} |`)
  }
  console.log(`| ${name} | median | | | ${percent(median(excess))} | |`)
}
