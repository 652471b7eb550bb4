import { gradients, nn, type Tensor } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { length } from './support/length.ts'
import { mlp } from './support/mlp.ts'
import { geometricMean, mean, short } from './support/numbers.ts'
import { measureStep } from './support/step.ts'
import { finalLoss, halfDecades, seedsOf, tuned } from './support/tuned.ts'

const depth = 6
const activations = { sigmoid: () => new nn.Sigmoid(), tanh: () => new nn.Tanh() } as const
type Name = keyof typeof activations
const kinds = { full: ['none', 'layer', 'batch'], quick: ['none', 'batch'] } as const
type Kind = (typeof kinds.full)[number]
const steps = 600

const net = (name: Name, normalization: Kind): nn.Module =>
  mlp({ depth, normalization, activation: activations[name], initializer: nn.init.xavierUniform() })

/** ‖∂L/∂W‖ of the first hidden layer over that of the last one at initialization, for each seed. */
async function vanishing(name: Name, kind: Kind, scale: Scale): Promise<readonly number[]> {
  const ratios: number[] = []
  for (const seed of seedsOf(scale).judging) {
    const model = net(name, kind)
    const layers = [...nn.modules(model).values()].filter((module) => module instanceof nn.Linear)
    const { first, last } = await measureStep(model, gradientsOf(layers), { seed })
    ratios.push(first[0]! / last[0]!)
  }
  return ratios
}

const gradientsOf = (layers: readonly nn.Linear[]) => (loss: Tensor) => {
  const [first, last] = gradients(loss, [layers[0]!.weight.value, layers[depth - 1]!.weight.value])
  return { first: length([first!]), last: length([last!]) }
}

export default {
  id: 'B23',
  title: 'Batch normalization keeps gradients from vanishing in saturating nets',
  source:
    'Ioffe & Szegedy 2015, arXiv 1502.03167, section 1 and table 4 (BN-x5-Sigmoid 69.8 %, without BN chance)',
  says: 'With sigmoids, gradients vanish towards the first layer of a deep net; BN before each sigmoid prevents it, and the net learns. tanh with Xavier initialization, which was made for it, is the control.',
  async run(scale: Scale): Promise<Outcome> {
    const measured: Outcome['measured'][number][] = []
    const effects: Effect[] = []
    for (const name of scale === 'full' ? (['sigmoid', 'tanh'] as const) : (['sigmoid'] as const)) {
      const ratios = new Map<Kind, readonly number[]>()
      for (const kind of kinds[scale]) ratios.set(kind, await vanishing(name, kind, scale))
      for (const [kind, values] of ratios) {
        measured.push({
          name: `gradient of layer 1 to layer ${depth}, ${name}, ${kind}`,
          value: geometricMean(values),
        })
      }
      const wanted = name === 'sigmoid' ? 'above 1' : undefined
      for (const kind of kinds[scale].filter((kind) => kind !== 'batch')) {
        effects.push(
          effect(
            `${name}: gradient of layer 1 to layer ${depth}, BN to ${kind}`,
            ratios.get('batch')!,
            ratios.get(kind)!,
            kind === 'none' ? wanted : undefined,
          ),
        )
      }
    }
    if (scale === 'full') await trained(measured, effects)
    const least = Math.min(
      ...measured.filter(({ name }) => name.endsWith('batch')).map(({ value }) => value as number),
    )
    return {
      measured,
      effects,
      checks: [
        ...checksOf(scale, effects),
        check(
          `with BN, the gradient of layer 1 is at least ${short(least)} of that of layer ${depth}, > 0.1`,
          least > 0.1,
        ),
      ],
    }
  },
} satisfies Claim

/** Trains the sigmoid nets, each at its best rate. */
async function trained(measured: Outcome['measured'][number][], effects: Effect[]): Promise<void> {
  const losses = new Map<Kind, readonly number[]>()
  for (const kind of kinds.full) {
    const learner = new Learner({
      model: net('sigmoid', kind),
      dataset: examples(60_000, 0),
      batchSize: 64,
      momentum: 0.9,
    })
    const { lr, scores } = await tuned(
      kind,
      finalLoss(learner, (lr) => ({ lr, steps })),
      halfDecades(-2, 0),
      'full',
    )
    measured.push({
      name: `test loss after ${steps} steps, sigmoid, ${kind}, rate ${lr}`,
      value: mean(scores),
    })
    losses.set(kind, scores)
  }
  for (const kind of ['none', 'layer'] as const) {
    effects.push(
      effect(
        `sigmoid: test loss after ${steps} steps, BN to ${kind}`,
        losses.get('batch')!,
        losses.get(kind)!,
        kind === 'none' ? 'below 1' : undefined,
      ),
    )
  }
}
