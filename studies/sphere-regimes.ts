import { nn, ops, type Tensor } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { Descent, type Path } from './support/descent.ts'
import { examples } from './support/digits.ts'
import { checkMean, interval, listed, logRatios, ratioOf, shown, twelve } from './support/interval.ts'
import { length } from './support/length.ts'
import { Net } from './support/net.ts'
import { mean, norm, scaled } from './support/numbers.ts'
import { part } from './support/progress.ts'

interface Size {
  readonly lrs: readonly number[]
  readonly steps: number
  readonly seeds: readonly number[]
  /** How much a hovering loss may move, relatively. */
  readonly most: number
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { lrs: [1e-2, 1e-1, 1], steps: 500, seeds: [0], most: 0.4 },
  full: { lrs: [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1], steps: 2000, seeds: twelve, most: 0.2 },
}

type Initializer = ReturnType<typeof nn.init.normal>

/** Initializes with a random direction of this norm. */
const ofLength =
  (wanted: number): Initializer =>
  (random, shape) => {
    const w = nn.init.normal()(random, shape)
    return scaled(w, wanted / norm(w))
  }

const unit = (w: Tensor): Tensor => ops.div(w, length([w]))

/** Descent on unit spheres: each layer's weights have norm 1 after each step, the fixed last layer's 10. */
function onSpheres(): Promise<Descent> {
  const net = new Net({ sizes: [100, 100, 100, 100, 10], eps: 1e-12 })
  const weights = net.hidden.map(({ weight }) => weight)
  for (const weight of weights) weight.initializer = ofLength(1)
  net.out.weight.initializer = ofLength(10)
  return Descent.of({ net, weights, dataset: examples(10_000, 0), batchSize: 128, project: unit })
}

/** Mean losses of a run: over the last 20 % of its steps, and over the 30 % before. */
interface Losses {
  readonly last: number
  readonly before: number
}

/** The mean loss of a run between two fractions of its steps. */
const lossIn = ({ loss }: Path, from: number, to: number): number =>
  mean(loss.subarray(from * loss.length, to * loss.length))

export default {
  id: 'B18',
  title: 'Training on the sphere has three regimes: it converges, hovers or diverges',
  source: 'Kodryan et al. 2022, arXiv 2209.03695',
  says: 'With weights of fixed norm, small effective rates converge, medium ones hover at a constant loss, and large ones do no better than chance.',
  async run(scale: Scale): Promise<Outcome> {
    const { lrs, steps, seeds, most } = sizes[scale]
    const descent = await onSpheres()
    const losses = async (lr: number, seed: number): Promise<Losses> => {
      const path = await descent.run({ seed, steps, lr })
      return { last: lossIn(path, 0.8, 1), before: lossIn(path, 0.5, 0.8) }
    }
    const found = new Map<number, readonly Losses[]>()
    for (const lr of lrs) {
      const own: Losses[] = []
      for (const seed of seeds) own.push(await part([lr, seed, steps], () => losses(lr, seed)))
      found.set(lr, own)
    }
    const of = (lr: number, when: keyof Losses): number[] => found.get(lr)!.map((one) => one[when])
    const means = (when: keyof Losses): number[] => lrs.map((lr) => mean(of(lr, when)))
    const lossAt = (lr: number): string => shown(interval(of(lr, 'last')), 3)
    const [falling, flat] = [1e-2, 1e-1].map((lr) => logRatios(of(lr, 'last'), of(lr, 'before'))) as [
      number[],
      number[],
    ]
    const times = (logs: readonly number[]): string => shown(ratioOf(interval(logs)))
    return {
      measured: [
        { name: 'effective rates', value: lrs },
        { name: 'loss, steps from 50 % to 80 %', value: means('before') },
        { name: 'loss, last 20 % of the steps', value: means('last') },
        ...lrs.map((lr) => ({
          name: `loss, last 20 % of the steps, rate ${lr}`,
          value: listed(interval(of(lr, 'last'))),
        })),
      ],
      checks: [
        checkMean(scale, `rate 0.01 converges: loss ${lossAt(1e-2)} < 0.1`, of(1e-2, 'last'), { below: 0.1 }),
        checkMean(
          scale,
          `rate 0.01 still falls: the loss is ${times(falling)} times that before, < 0.9`,
          falling,
          {
            below: Math.log(0.9),
          },
        ),
        checkMean(scale, `rate 0.1 hovers: loss ${lossAt(1e-1)} from 0.3 to ln 10`, of(1e-1, 'last'), {
          above: 0.3,
          below: Math.log(10),
        }),
        checkMean(
          scale,
          `rate 0.1 neither falls nor rises: the loss is ${times(flat)} times that before, within ${most}`,
          flat,
          {
            above: Math.log(1 - most),
            below: Math.log(1 + most),
          },
        ),
        checkMean(scale, `rate 1 diverges: loss ${lossAt(1)} > ln 10`, of(1, 'last'), {
          above: Math.log(10),
        }),
      ],
    }
  },
} satisfies Claim
