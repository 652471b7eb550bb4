import type { Claim, Effect, Outcome, Scale } from './claim.ts'
import { about, armOf, course, kinds } from './smoothness.ts'
import { checksOf, effect } from './support/effect.ts'
import { checkMean, interval, listed, shown, twelve } from './support/interval.ts'
import { mean } from './support/numbers.ts'
import { part } from './support/progress.ts'
import { curve } from './support/sweep.ts'
import { sizes as decaySizes, gains, sweepsOf } from './weight-decay-and-rate.ts'

const arms = ['none', 'batch', 'layer', 'group'] as const
type Arm = (typeof arms)[number]
const others = ['layer', 'group'] as const
const names: Readonly<Record<Arm, string>> = {
  none: 'none',
  batch: 'BN',
  layer: 'layer norm',
  group: 'group norm',
}

const sizes = {
  quick: { smooth: ['none', 'layer'], decayed: ['layer'], seeds: [0], lrs: [0.03], steps: 200 },
  full: { smooth: arms, decayed: others, seeds: twelve, lrs: [0.03, 0.1], steps: 1000 },
} as const satisfies Readonly<Record<Scale, object>>

const halves = ['early', 'late'] as const
type Course = Awaited<ReturnType<typeof course>>

/** B14's runs at one rate, for each arm and seed. */
async function courses(lr: number, scale: Scale): Promise<ReadonlyMap<Arm, readonly Course[]>> {
  const { smooth, seeds, steps } = sizes[scale]
  const found = new Map<Arm, Course[]>()
  for (const arm of smooth) {
    const made = await armOf(arm === 'none' ? false : arm)
    const runs: Course[] = []
    for (const seed of seeds)
      runs.push(await part([arm, lr, seed, steps], () => course(made, lr, seed, steps)))
    found.set(arm, runs)
  }
  return found
}

/** What B14 asks, of layer and group normalization: against none, which is claimed, and against BN. */
async function smoothness(scale: Scale) {
  const measured: Outcome['measured'][number][] = []
  const effects: Effect[] = []
  for (const lr of sizes[scale].lrs) {
    const found = await courses(lr, scale)
    for (const half of halves) {
      for (const kind of kinds) {
        const of = (arm: Arm): readonly number[] => found.get(arm)!.map((run) => run[half][kind])
        const which = `${about[kind].name}, ${half} half, rate ${lr}`
        measured.push({
          name: `${which}, ${[...found.keys()].map((arm) => names[arm]).join(', ')}`,
          value: [...found.keys()].map((arm) => mean(of(arm))),
        })
        for (const arm of others.filter((one) => found.has(one))) {
          effects.push(effect(`${which}: ${names[arm]} to none`, of(arm), of('none'), 'below 1'))
          if (found.has('batch')) effects.push(effect(`${which}: ${names[arm]} to BN`, of(arm), of('batch')))
        }
      }
    }
  }
  return { measured, effects }
}

/** What B17 asks, of layer and group normalization. */
async function decay(scale: Scale): Promise<Pick<Outcome, 'measured' | 'checks'>> {
  const { decays, most } = decaySizes[scale]
  const measured: Outcome['measured'][number][] = []
  const checks: Outcome['checks'][number][] = []
  for (const arm of sizes[scale].decayed) {
    const sweeps = await sweepsOf(arm, decaySizes[scale])
    for (const [i, points] of sweeps.entries())
      measured.push({
        name: `accuracy at each rate, decay ${decays[i]}, ${names[arm]}`,
        value: curve(points),
        unit: '%',
      })
    for (const [i, gain] of gains(sweeps).entries()) {
      const which = `${names[arm]}: decay ${decays[i + 1]}`
      measured.push({
        name: `${which}, gain at the best rate`,
        value: listed(interval(gain)),
        unit: 'points',
      })
      checks.push(
        checkMean(
          scale,
          `${which} moves the best accuracy by ${shown(interval(gain))} points, < ${most}`,
          gain,
          { above: -most, below: most },
        ),
      )
    }
  }
  return { measured, checks }
}

export default {
  id: 'B31',
  title: 'Layer and group normalization smooth the loss and make weight decay no regularizer, as BN does',
  source: 'our question; Ba et al. 2016, arXiv 1607.06450; Wu & He 2018, arXiv 1803.08494',
  says: 'If these effects of B14 and B17 came from normalizing activations, and not from normalizing them over the batch, layer and group normalization have them too: along the gradient, loss and gradient change less than without normalization, and weight decay on normalized weights does not move the accuracy at the best rate.',
  async run(scale: Scale): Promise<Outcome> {
    const { measured, effects } = await smoothness(scale)
    const decayed = await decay(scale)
    return {
      measured: [...measured, ...decayed.measured],
      effects,
      checks: [...checksOf(scale, effects), ...decayed.checks],
    }
  },
} satisfies Claim
