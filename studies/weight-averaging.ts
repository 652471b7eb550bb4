import { data, ops, optim, schedule, train } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples, mislabelled, validation } from './support/digits.ts'
import { checkMean, differences, interval, listed, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { part } from './support/progress.ts'

interface Size {
  readonly steps: number
  readonly seeds: readonly number[]
  /** Whether to train at a falling rate as well, which is reported and not checked. */
  readonly decays: boolean
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { steps: 600, seeds: [0, 1], decays: false },
  full: { steps: 2000, seeds: twelve, decays: true },
}
const batchSize = 128
const every = 20

/** Percent of the validation digits classified correctly, one number per seed. */
interface Accuracies {
  /** With the last weights of a run at a constant rate. */
  readonly last: number[]
  /** With the mean of the weights over its second half, and the last weights' running statistics. */
  readonly stale: number[]
  /** With the same mean, and recalibrated running statistics. */
  readonly fresh: number[]
  /** With the last weights of a run whose rate decays to 0. */
  readonly decayed: number[]
}

async function arm(normalize: boolean, lr: number, { steps, seeds, decays }: Size): Promise<Accuracies> {
  const dataset = mislabelled(examples(60_000, 0), 0.5)
  const model = deepNet({ depth: 4, width: 128, normalize })
  const learner = new Learner({
    model,
    dataset,
    batchSize,
    momentum: 0.9,
    average: { type: 'swa', start: steps / 2 - 1, every, batchNorm: 'copy' },
  })
  const { optimizerState: state, variables } = learner.task
  const averages = new Map(
    [...variables].flatMap(([name, v]) => (state.has(`swa.${name}`) ? [[v, state.get(`swa.${name}`)!]] : [])),
  )
  // Evaluates the model's current weights, not averages of them.
  const judge = new train.Task({
    model,
    data: dataset,
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0 }),
    threads: 1,
  })
  const accuracy = async (): Promise<number> =>
    100 * (await judge.evaluate(validation(), { batchSize: 500 })).accuracy!
  const constant = async (seed: number) => {
    await learner.learn({ seed, steps, lr })
    const last = await accuracy()
    return optim.swapped(variables.values(), averages, async () => {
      const stale = await accuracy()
      await train.recalibrate(model, data.loader(dataset, { batchSize, seed }), { batches: 50 })
      return { last, stale, fresh: await accuracy() }
    })
  }
  const decayed = async (seed: number) => {
    const falling = schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps })
    await learner.learn({ seed, steps, lr: falling })
    return accuracy()
  }
  const found: Accuracies = { last: [], stale: [], fresh: [], decayed: [] }
  for (const seed of seeds) {
    const own = await part(['constant', normalize, seed, steps], () => constant(seed))
    found.last.push(own.last)
    found.stale.push(own.stale)
    found.fresh.push(own.fresh)
    if (decays) found.decayed.push(await part(['decayed', normalize, seed, steps], () => decayed(seed)))
  }
  return found
}

export default {
  id: 'B16',
  title: 'Averaged weights need their own running statistics',
  source: 'Izmailov et al. 2018, arXiv 1803.05407, section 3; Defazio et al. 2024, arXiv 2405.15682',
  says: 'The mean of the weights of a run at a constant rate does better than the last weights; with BN, its running statistics have to be recalibrated.',
  async run(scale: Scale): Promise<Outcome> {
    const norm = await arm(true, 0.2, sizes[scale])
    const plain = await arm(false, 0.05, sizes[scale])
    const gap = (a: keyof Accuracies, b: keyof Accuracies, of = norm) => differences(of[a], of[b])
    const anew = gap('fresh', 'stale')
    const averaged = gap('stale', 'last')
    const both = gap('fresh', 'last')
    const without = gap('fresh', 'last', plain)
    const row = (name: keyof Accuracies, of = norm) => listed(interval(of[name]))
    const decayed = (name: string, of: Accuracies) =>
      sizes[scale].decays ? [{ name, value: row('decayed', of), unit: '%' }] : []
    const positive = (name: string, gap: readonly number[]) =>
      checkMean(scale, `${name}: ${shown(interval(gap))} points > 0`, gap, { above: 0 })
    return {
      measured: [
        { name: 'accuracy, BN, last weights', value: row('last'), unit: '%' },
        { name: 'accuracy, BN, mean weights, stale statistics', value: row('stale'), unit: '%' },
        { name: 'accuracy, BN, mean weights, statistics measured anew', value: row('fresh'), unit: '%' },
        ...decayed('accuracy, BN, rate that falls to 0', norm),
        { name: 'accuracy, no BN, last weights', value: row('last', plain), unit: '%' },
        { name: 'accuracy, no BN, mean weights', value: row('fresh', plain), unit: '%' },
        ...decayed('accuracy, no BN, rate that falls to 0', plain),
      ],
      checks: [
        positive('measured anew − stale', anew),
        positive('measured anew − last', both),
        // Few steps move the mean so little from the last weights that this is no larger than its noise.
        ...(scale === 'full' ? [positive('stale − last', averaged)] : []),
        positive('without BN, mean − last', without),
      ],
      remark:
        'Half of the training labels are any digit, so that the noise of the gradient is worth averaging out.',
    }
  },
} satisfies Claim
