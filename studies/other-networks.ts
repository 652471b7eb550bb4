import { nn, ops, type Tensor } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mean, short } from './support/numbers.ts'
import { stepsTo } from './support/steps-to.ts'
import { halfDecades, type Tuned, tuned } from './support/tuned.ts'

/** Two strided convolutions over the 10×10 pixels. */
class Convolutional implements nn.Module {
  readonly layers = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 3),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Flatten(),
  )
  readonly head = new nn.Linear(64, 10)
  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.head.forward(this.layers.forward(ops.reshape(x, [x.shape[0]!, 1, 10, 10]), mode))
  }
}

/** A GRU over the 10 rows of pixels, each projected and normalized first. */
class Recurrent implements nn.Module {
  readonly project = new nn.Linear(10, 32)
  readonly norm: nn.Module = new nn.BatchNorm1d(32)
  readonly gru = new nn.GRU(32, 32, { batchFirst: true })
  readonly head = new nn.Linear(32, 10)
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const batch = x.shape[0]!
    const rows = this.project.forward(ops.reshape(x, [batch * 10, 10]))
    const inputs = ops.relu(this.norm.forward(rows, mode))
    const states = this.gru.forward(ops.reshape(inputs, [batch, 10, 32]), mode)
    return this.head.forward(ops.flatten(ops.slice(states, [[], [-1]]), 1))
  }
}

const networks = {
  CNN: { make: () => new Convolutional(), target: 0.4, lrs: halfDecades(-1, 1) },
  GRU: { make: () => new Recurrent(), target: 0.8, lrs: halfDecades(-1, 1) },
} as const

const kinds = { full: ['none', 'layer', 'batch'], quick: ['batch'] } as const

async function arm(
  name: keyof typeof networks,
  kind: 'none' | 'layer' | 'batch',
  scale: Scale,
): Promise<Tuned> {
  const { make, target, lrs } = networks[name]
  const model = nn.normalizeLayers(make(), kind, { shape: [8, 100], dtype: 'float32' })
  const learner = new Learner({ model, dataset: examples(60_000, 0), batchSize: 64 })
  const score = stepsTo(learner, { target, most: 300, on: validation(500) })
  return tuned(`${name} ${kind}`, score, scale === 'full' ? lrs : [1], scale)
}

export default {
  id: 'B27',
  title: 'Batch normalization trains convolutional and recurrent networks in fewer steps',
  source:
    'the article; for recurrent nets, Laurent et al. 2015, arXiv 1510.01378, which normalizes input projections',
  says: 'As B21, in a small CNN and in a GRU whose projected inputs are normalized: fewer steps to the same validation loss, each arm at its best rate.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const name of scale === 'full' ? (['CNN', 'GRU'] as const) : (['CNN'] as const)) {
      const arms = new Map<string, Tuned>()
      for (const kind of kinds[scale]) arms.set(kind, await arm(name, kind, scale))
      for (const [kind, { lr, scores }] of arms) {
        measured.push({
          name: `${name}: steps to a loss of ${networks[name].target}, ${kind}, rate ${lr}`,
          value: mean(scores),
        })
      }
      for (const [kind, { scores }] of arms) {
        if (kind === 'batch') continue
        const wanted = kind === 'none' ? 'below 1' : undefined
        effects.push(effect(`${name}: steps, BN to ${kind}`, arms.get('batch')!.scores, scores, wanted))
      }
    }
    const most = Math.max(...measured.map(({ value }) => value as number))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every arm gets there, in ${short(most)} < 300 steps on average`, most < 300),
      ],
    }
  },
} satisfies Claim
