import { ops } from 'evenstep'
import { type Claim, check, type Outcome, type Scale } from './claim.ts'
import { Descent, type Path } from './support/descent.ts'
import { examples } from './support/digits.ts'
import { checkMean, interval, listed, shown } from './support/interval.ts'
import { Net } from './support/net.ts'
import { greatest, mean, short } from './support/numbers.ts'

interface Size {
  readonly lrs: readonly number[]
  readonly count: number
  readonly steps: number
  readonly seeds: readonly number[]
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { lrs: [0.1, 1, 1e4], count: 500, steps: 200, seeds: [0] },
  full: { lrs: [1e-2, 1e-1, 1, 10, 100, 1e3, 1e4, 1e5], count: 1000, steps: 400, seeds: [0, 1, 2] },
}

/** Full-batch descent of the hidden weights only, at each rate from each seed; the last layer is fixed. */
async function arm(normalize: boolean, { lrs, count, steps, seeds }: Size): Promise<readonly Path[][]> {
  const net = new Net({ sizes: [100, 100, 100, 100, 10], normalize, activation: ops.tanh, eps: 1e-12 })
  const descent = await Descent.of({
    net,
    weights: net.hidden.map(({ weight }) => weight),
    dataset: examples(count, 0),
  })
  const paths: Path[][] = []
  for (const lr of lrs) {
    const own: Path[] = []
    for (const seed of seeds) own.push(await descent.run({ seed, steps, lr }))
    paths.push(own)
  }
  return paths
}

/** The smallest gradient norm in the first `steps` steps, rescaled to weights of norm 1. */
const leastSlope = ({ slope, size }: Path, steps: number): number =>
  Math.min(...slope.subarray(1, steps).map((g, t) => g * size[t]!))

/** The power of T with which the smallest gradient falls over the last four fifths of a run. */
function power(path: Path): number {
  const steps = path.loss.length
  return Math.log(leastSlope(path, steps) / leastSlope(path, steps / 5)) / Math.log(5)
}

const lasts = (paths: readonly Path[]): number[] => paths.map(({ loss }) => loss.at(-1)!)
/** The greatest last loss; NaN counts as infinite, because it is not below anything. */
const worst = (paths: readonly Path[]): number =>
  greatest(lasts(paths).map((loss) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss)))

export default {
  id: 'B11',
  title: 'Scale-invariant weights train at any constant rate',
  source: 'Arora, Li & Lyu 2018, arXiv 1812.03981',
  says: 'At any fixed rate for the weights before BN, full-batch gradient descent reaches a gradient norm of order T^(−1/2): the effective rate η/‖w‖² tunes itself.',
  async run(scale: Scale): Promise<Outcome> {
    const { lrs } = sizes[scale]
    const norm = await arm(true, sizes[scale])
    const plain = await arm(false, sizes[scale])
    const [normLosses, plainLosses] = [norm, plain].map((arms) => arms.map((paths) => mean(lasts(paths))))
    const effective = norm.map((paths, i) => mean(paths.map(({ size }) => lrs[i]! / size.at(-1)! ** 2)))
    const [trained, without] = [norm, plain].map((arms) => arms.filter((paths) => worst(paths) < 1).length)
    const fall = norm[lrs.indexOf(1)]!.map(power)
    const highest = worst(norm.flat())
    return {
      measured: [
        { name: 'rates', value: lrs },
        { name: 'loss at the end, BN', value: normLosses! },
        { name: 'loss at the end, no BN', value: plainLosses! },
        { name: 'effective rate η/‖w‖² at the end, BN', value: effective },
        {
          name: 'power of T of the least gradient at rate 1',
          value: listed(interval(fall)),
          expected: '≤ −0.5',
        },
      ],
      checks: [
        check(
          `BN: the greatest loss at rates from ${lrs[0]} to ${lrs.at(-1)} is ${short(highest)} < 1`,
          highest < 1,
        ),
        check(
          `no BN: ${without} of ${lrs.length} rates end below 1, fewer than ${trained}`,
          without! < trained!,
        ),
        check(`BN: the greatest η/‖w‖² is ${short(greatest(effective))} < 0.05`, greatest(effective) < 0.05),
        checkMean(
          scale,
          `the least gradient falls as T^${shown(interval(fall))} at rate 1, power < −0.4`,
          fall,
          { below: -0.4 },
        ),
      ],
      remark:
        'To train is not to train well: after a huge first step ‖w‖ is so large that the effective rate stays far too small, and nothing brings it back without weight decay.',
    }
  },
} satisfies Claim
