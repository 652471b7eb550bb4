import type { NormalizationType } from '../../nn/norm/normalization.ts'
import { parse, type Schedule } from '../../schedule/index.ts'
import type { Experiment } from '../../train/experiment.ts'
import { settingText } from '../../train/spec.ts'
import type { Estimate } from '../analysis/findings.ts'
import { settingsText } from '../analysis/words.ts'
import { scheduleText } from '../schedules.ts'
import type { Settings, Value } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'

/** Changes to make to the experiment. If the unchanged experiment did best, only the score and its trial are set. */
export interface Recommendation {
  /** Optimizer in place of the experiment's own, if others were raced, with its options. */
  readonly optimizer?: Value
  readonly normalization?: NormalizationType
  /** Peak learning rate to train with. */
  readonly lr?: number
  /** Schedule of the learning rate: its name, such as `cosine`, and its text for a run of `steps` steps. */
  readonly schedule?: { readonly name: string; readonly text: string; readonly steps: number }
  /** Number of steps from the start until the learning rate peaks. */
  readonly warmup?: number
  /** Controllers that belong to the schedule: the one of reduce-on-plateau. */
  readonly control?: Value
  /** Weight decay, if it is to be changed. */
  readonly weightDecay?: number
  /** Mean score over seeds, with a 95 % interval if there are several; too good, since it chose the settings. */
  readonly score: Estimate
  /** Number of the trial with these settings as long as a run; with several seeds, of the one with the lowest. */
  readonly trial: number
  /** The recommended changes as texts `path=value`, to be passed to `evenstep train --set`. */
  readonly settings: readonly string[]
}

/** Returns the changes that make the experiment that of the best settings. @param trial number of their trial */
export function recommendationOf(
  experiment: Experiment,
  settings: Settings,
  score: Estimate,
  trial: number,
): Recommendation {
  if (isOwn(settings)) return { score, trial, settings: [] }
  const { optimizer, normalization, schedule, lr, control, 'optimizer.weightDecay': weightDecay } = settings
  const [peak, steps] = [Number(lr), stepsWith(experiment)({})]
  const text = scheduleText(String(schedule), peak, steps)
  const decays = typeof weightDecay === 'number'
  return {
    ...(optimizer !== undefined && { optimizer }),
    normalization: normalization as NormalizationType,
    lr: peak,
    schedule: { name: scheduleName(settings), text, steps },
    warmup: warmupOf(parse(text), steps),
    ...(control !== undefined && { control }),
    ...(decays && { weightDecay }),
    score,
    trial,
    settings: [
      ...(optimizer === undefined ? [] : [settingText(['optimizer', optimizer])]),
      `normalization=${normalization}`,
      `optimizer.lr=${text}`,
      ...(control === undefined ? [] : [settingText(['control', control])]),
      ...(decays ? [`optimizer.weightDecay=${weightDecay}`] : []),
    ],
  }
}

/** Whether `settings` are empty: the trial trained the user's experiment unchanged. */
export const isOwn = (settings: Settings): boolean => Object.keys(settings).length === 0

const scheduleName = ({ schedule, control }: Settings): string =>
  control === undefined ? String(schedule) : 'plateau'

/** Describes the settings of a trial of advice: `normalization batch, schedule plateau, lr 0.1`. */
export function advisedText(settings: Settings): string {
  if (isOwn(settings)) return 'the experiment as it is'
  const { optimizer, normalization, lr, schedule: _, control: __, ...rest } = settings
  const { type } = Object(optimizer) as { readonly type?: string }
  return settingsText({
    ...(type !== undefined && { optimizer: type }),
    ...(normalization !== undefined && { normalization }),
    ...(settings.schedule !== undefined && { schedule: scheduleName(settings) }),
    ...(lr !== undefined && { lr }),
    ...rest,
  })
}

/** Returns the first step at which a schedule reaches its highest rate in a run of `steps` steps. */
function warmupOf(schedule: Schedule, steps: number): number {
  let highest = 0
  for (let step = 1; step < steps; step++) if (schedule(step) > schedule(highest)) highest = step
  return highest
}
