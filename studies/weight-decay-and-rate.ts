import { schedule } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { checkMean, differences, interval, listed, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { best, curve, type Point, sweep } from './support/sweep.ts'

export interface Size {
  readonly decays: readonly number[]
  readonly lrs: readonly number[]
  readonly steps: number
  readonly seeds: readonly number[]
  /** The greatest allowed change by a decay with BN, in points. */
  readonly most: number
}
export const sizes: Readonly<Record<Scale, Size>> = {
  quick: { decays: [0, 0.1], lrs: [0.3, 1], steps: 400, seeds: [0], most: 2.5 },
  full: {
    decays: [0, 1e-3, 1e-2, 1e-1],
    lrs: [0.1, 0.3, 1, 3],
    steps: 1000,
    seeds: twelve,
    most: 1.5,
  },
}

/** A sweep over the rates for each weight decay on the hidden weights. */
export async function sweepsOf(normalize: boolean | 'layer' | 'group', { decays, lrs, steps, seeds }: Size) {
  const learner = new Learner({
    model: deepNet({ depth: 3, width: 128, normalize }),
    dataset: examples(5000, 0),
    batchSize: 128,
    decayed: '^hidden.*weight$',
  })
  const sweeps: (readonly Point[])[] = []
  for (const weightDecay of decays) {
    const plan = (lr: number) => ({ lr: schedule.cosineAnnealing(lr, { tMax: steps }), steps, weightDecay })
    sweeps.push(await sweep(`decay ${weightDecay}, ${normalize}`, learner, lrs, seeds, plan))
  }
  return sweeps
}

/** Gain in accuracy of each decay over none, each at its best rate. */
export const gains = ([none, ...others]: readonly (readonly Point[])[]) =>
  others.map((points) => differences(best(points).accuracies, best(none!).accuracies))

export default {
  id: 'B17',
  title: 'Weight decay does not regularise weights before batch normalization',
  source: 'van Laarhoven 2017, arXiv 1706.05350',
  says: 'L2 has no regularising effect on normalized weights: it changes their norm, and so the effective rate.',
  async run(scale: Scale): Promise<Outcome> {
    const { decays, lrs, most } = sizes[scale]
    const norm = await sweepsOf(true, sizes[scale])
    const plain = await sweepsOf(false, sizes[scale])
    const [normGains, plainGains] = [gains(norm), gains(plain)]
    const measured = decays.flatMap((decay, i): Outcome['measured'][number][] => [
      { name: `accuracy at each rate, decay ${decay}, BN`, value: curve(norm[i]!), unit: '%' },
      { name: `accuracy at each rate, decay ${decay}, no BN`, value: curve(plain[i]!), unit: '%' },
    ])
    const added = decays.slice(1).flatMap((decay, i): Outcome['measured'][number][] => [
      {
        name: `gain of decay ${decay} at the best rate, BN`,
        value: listed(interval(normGains[i]!)),
        unit: 'points',
      },
      {
        name: `gain of decay ${decay} at the best rate, no BN`,
        value: listed(interval(plainGains[i]!)),
        unit: 'points',
      },
    ])
    const lost = plainGains.at(-1)!
    return {
      measured: [{ name: 'rates', value: lrs }, ...measured, ...added],
      checks: [
        ...normGains.map((gain, i) =>
          checkMean(
            scale,
            `BN: decay ${decays[i + 1]} moves the best accuracy by ${shown(interval(gain))} points, < ${most}`,
            gain,
            { above: -most, below: most },
          ),
        ),
        checkMean(
          scale,
          `no BN: decay ${decays.at(-1)} moves it by ${shown(interval(lost))} points, < −3`,
          lost,
          { below: -3 },
        ),
      ],
      remark:
        'At rates below the best one a large decay helps with BN: shorter weights have a greater effective rate.',
    }
  },
} satisfies Claim
