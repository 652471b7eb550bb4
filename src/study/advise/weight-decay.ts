import type { Experiment } from '../../train/experiment.ts'

/** Radians by which weights before batch normalization may turn per step at the peak rate. */
const drift = 0.03

/**
 * Returns the weight decay λ at which weights before batch normalization turn by 0.03 rad per step at the peak
 * rate η, once their norm has settled: slow enough to converge, fast enough to learn.
 *
 *     0.03 = √(2ηλ/(1 − μ))    so    λ = 0.03² · (1 − μ) / (2η)        momentum μ; 0 for AdamW
 *
 * The norm settles within (1 − μ)/(4ηλ) = 556 steps, under AdamW 1/(2ηλ) = 1,111. Runs shorter than four times
 * that are too short for the decay to take effect.
 *
 * Sources: Wan et al. 2021, https://arxiv.org/abs/2006.08419; Kosson et al. 2024,
 * https://arxiv.org/abs/2305.17212.
 *
 * @param lr the peak rate
 * @param steps length of the run
 * @returns undefined where the rule does not apply: other optimizers, short runs, a scheduled momentum
 */
export function driftWeightDecay({ optimizer }: Experiment, lr: number, steps: number): number | undefined {
  const { equilibrium, heavyBall, momentum = 0 } = optimizer.traits()
  const mu = heavyBall ? momentum : 0
  if (!equilibrium || typeof mu !== 'number') return undefined
  const decay = equilibrium.decayFor(drift, lr, mu)
  return steps < 4 * equilibrium.at(lr * decay, mu).time ? undefined : Number(decay.toPrecision(2))
}
