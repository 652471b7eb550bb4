import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { checkMean, differences, interval, listed, ratioOf, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { curve, type Point, sweep } from './support/sweep.ts'

interface Size {
  readonly lrs: readonly number[]
  readonly seeds: readonly number[]
  readonly steps: number
  /** Required ratio of the highest usable rates, BN to no BN, by depth. */
  readonly wanted: ReadonlyMap<number, number>
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { lrs: [0.03, 0.3, 1], seeds: [0], steps: 200, wanted: new Map([[12, 2]]) },
  full: {
    lrs: Array.from({ length: 13 }, (_, i) => 10 ** (-2.5 + i / 4)),
    seeds: twelve,
    steps: 1500,
    wanted: new Map([
      [2, 3],
      [6, 3],
      [12, 10],
    ]),
  },
}

/** Logarithms: of the highest by the lowest rate within 2 points of the best, and of the highest. */
interface Window {
  readonly width: number
  readonly end: number
}

/** The window of one seed. */
function windowOf(points: readonly Point[], seed: number): Window {
  const most = Math.max(...points.map(({ accuracies }) => accuracies[seed]!))
  const usable = points
    .filter(({ accuracies }) => accuracies[seed]! >= most - 2)
    .map(({ lr }) => Math.log(lr))
  return { width: usable.at(-1)! - usable[0]!, end: usable.at(-1)! }
}

async function arm(depth: number, normalize: boolean, { lrs, seeds, steps }: Size) {
  const learner = new Learner({
    model: deepNet({ depth, normalize }),
    dataset: examples(60_000, 0),
    batchSize: 128,
    momentum: 0.9,
  })
  const points = await sweep(`depth ${depth}, ${normalize}`, learner, lrs, seeds, (lr) => ({ lr, steps }))
  return { curve: curve(points), windows: seeds.map((_, i) => windowOf(points, i)) }
}

/** Logarithm of the ratio of the windows' widths, or of their ends, between two arms, seed by seed. */
const times = (a: readonly Window[], b: readonly Window[], of: keyof Window): number[] =>
  differences(
    a.map((window) => window[of]),
    b.map((window) => window[of]),
  )

const ratioText = (logs: readonly number[]): string => shown(ratioOf(interval(logs)), 1)

export default {
  id: 'B12',
  title: 'Batch normalization raises the highest usable rate, and more so in deeper nets',
  source:
    'Bjorck et al. 2018, arXiv 1806.02375, section 3; Ioffe & Szegedy 2015, arXiv 1502.03167, section 4.2',
  says: 'BN makes higher rates possible and gains from them: without BN, Inception diverges at 5 times its rate; with BN, it trains best at 30 times.',
  async run(scale: Scale): Promise<Outcome> {
    const size = sizes[scale]
    const measured: Outcome['measured'][number][] = [{ name: 'rates', value: size.lrs }]
    const checks: Outcome['checks'][number][] = []
    for (const [depth, least] of size.wanted) {
      const plain = await arm(depth, false, size)
      const norm = await arm(depth, true, size)
      const end = times(norm.windows, plain.windows, 'end')
      const width = times(norm.windows, plain.windows, 'width')
      measured.push(
        { name: `accuracy at each rate, depth ${depth}, no BN`, value: plain.curve, unit: '%' },
        { name: `accuracy at each rate, depth ${depth}, BN`, value: norm.curve, unit: '%' },
        {
          name: `greatest usable rate, BN to no BN, depth ${depth}`,
          value: listed(ratioOf(interval(end))),
          unit: '×',
        },
        {
          name: `width of the window, BN to no BN, depth ${depth}`,
          value: listed(ratioOf(interval(width))),
          unit: '×',
        },
      )
      checks.push(
        checkMean(
          scale,
          `depth ${depth}: the greatest rate within 2 points of the best is ${ratioText(end)} times higher with BN, > ${least}`,
          end,
          { above: Math.log(least) },
        ),
      )
      // At the lowest rates, a short run does not get near its best, with BN or without.
      if (scale === 'quick' || depth < 12) continue
      checks.push(
        checkMean(
          scale,
          `depth ${depth}: all rates within 2 points span a range ${ratioText(width)} times wider with BN, > ${least}`,
          width,
          { above: Math.log(least) },
        ),
      )
    }
    return { measured, checks }
  },
} satisfies Claim
