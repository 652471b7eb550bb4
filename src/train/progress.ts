import type { Experiment } from './experiment.ts'
import type { Steps } from './steps.ts'

/** Where a run stands, as plain JSON: together with the numbers of its task, all that resuming takes. */
export interface Progress {
  /** Optimizer steps taken. */
  readonly steps: number
  /** The epoch under way, or the next one. */
  readonly epoch: number
  /** What the epoch has done so far. */
  readonly sofar: EpochProgress
  /** States of the experiment's controllers. */
  readonly control: readonly unknown[]
}

interface EpochProgress {
  /** Batches seen, whether they made a step or were left out. */
  readonly batches: number
  readonly steps: number
  readonly skipped: number
  /** Sum over the steps. */
  readonly loss: number
  /** Learning rate of the last step. */
  readonly lr: number
}

const freshEpoch: EpochProgress = { batches: 0, steps: 0, skipped: 0, loss: 0, lr: 0 }

/** Returns the progress of a run that has not begun. */
export const beginning = ({ control }: Pick<Experiment, 'control'>): Progress => ({
  steps: 0,
  epoch: 0,
  sofar: freshEpoch,
  control: control.map(({ initial }) => initial),
})

/** Returns the progress after more batches, of which `steps` were taken. */
export function afterSteps(
  progress: Progress,
  batches: number,
  { losses, lrs, skipped = 0 }: Steps,
): Progress {
  const { sofar } = progress
  let { loss } = sofar
  // One after another, so that the sum does not depend on how many steps a call took.
  for (const next of losses) loss += next
  return {
    ...progress,
    steps: progress.steps + losses.length,
    sofar: {
      batches: sofar.batches + batches,
      steps: sofar.steps + losses.length,
      skipped: sofar.skipped + skipped,
      loss,
      lr: lrs.at(-1) ?? sofar.lr,
    },
  }
}

/** Returns the progress after an epoch in which the controllers saw `metric`. */
export const afterEpoch = (experiment: Experiment, progress: Progress, metric: number): Progress => ({
  ...progress,
  epoch: progress.epoch + 1,
  sofar: freshEpoch,
  control: experiment.control.map((c, i) => c.update(progress.control[i], metric)),
})

/** Returns what the controllers multiply the learning rate by. */
export const factorOf = ({ control }: Experiment, progress: Progress): number =>
  control.reduce((product, c, i) => product * c.factor(progress.control[i]), 1)

/** Whether nothing is left to do: no step, and no evaluation of steps that were taken. */
export const isOver = (experiment: Experiment, progress: Progress): boolean =>
  endOf(experiment, progress) !== undefined && progress.sofar.batches === 0

/** Returns why a run takes no more steps; undefined while it does. */
export function endOf(
  { control, epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY }: Experiment,
  progress: Progress,
): 'epochs' | 'steps' | 'control' | undefined {
  if (control.some((c, i) => c.stop(progress.control[i]))) return 'control'
  if (progress.epoch >= epochs) return 'epochs'
  return progress.steps >= steps ? 'steps' : undefined
}
