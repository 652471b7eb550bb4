import type { data, nn } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { refresher } from './support/controlled.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { digitsFor, finalLoss, halfDecades, seedsOf, tuned } from './support/tuned.ts'

const kinds = { full: ['layer', 'group', 'batch'], quick: ['layer', 'batch'] } as const
type Kind = (typeof kinds.full)[number]
const sizes = {
  quick: { batchSizes: [2], lrs: [0.03], count: 600 },
  full: { batchSizes: [2, 4, 64], lrs: halfDecades(-3, 0), count: 8000 },
} as const

const net = (normalization: Kind): nn.Module => mlp({ depth: 2, normalization })

/** Test losses after the same number of examples in batches of one size. */
async function small(kind: Kind, batchSize: number, scale: Scale) {
  const { count, lrs } = sizes[scale]
  const learner = new Learner({ model: net(kind), dataset: examples(60_000, 0), batchSize })
  const rates = lrs.map((lr) => Number((lr * Math.sqrt(batchSize / 8)).toPrecision(2)))
  return tuned(
    `${kind} ${batchSize}`,
    finalLoss(learner, (lr) => ({ lr, steps: Math.floor(count / batchSize) })),
    rates,
    scale,
  )
}

/** The digits at half the contrast and on a lighter ground. */
const shifted = (digits: data.Dataset): data.Dataset => ({
  ...digits,
  x: { ...digits.x, data: Float32Array.from(digits.x.data as Float32Array, (value) => 0.5 * value + 0.5) },
})

/** Losses on digits that look otherwise: with statistics as they are, and measured on such digits. */
async function shift(kind: Kind): Promise<{ readonly stored: number[]; readonly anew: number[] }> {
  const model = net(kind)
  const learner = new Learner({ model, dataset: examples(60_000, 0), batchSize: 64 })
  const refresh = await refresher(model, shifted(examples(2000, 1)))
  const found = { stored: [] as number[], anew: [] as number[] }
  for (const seed of seedsOf('full').judging) {
    await learner.learn({ seed, lr: 0.3, steps: 500 })
    const digits = shifted(digitsFor('judging'))
    found.stored.push((await learner.measure(digits)).loss)
    await refresh?.()
    found.anew.push((await learner.measure(digits)).loss)
  }
  return found
}

export default {
  id: 'B25',
  title: 'Batch normalization leans on the batch: on its size in training, and on its likeness afterwards',
  source:
    'the article; Wu & He 2018, arXiv 1803.08494, figure 1; Wu & Johnson 2021, arXiv 2105.07576, section 5',
  says: 'With few examples in a batch, BN ends at a higher loss than layer or group normalization, and with many it does not. On data that look otherwise than in training, statistics measured on these data do better than the running ones.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const batchSize of sizes[scale].batchSizes) {
      const losses = new Map<Kind, readonly number[]>()
      for (const kind of kinds[scale]) {
        const { lr, scores } = await small(kind, batchSize, scale)
        losses.set(kind, scores)
        measured.push({ name: `test loss, batch ${batchSize}, ${kind}, rate ${lr}`, value: mean(scores) })
      }
      const wanted = batchSize <= 4 ? 'above 1' : undefined
      for (const kind of kinds[scale].filter((kind) => kind !== 'batch')) {
        effects.push(
          effect(
            `batch ${batchSize}: test loss, BN to ${kind}`,
            losses.get('batch')!,
            losses.get(kind)!,
            wanted,
          ),
        )
      }
    }
    if (scale === 'full') await shiftedEffects(measured, effects)
    const most = Math.max(...measured.map(({ value }) => value as number))
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(
          `every arm learns: the greatest mean loss is ${short(most)} < ${scale === 'full' ? 20 : 2.3}`,
          most < (scale === 'full' ? 20 : 2.3),
        ),
      ],
    }
  },
} satisfies Claim

async function shiftedEffects(measured: Outcome['measured'][number][], effects: Effect[]): Promise<void> {
  const [batch, layer] = [await shift('batch'), await shift('layer')]
  measured.push(
    { name: 'loss on shifted digits, BN, running statistics', value: mean(batch.stored) },
    { name: 'loss on shifted digits, BN, statistics of shifted digits', value: mean(batch.anew) },
    { name: 'loss on shifted digits, layer', value: mean(layer.stored) },
  )
  effects.push(
    effect(
      'shifted digits: loss, BN with running statistics to BN with theirs',
      batch.stored,
      batch.anew,
      'above 1',
    ),
    effect(
      'shifted digits: loss, BN with running statistics to layer',
      batch.stored,
      layer.stored,
      'above 1',
    ),
  )
}
