import type { NormalizationType } from '../../nn/norm/normalization.ts'
import { parse, type Schedule } from '../../schedule/index.ts'
import type { Experiment } from '../../train/experiment.ts'
import type { Scored } from '../analysis/cells.ts'
import type { Estimate } from '../analysis/findings.ts'
import { scheduleText } from '../schedules.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'

/** Changes to make to the experiment. If the unchanged experiment did best, only `score` is set. */
export interface Recommendation {
  readonly normalization?: NormalizationType
  /** Peak learning rate to train with. */
  readonly lr?: number
  /** Schedule of the learning rate: its name, such as `cosine`, and its text for a run of `steps` steps. */
  readonly schedule?: { readonly name: string; readonly text: string; readonly steps: number }
  /** Number of steps from the start until the learning rate peaks. */
  readonly warmup?: number
  /** Weight decay from `driftWeightDecay`; absent if that returns none, or trials with it did no better. */
  readonly weightDecay?: number
  readonly score: Estimate
  /** Number of the last round's trial with these settings; with several seeds, of the one with the lowest. */
  readonly trial: number
  /** The recommended changes as texts `path=value`, to be passed to `evenstep train --set`. */
  readonly settings: readonly string[]
}

/** Returns the changes that make the experiment that of the best settings. @param trial number of their trial */
export function recommendationOf(
  experiment: Experiment,
  { settings, score }: Scored,
  trial: number,
): Recommendation {
  if (isOwn(settings)) return { score, trial, settings: [] }
  const { normalization, schedule, lr, 'optimizer.weightDecay': weightDecay } = settings
  const [name, peak, length] = [String(schedule), Number(lr), stepsWith(experiment)({})]
  const text = scheduleText(name, peak, length)
  const decays = typeof weightDecay === 'number'
  return {
    normalization: normalization as NormalizationType,
    lr: peak,
    schedule: { name, text, steps: length },
    warmup: warmupOf(parse(text), length),
    ...(decays && { weightDecay }),
    score,
    trial,
    settings: [
      `normalization=${normalization}`,
      `optimizer.lr=${text}`,
      ...(decays ? [`optimizer.weightDecay=${weightDecay}`] : []),
    ],
  }
}

/** Whether `settings` are empty: the trial trained the user's experiment unchanged. */
export const isOwn = (settings: Settings): boolean => Object.keys(settings).length === 0

/** Returns the first step at which a schedule reaches its highest rate in a run of `steps` steps. */
function warmupOf(schedule: Schedule, steps: number): number {
  let highest = 0
  for (let step = 1; step < steps; step++) if (schedule(step) > schedule(highest)) highest = step
  return highest
}
