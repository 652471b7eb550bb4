import { schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { part } from './support/progress.ts'
import { digitsFor, finalLoss, halfDecades, seedsOf, tuned } from './support/tuned.ts'

const kinds = ['none', 'batch', 'layer', 'group', 'dyt'] as const
type Kind = (typeof kinds)[number]

const sizes = {
  quick: { kinds: ['batch', 'dyt'], lrs: [0.1, 0.32], seeds: [0], depth: 4, steps: 60, large: 8 },
  full: { kinds, lrs: halfDecades(-4, 1), seeds: seedsOf('full').judging, depth: 12, steps: 250, large: 40 },
} as const satisfies Readonly<Record<Scale, object>>

/** The greatest rate whose loss is at most half above the best, and the best loss, for each seed: B12's question. */
async function window(kind: Kind, scale: Scale) {
  const { lrs, seeds, depth, steps } = sizes[scale]
  const learner = new Learner({
    model: mlp({ depth, normalization: kind }),
    dataset: examples(60_000, 0),
    batchSize: 64,
    momentum: 0.9,
  })
  const ends: number[] = []
  const losses: number[] = []
  for (const seed of seeds) {
    const found: number[] = []
    for (const lr of lrs) {
      const loss = await part(['window', kind, lr, seed], async () => {
        const { diverged } = await learner.learn({ seed, lr, steps })
        return diverged ? Number.NaN : (await learner.measure(digitsFor('judging'))).loss
      })
      found.push(Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss)
    }
    const best = Math.min(...found)
    losses.push(best)
    ends.push(Math.max(...lrs.filter((_, i) => found[i]! <= 1.5 * best)))
  }
  return { ends, losses }
}

/** Losses after some steps in batches of 1,024 with a linear decay, each kind at its best rate: B13's question. */
async function large(kind: Kind, scale: Scale) {
  const steps = sizes[scale].large
  const learner = new Learner({
    model: mlp({ depth: 6, normalization: kind }),
    dataset: examples(60_000, 0),
    batchSize: 1024,
  })
  const plan = (lr: number) => ({
    lr: schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps }),
    steps,
  })
  return tuned(`large ${kind}`, finalLoss(learner, plan), scale === 'full' ? halfDecades(-1, 1) : [1], scale)
}

const names: Readonly<Record<Kind, string>> = {
  none: 'none',
  batch: 'BN',
  layer: 'layer norm',
  group: 'group norm',
  dyt: 'DyT',
}

export default {
  id: 'B30',
  title: 'Layer and group normalization raise the usable rate and help with large batches as BN does',
  source:
    'our question; Ba et al. 2016, arXiv 1607.06450; Wu & He 2018, arXiv 1803.08494; Zhu et al. 2025, arXiv 2503.10622 (DyT)',
  says: 'If these effects of B12 and B13 came from normalizing activations, and not from normalizing them over the batch, layer and group normalization have them too: higher usable rates than without normalization in a net of 12 layers, and lower losses after 40 batches of 1,024. DyT bounds activations without normalizing them, and is compared.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const windows = new Map<Kind, Awaited<ReturnType<typeof window>>>()
    const finals = new Map<Kind, readonly number[]>()
    for (const kind of sizes[scale].kinds) {
      const found = await window(kind, scale)
      windows.set(kind, found)
      measured.push(
        { name: `greatest usable rate, 12 hidden, ${names[kind]}`, value: mean(found.ends) },
        { name: `loss at the best rate, 12 hidden, ${names[kind]}`, value: mean(found.losses) },
      )
      const { lr, scores } = await large(kind, scale)
      finals.set(kind, scores)
      measured.push({ name: `loss, batches of 1,024, ${names[kind]}, rate ${lr}`, value: mean(scores) })
    }
    const effects: Effect[] = []
    for (const kind of scale === 'full' ? kinds.slice(1) : []) {
      const [claimedRate, claimedLoss] = kind === 'dyt' ? [] : (['above 1', 'below 1'] as const)
      const ends = (of: Kind) => windows.get(of)!.ends
      effects.push(
        effect(`greatest usable rate, ${names[kind]} to none`, ends(kind), ends('none'), claimedRate),
        effect(
          `batches of 1,024: loss, ${names[kind]} to none`,
          finals.get(kind)!,
          finals.get('none')!,
          claimedLoss,
        ),
      )
      if (kind === 'batch') continue
      effects.push(
        effect(`greatest usable rate, ${names[kind]} to BN`, ends(kind), ends('batch')),
        effect(`batches of 1,024: loss, ${names[kind]} to BN`, finals.get(kind)!, finals.get('batch')!),
      )
    }
    const most = Math.max(...[...windows.values()].flatMap(({ losses }) => losses))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every arm learns at some rate: ${short(most)} < ln 10`, most < Math.LN10),
      ],
    }
  },
} satisfies Claim
