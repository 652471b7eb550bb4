import { nn, ops, type Tensor } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mean, short } from './support/numbers.ts'
import { stepsTo } from './support/steps-to.ts'
import { halfDecades, type Tuned, tuned } from './support/tuned.ts'

const width = 50
const most = 300
const kinds = {
  quick: ['batch', 'none', 'SkipInit'],
  full: ['batch', 'none', 'SkipInit', 'standardized'],
} as const
const depths = { quick: 4, full: 24 } as const
type Kind = 'batch' | 'none' | 'SkipInit' | 'standardized'

/** Share of a standardized branch in its block; Brock et al. 2021 choose it. */
const share = 0.2

class Times implements nn.Module {
  readonly #factor: number
  constructor(factor: number) {
    this.#factor = factor
  }
  forward(x: Tensor): Tensor {
    return ops.mul(x, this.#factor)
  }
}

/** Block i with standardized weights: x + α f(x / β), where β² = 1 + iα² is the variance of x at the start. */
const standardized = (i: number): nn.Module =>
  new nn.Residual(
    new nn.Sequential(
      new Times(1 / Math.sqrt(1 + i * share ** 2)),
      new nn.ReLU(),
      new nn.StandardizedLinear(width, width),
      new Times(share),
    ),
  )

/** Residual blocks of one hidden layer each. */
function net(kind: Kind, depth: number): nn.Module {
  const linear = (inputs: number): nn.Linear => {
    const layer = new nn.Linear(inputs, width)
    layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })
    return layer
  }
  const block = (i: number): nn.Module =>
    kind === 'standardized'
      ? standardized(i)
      : new nn.Residual(
          new nn.Sequential(
            ...(kind === 'batch' ? [new nn.BatchNorm1d(width)] : []),
            new nn.ReLU(),
            linear(width),
            ...(kind === 'SkipInit' ? [new nn.SkipInit()] : []),
          ),
        )
  return new nn.Sequential(
    linear(100),
    ...Array.from({ length: depth }, (_, i) => block(i)),
    new nn.Linear(width, 10),
  )
}

async function arm(kind: Kind, scale: Scale): Promise<Tuned> {
  const learner = new Learner({
    model: net(kind, depths[scale]),
    dataset: examples(60_000, 0),
    batchSize: 64,
  })
  const score = stepsTo(learner, { target: 0.4, most, on: validation(500) })
  return tuned(kind, score, scale === 'full' ? halfDecades(-4, 0) : [0.1], scale)
}

export default {
  id: 'B29',
  title: 'Residual branches that start at 0 train deep nets as well as batch normalization does',
  source:
    'De & Smith 2020, arXiv 2002.10444, section 4; for standardized weights, Brock et al. 2021, arXiv 2101.08692',
  says: 'BN trains deep residual nets because it makes their branches small at the start. Without it, one factor per branch that starts at 0 (SkipInit) does as well: fewer steps than without either. So do standardized weights with branches scaled by 0.2.',
  async run(scale: Scale): Promise<Outcome> {
    const arms = new Map<Kind, Tuned>()
    for (const kind of kinds[scale]) arms.set(kind, await arm(kind, scale))
    const of = (kind: Kind): readonly number[] => arms.get(kind)!.scores
    const effects: Effect[] = [
      effect('steps to a loss of 0.4, SkipInit to none', of('SkipInit'), of('none'), 'below 1'),
      effect('steps to a loss of 0.4, SkipInit to BN', of('SkipInit'), of('batch'), 'within 2'),
      effect('steps to a loss of 0.4, BN to none', of('batch'), of('none'), 'below 1'),
      ...(scale === 'full'
        ? [
            effect('steps to a loss of 0.4, standardized to none', of('standardized'), of('none'), 'below 1'),
            effect('steps to a loss of 0.4, standardized to BN', of('standardized'), of('batch'), 'within 2'),
          ]
        : []),
    ]
    const skip = mean(of('SkipInit'))
    return {
      measured: [...arms].map(([kind, { lr, scores }]) => ({
        name: `steps to a loss of 0.4, ${kind}, rate ${lr}`,
        value: mean(scores),
      })),
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(`SkipInit gets there, in ${short(skip)} < ${most} steps on average`, skip < most),
      ],
    }
  },
} satisfies Claim
