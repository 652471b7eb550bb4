import { type Claim, check, type Outcome, type Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { differences, interval, listed, shown } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { curve, type Point, sweep } from './support/sweep.ts'

const lrs = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const seeds = [0, 1, 2]

/** Decades from the least to the greatest rate within 2 points of the best, and log₁₀ of that greatest. */
interface Window {
  readonly width: number
  readonly end: number
}

/** The window of one seed. */
function windowOf(points: readonly Point[], seed: number): Window {
  const accuracies = points.map((point) => point.accuracies[seed]!)
  const usable = lrs.filter((_, i) => accuracies[i]! >= Math.max(...accuracies) - 2).map(Math.log10)
  return { width: usable.at(-1)! - usable[0]!, end: usable.at(-1)! }
}

async function arm(depth: number, normalize: boolean, steps: number) {
  const learner = new Learner({
    model: deepNet({ depth, normalize }),
    dataset: examples(60_000, 0),
    batchSize: 128,
    momentum: 0.9,
  })
  const points = await sweep(learner, lrs, seeds, (lr) => ({ lr, steps }))
  return { curve: curve(points), windows: seeds.map((seed) => windowOf(points, seed)) }
}

/** How many decades more the windows of one arm span, or how much higher they end. */
const more = (a: readonly Window[], b: readonly Window[], of: keyof Window) =>
  interval(
    differences(
      a.map((window) => window[of]),
      b.map((window) => window[of]),
    ),
  )

interface Size {
  readonly steps: number
  /** How many decades higher the greatest usable rate is to be, by depth. */
  readonly wanted: ReadonlyMap<number, number>
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { steps: 250, wanted: new Map([[12, 0.4]]) },
  full: {
    steps: 1500,
    wanted: new Map([
      [2, Math.log10(3)],
      [6, Math.log10(3)],
      [12, 1],
    ]),
  },
}

export default {
  id: 'B12',
  title: 'Batch normalization widens the window of usable rates, the more the deeper the net',
  source:
    'Bjorck et al. 2018, arXiv 1806.02375, section 3; Ioffe & Szegedy 2015, arXiv 1502.03167, section 4.2',
  says: 'With BN, rates train that make the net without it diverge: 5 and 30 times as great in Inception, and in ResNet-110 at least 30 times.',
  async run(scale: Scale): Promise<Outcome> {
    const { steps, wanted } = sizes[scale]
    const measured: Outcome['measured'][number][] = [{ name: 'rates', value: lrs }]
    const checks: Outcome['checks'][number][] = []
    for (const [depth, decades] of wanted) {
      const plain = await arm(depth, false, steps)
      const norm = await arm(depth, true, steps)
      const end = more(norm.windows, plain.windows, 'end')
      const width = more(norm.windows, plain.windows, 'width')
      measured.push(
        { name: `accuracy at each rate, depth ${depth}, no BN`, value: plain.curve, unit: '%' },
        { name: `accuracy at each rate, depth ${depth}, BN`, value: norm.curve, unit: '%' },
        { name: `greatest usable rate, BN to no BN, depth ${depth}`, value: listed(end), unit: 'decades' },
        { name: `width of the window, BN to no BN, depth ${depth}`, value: listed(width), unit: 'decades' },
      )
      checks.push(
        check(
          `depth ${depth}: the greatest rate within 2 points of the best is ${shown(end)} decades higher with BN, ≥ ${decades.toFixed(2)}`,
          (scale === 'full' ? end.low : end.mean) >= decades,
        ),
      )
    }
    return { measured, checks }
  },
} satisfies Claim
