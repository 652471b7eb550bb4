import { nn, optim, type Tensor } from 'evenstep'
import { type Check, type Claim, check, type Measure, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { hiddenWeights, Net } from './support/net.ts'
import { mean, percent, rootMeanSquare, short } from './support/numbers.ts'
import { angle, chord } from './support/sphere.ts'
import { training } from './support/training.ts'

/** A constant rate and weight decay. */
interface Setting {
  readonly name: string
  readonly optimizer: optim.Optimizer
  /** Angle by which weights turn per step in equilibrium, in radians. */
  readonly predicted: number
  /** Steps in which the remainder of the initial norm falls by a factor of e. */
  readonly time: number
  /** Allowed relative error of the angle. */
  readonly tolerance: number
}

const sgd = (lr: number, weightDecay: number, momentum: number): Setting => ({
  name: `SGD η ${lr}, λ ${weightDecay}, μ ${momentum}`,
  optimizer: optim.sgd({ lr, momentum, groups: hiddenWeights({ weightDecay }) }),
  predicted: Math.sqrt((2 * lr * weightDecay) / (1 + momentum)),
  time: (1 - momentum) / (4 * lr * weightDecay),
  tolerance: 0.05,
})

const adamw = (lr: number, weightDecay: number, beta1 = 0.9): Setting => ({
  name: `AdamW η ${lr}, λ ${weightDecay}, β₁ ${beta1}`,
  optimizer: optim.adamw({ lr, beta1, weightDecay: 0, groups: hiddenWeights({ weightDecay }) }),
  predicted: Math.sqrt((2 * lr * weightDecay * (1 - beta1)) / (1 + beta1)),
  time: 1 / (2 * lr * weightDecay),
  tolerance: 0.15,
})

const settings: Readonly<Record<Scale, readonly Setting[]>> = {
  quick: [sgd(0.1, 1e-2, 0.5), sgd(0.1, 5e-3, 0.9), adamw(3e-3, 1)],
  full: [
    sgd(0.1, 5e-3, 0),
    sgd(0.05, 1e-2, 0.5),
    sgd(0.05, 5e-3, 0.9),
    sgd(0.1, 5e-3, 0.9),
    adamw(1e-3, 1),
    adamw(3e-3, 0.3),
    adamw(3e-3, 1),
  ],
}

interface Length {
  /** Steps before the measurement, in units of the setting's time. */
  readonly settle: number
  /** Steps that are measured. */
  readonly look: number
}

const lengths: Readonly<Record<Scale, Length>> = {
  quick: { settle: 12, look: 600 },
  full: { settle: 16, look: 4000 },
}

interface Turning {
  /** Root mean square of the angle per step over the last steps; each hidden layer's weights are one vector. */
  readonly angles: readonly number[]
  /** The same over as many steps before those. */
  readonly before: readonly number[]
  /** Mean angle over the last steps. */
  readonly means: readonly number[]
}

async function turning(
  optimizer: optim.Optimizer,
  steps: number,
  look: number,
  count: number = 60_000,
): Promise<Turning> {
  const net = new Net({ sizes: [100, 128, 128, 128, 10], eps: 1e-5 })
  const course = await training({
    net,
    weights: nn.variables(net),
    optimizer,
    dataset: examples(count, 0),
    batchSize: 128,
    steps,
    watch: ({ before, after }): Record<string, Tensor> =>
      Object.fromEntries(net.hidden.map((_, i) => [`chord ${i}`, chord(before[i]!, after[i]!)])),
  })
  const turned = net.hidden.map((_, i) => course[`chord ${i}`]!.map(angle))
  return {
    angles: turned.map((all) => rootMeanSquare(all.subarray(-look))),
    before: turned.map((all) => rootMeanSquare(all.subarray(-2 * look, -look))),
    means: turned.map((all) => mean(all.subarray(-look))),
  }
}

export default {
  id: 'A8',
  title: 'Weight decay fixes the angle by which weights turn per step',
  source: 'Wan et al. 2020, arXiv 2006.08419; Kosson et al. 2023, arXiv 2305.17212',
  says:
    'In equilibrium, scale-invariant weights turn by √(2ηλ/(1 + μ)) per step with SGD, and by ' +
    '√(2ηλ(1 − β₁)/(1 + β₁)) with AdamW, whatever the data and the layer.',
  async run(scale: Scale): Promise<Outcome> {
    const { settle, look } = lengths[scale]
    const measured: Measure[] = []
    const checks: Check[] = []
    for (const { name, optimizer, predicted, time, tolerance } of settings[scale]) {
      const { angles: found, means } = await turning(optimizer, Math.round(settle * time) + look, look)
      measured.push({ name: `angle a step, 3 layers, ${name}`, value: found, expected: short(predicted) })
      measured.push({ name: `… its mean, ${name}`, value: means })
      const worst = found.reduce((a, b) => (Math.abs(b - predicted) > Math.abs(a - predicted) ? b : a))
      const off = worst / predicted - 1
      const what = `${name}: ${short(worst)} is ${percent(off)} off ${short(predicted)}, within ${100 * tolerance} %`
      checks.push(check(what, Math.abs(off) < tolerance))
    }
    const { predicted } = sgd(0.1, 5e-3, 0.9)
    const undecayed = await turning(optim.sgd({ lr: 0.1, momentum: 0.9 }), 2 * look, look)
    const greatest = Math.max(...undecayed.angles)
    const falls = Math.max(...undecayed.angles.map((now, i) => now / undecayed.before[i]!))
    measured.push({
      name: 'angle a step, 3 layers, SGD η 0.1, λ 0, μ 0.9',
      value: undecayed.angles,
      expected: 'falls',
    })
    checks.push(
      check(
        `control: without weight decay it is ${short(greatest)} < ${short(predicted / 2)} and falls, to ${short(falls)} of before`,
        greatest < predicted / 2 && falls < 0.95,
      ),
    )
    if (scale === 'full') {
      const { name, optimizer, predicted, time } = sgd(0.1, 5e-3, 0)
      const few = await turning(optimizer, Math.round(settle * time) + look, look, 10_000)
      const expected = short(predicted)
      measured.push({ name: `angle a step, 10,000 examples, ${name}`, value: few.angles, expected })
      measured.push({ name: `… its mean, 10,000 examples, ${name}`, value: few.means })
    }
    return {
      measured,
      checks,
      remark:
        'The prediction is of the root mean square. The mean angle is smaller, and much so without momentum on few ' +
        'examples, where gradients come in bursts once most examples are learnt.',
    }
  },
} satisfies Claim
