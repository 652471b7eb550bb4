import type { Experiment } from '../../train/experiment.ts'

/** Target angle, in radians, by which a step at the peak rate turns a weight before batch normalization. */
const drift = 0.03

/**
 * Returns the weight decay λ with which a step at the peak learning rate η turns weights before batch
 * normalization by 0.03 rad, once their norm has settled: slow enough to converge, fast enough to learn.
 *
 *     0.03 = √(2ηλ/(1 − μ))    so    λ = 0.03² · (1 − μ) / (2η)        μ: momentum of SGD; 0 for AdamW
 *
 * With this λ the norm settles with a time constant of (1 − μ)/(4ηλ) = 556 steps under SGD, and 1/(2ηλ) = 1,111
 * under AdamW. Decay has too little time to take effect in runs shorter than four time constants.
 *
 * Sources: Wan et al. 2021, https://arxiv.org/abs/2006.08419; Kosson et al. 2024,
 * https://arxiv.org/abs/2305.17212.
 *
 * @param lr the peak learning rate η
 * @param steps number of optimizer steps of the run
 * @returns undefined where the rule does not apply: other optimizers, short runs, a scheduled momentum
 */
export function driftWeightDecay({ optimizer }: Experiment, lr: number, steps: number): number | undefined {
  const { equilibrium, heavyBall, momentum = 0 } = optimizer.traits()
  const mu = heavyBall ? momentum : 0
  if (!equilibrium || typeof mu !== 'number') return undefined
  const decay = equilibrium.decayFor(drift, lr, mu)
  return steps < 4 * equilibrium.at(lr * decay, mu).time ? undefined : Number(decay.toPrecision(2))
}
