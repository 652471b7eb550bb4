import { schedule } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { checkMean, differences, interval, listed, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { best, type Point, sweep } from './support/sweep.ts'

interface Size {
  readonly seeds: readonly number[]
  readonly count: number
  readonly batchSizes: readonly number[]
  readonly lrs: { readonly plain: readonly number[]; readonly norm: readonly number[] }
  /** The greatest allowed gap with small batches, in points. */
  readonly most: number
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: {
    seeds: [0],
    count: 8192,
    batchSizes: [16, 1024],
    lrs: { plain: [0.1, 0.3], norm: [0.1, 0.3, 1] },
    most: 2,
  },
  full: {
    seeds: twelve,
    count: 60_000,
    batchSizes: [16, 128, 1024],
    lrs: { plain: [0.03, 0.1, 0.3, 1], norm: [0.1, 0.3, 1, 3, 10] },
    most: 1,
  },
}

/** The best initial rate for one epoch of linear decay to 0. */
async function arm(normalize: boolean, batchSize: number, { seeds, count, lrs }: Size): Promise<Point> {
  const learner = new Learner({
    model: deepNet({ depth: 6, normalize }),
    dataset: examples(60_000, 0),
    batchSize,
  })
  const steps = Math.floor(count / batchSize)
  const points = await sweep(
    `batch ${batchSize}, ${normalize}`,
    learner,
    normalize ? lrs.norm : lrs.plain,
    seeds,
    (lr) => ({
      lr: schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
      steps,
    }),
  )
  return best(points)
}

export default {
  id: 'B13',
  title: 'Batch normalization gains accuracy mainly with large batches',
  source: 'De & Smith 2020, arXiv 2002.10444',
  says: 'With small batches, nets with and without BN reach similar accuracies at their best rates; only with large batches, where higher rates help, is BN far ahead.',
  async run(scale: Scale): Promise<Outcome> {
    const size = sizes[scale]
    const measured: Outcome['measured'][number][] = []
    const gaps = new Map<number, readonly number[]>()
    for (const batchSize of size.batchSizes) {
      const plain = await arm(false, batchSize, size)
      const norm = await arm(true, batchSize, size)
      const gap = differences(norm.accuracies, plain.accuracies)
      gaps.set(batchSize, gap)
      measured.push(
        { name: `accuracy, batch ${batchSize}, no BN`, value: listed(interval(plain.accuracies)), unit: '%' },
        { name: `accuracy, batch ${batchSize}, BN`, value: listed(interval(norm.accuracies)), unit: '%' },
        { name: `BN − no BN, batch ${batchSize}`, value: listed(interval(gap)), unit: 'points' },
        { name: `best rates, batch ${batchSize}, no BN and BN`, value: [plain.lr, norm.lr] },
      )
    }
    const [small, large] = [gaps.get(16)!, gaps.get(1024)!]
    return {
      measured,
      checks: [
        checkMean(
          scale,
          `batch 16: BN is ${shown(interval(small))} points ahead, < ${size.most} either way`,
          small,
          { above: -size.most, below: size.most },
        ),
        checkMean(scale, `batch 1024: BN is ${shown(interval(large))} points ahead, > 3`, large, {
          above: 3,
        }),
      ],
      remark:
        'The paper finds similar best rates with small batches too; in these plain nets, which have no residual branches, BN is best at a greater rate with every batch.',
    }
  },
} satisfies Claim
