import type { Experiment } from '../../train/experiment.ts'

/** The angle in radians by which weights before batch normalization may drift a step at the highest rate. */
const drift = 0.03

/**
 * The weight decay with which weights before batch normalization turn by 0.03 a step at the highest rate, once their norm
 * has settled: slow enough to converge, fast enough to learn.
 *
 *     0.03 = √(2ηλ/(1 − μ))    so    λ = 0.03² · (1 − μ) / (2η)        μ = 0 for AdamW
 *
 * It settles within (1 − μ)/(4ηλ) = 556 steps, with AdamW 1/(2ηλ) = 1,111; a run of fewer than four times as many does not
 * feel it, and gets none.
 *
 * Sources: Wan et al. 2021, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212.
 *
 * @param lr the highest rate
 * @returns nothing where the rule does not apply: other optimizers, short runs, a momentum that follows a schedule
 */
export function driftWeightDecay({ optimizer }: Experiment, lr: number, steps: number): number | undefined {
  const { equilibrium, heavyBall, momentum = 0 } = optimizer.traits()
  const mu = heavyBall ? momentum : 0
  if (!equilibrium || typeof mu !== 'number') return undefined
  const decay = equilibrium.decayFor(drift, lr, mu)
  return steps < 4 * equilibrium.at(lr * decay, mu).time ? undefined : Number(decay.toPrecision(2))
}
