import { data, nn } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner, type LearnerOptions } from './support/learner.ts'
import { type MlpOptions, mlp } from './support/mlp.ts'
import { geometricMean, mean, short } from './support/numbers.ts'
import { part } from './support/progress.ts'
import { halfDecades, seedsOf } from './support/tuned.ts'

interface Technique {
  readonly model?: MlpOptions
  readonly learner?: Partial<LearnerOptions>
  /** Whether labels are probabilities, as mixup needs. */
  readonly probabilities?: boolean
}

const dropout = (): nn.Module => new nn.Dropout(0.2)
const techniques: Readonly<Record<string, Technique>> = {
  nothing: {},
  'dropout before it': { model: { extra: { before: dropout } } },
  'dropout after it': { model: { extra: { after: dropout } } },
  clipping: { learner: { clip: { norm: 0.5 } } },
  accumulation: { learner: { accumulate: 4, batchSize: 16 } },
  mixup: { learner: { transform: data.mixup() }, probabilities: true },
}

const sizes = {
  quick: { steps: 60, names: ['nothing', 'clipping'], lrs: [0.3, 1], kinds: ['batch'] },
  full: { steps: 250, names: Object.keys(techniques), lrs: halfDecades(-2, 2), kinds: ['batch', 'none'] },
} as const satisfies Readonly<Record<Scale, object>>

/** Each seed's best rate, refined by a parabola through the losses around it, and the loss at the best rate. */
interface Best {
  readonly lr: number
  readonly loss: number
}

async function bests(name: string, kind: 'batch' | 'none', scale: Scale): Promise<readonly Best[]> {
  const { model, learner: options, probabilities = false } = techniques[name]!
  const as = (digits: data.Dataset): data.Dataset => (probabilities ? data.oneHot(digits) : digits)
  const learner = new Learner({
    model: mlp({ ...model, depth: 2, normalization: kind }),
    dataset: as(examples(60_000, 0)),
    batchSize: 64,
    ...options,
  })
  const { lrs, steps } = sizes[scale]
  const on = as(validation(scale === 'full' ? 2000 : 200))
  const found: Best[] = []
  for (const seed of seedsOf(scale).judging) {
    const losses: number[] = []
    for (const lr of lrs) {
      const loss = await part([name, kind, seed, lr], async () => {
        const { diverged } = await learner.learn({ seed, lr, steps })
        return diverged ? Number.NaN : (await learner.measure(on)).loss
      })
      losses.push(Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss)
    }
    found.push(refined(lrs, losses))
  }
  return found
}

function refined(lrs: readonly number[], losses: readonly number[]): Best {
  const i = losses.indexOf(Math.min(...losses))
  const [a, b, c] = [losses[i - 1], losses[i]!, losses[i + 1]].map((loss) => Math.log(loss ?? Number.NaN))
  const shift = (a! - c!) / (2 * (a! - 2 * b! + c!))
  const step = Number.isFinite(shift) ? shift : 0
  return { lr: lrs[i]! * 10 ** (step / 2), loss: losses[i]! }
}

export default {
  id: 'B28',
  title: 'Other techniques leave the best rate of a net with batch normalization where it is',
  source: 'the article; for dropout, Li et al. 2019, arXiv 1801.05134',
  says: 'Combined with dropout before or after it, clipping, accumulation over four micro-batches or mixup, BN keeps its best rate within a factor of 2 either way. The claim is what the article implies by recommending the techniques together.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const kind of sizes[scale].kinds) {
      const found = new Map<string, readonly Best[]>()
      for (const name of sizes[scale].names) found.set(name, await bests(name, kind, scale))
      const of = (name: string, field: keyof Best): number[] => found.get(name)!.map((best) => best[field])
      for (const name of found.keys()) {
        measured.push(
          { name: `${kind} with ${name}: best rate`, value: geometricMean(of(name, 'lr')) },
          { name: `${kind} with ${name}: loss at it`, value: mean(of(name, 'loss')) },
        )
        if (name === 'nothing') continue
        effects.push(
          effect(
            `${kind}: best rate, ${name} to nothing`,
            of(name, 'lr'),
            of('nothing', 'lr'),
            kind === 'batch' ? 'within 2' : undefined,
          ),
        )
        effects.push(
          effect(
            `${kind}: loss at the best rate, ${name} to nothing`,
            of(name, 'loss'),
            of('nothing', 'loss'),
          ),
        )
      }
    }
    const most = Math.max(
      ...measured.filter(({ name }) => name.endsWith('loss at it')).map(({ value }) => value as number),
    )
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`every arm learns: the greatest mean loss is ${short(most)} < 1.5`, most < 1.5),
      ],
    }
  },
} satisfies Claim
