import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { stepsTo } from './support/steps-to.ts'
import { halfDecades, judged, type Tuned, tuned } from './support/tuned.ts'

const targets = { full: 0.3, quick: 0.8 } as const
const kinds = { full: ['none', 'layer', 'batch'], quick: ['none', 'batch'] } as const
const depths = { full: [1, 6], quick: [1] } as const
const small = 0.1

interface Arm {
  readonly best: Tuned
  /** Steps at the same small rate for all arms. */
  readonly slow: readonly number[]
}

async function arm(depth: number, normalization: 'none' | 'layer' | 'batch', scale: Scale): Promise<Arm> {
  const model = mlp({ depth, normalization })
  const learner = new Learner({ model, dataset: examples(60_000, 0), batchSize: 64 })
  const steps = (most: number) => stepsTo(learner, { target: targets[scale], most })
  const best = await tuned(
    `${depth} ${normalization}`,
    steps(600),
    scale === 'full' ? halfDecades(-1, 1) : [0.3],
    scale,
  )
  return { best, slow: await judged(`${depth} ${normalization} slow`, steps(1500), small, scale) }
}

const name = (kind: string): string => ({ none: 'none', batch: 'BN' })[kind] ?? `${kind} normalization`

export default {
  id: 'B21',
  title: 'Batch normalization trains in fewer steps',
  source: 'Ioffe & Szegedy 2015, arXiv 1502.03167, section 4.2: 14 times fewer steps to the same accuracy',
  says: `With BN, fewer steps reach the same loss, at an equal rate and at each arm's best one. Steps to a validation loss of ${targets.full} are counted, not final scores.`,
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    const reached: number[] = []
    for (const depth of depths[scale]) {
      const arms = new Map<string, Arm>()
      for (const kind of kinds[scale]) arms.set(kind, await arm(depth, kind, scale))
      for (const [kind, { best, slow }] of arms) {
        measured.push(
          { name: `${depth} hidden, ${name(kind)}: best rate`, value: best.lr },
          { name: `${depth} hidden, ${name(kind)}: steps at it`, value: mean(best.scores) },
          { name: `${depth} hidden, ${name(kind)}: steps at ${small}`, value: mean(slow) },
        )
        reached.push(...best.scores)
      }
      const { best, slow } = arms.get('batch')!
      for (const kind of kinds[scale].filter((kind) => kind !== 'batch')) {
        const other = arms.get(kind)!
        const which = `${depth} hidden: steps, BN to ${name(kind)}`
        const wanted = kind === 'none' ? 'below 1' : undefined
        effects.push(effect(`${which}, each at its best rate`, best.scores, other.best.scores, wanted))
        effects.push(effect(`${which}, at a rate of ${small}`, slow, other.slow, wanted))
      }
    }
    const most = Math.max(...reached)
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every run at a best rate gets there, the slowest in ${short(most)} steps`, most < 1e9),
      ],
    }
  },
} satisfies Claim
