import { checkFields } from '../core/mismatch.ts'
import { counted } from '../core/text.ts'
import { DivergedError } from './diverged.ts'
import type { Experiment } from './experiment.ts'
import { joinParts, type LossPart, lossOfParts } from './loss-terms.ts'
import type { Steps } from './steps.ts'
import type { Task } from './task.ts'

/** Progress of a run, as plain JSON. Together with the task's variables, it is enough to resume the run. */
export interface Progress {
  /** Number of optimizer steps taken since the start of the run. */
  readonly steps: number
  /** Number of the current epoch, from 0; between two epochs, the number of the next one. */
  readonly epoch: number
  /** Progress within the current epoch; all zero between epochs. */
  readonly sofar: EpochProgress
  /** States of the controllers, in the order of the experiment's `control`. */
  readonly control: readonly unknown[]
  /**
   * Progress within the last epoch, from before it ended, if the experiment's `steps` cut that epoch short. A run
   * that is given more steps resumes here, and so gives the same results as a run that was never cut. Absent
   * otherwise.
   */
  readonly cut?: Progress
}

interface EpochProgress {
  /** Number of batches seen in the epoch, including skipped ones. */
  readonly batches: number
  readonly steps: number
  readonly skipped: number
  /** Sum of the losses of the epoch's steps, each multiplied by the batch's size relative to a full batch. */
  readonly loss: number
  /** Number of full batches, counting fractions for smaller ones; absent in old checkpoints, which counted steps. */
  readonly weight?: number
  /** Sums of the steps' loss parts (totals and weights); absent if the loss is a mean over the examples. */
  readonly parts?: readonly LossPart[]
  /** Learning rate of the epoch's last step so far. */
  readonly lr: number
}

const freshEpoch: EpochProgress = { batches: 0, steps: 0, skipped: 0, loss: 0, weight: 0, lr: 0 }

/** Returns the progress of a run before its first step. */
export function beginning(experiment: Pick<Experiment, 'control'>): Progress {
  checkFields('beginning', 'an experiment, as train.experiment makes it', experiment, 'control')
  return begun(experiment)
}

const begun = ({ control }: Pick<Experiment, 'control'>): Progress => ({
  steps: 0,
  epoch: 0,
  sofar: freshEpoch,
  control: control.map(({ initial }) => initial),
})

/**
 * Advances `progress` by some batches, including skipped ones, and by the optimizer steps taken on them.
 *
 * @param share size of each of these batches relative to a full batch
 */
export function afterSteps(
  progress: Progress,
  batches: number,
  { losses, lrs, skipped = 0, parts: each }: Steps,
  share: number,
): Progress {
  const { sofar } = progress
  let { loss, weight = sofar.steps, parts } = sofar
  // Sequential, so that the rounding of the sum does not depend on the number of steps per call.
  for (const next of losses) {
    loss += next * share
    weight += share
  }
  for (const next of each ?? []) parts = joinParts(parts, next)
  return {
    ...progress,
    steps: progress.steps + losses.length,
    sofar: {
      batches: sofar.batches + batches,
      steps: sofar.steps + losses.length,
      skipped: sofar.skipped + skipped,
      loss,
      weight,
      ...(parts && { parts }),
      lr: lrs.at(-1) ?? sofar.lr,
    },
  }
}

/** Returns the mean training loss of the epoch so far, each example's loss computed at the weights before its step. */
export const trainLossOf = ({ sofar: { loss, weight, steps, parts } }: Progress): number =>
  parts ? lossOfParts(parts) : loss / (weight ?? steps)

/**
 * Returns the progress after the end of an epoch; the controllers get the epoch's monitored value `metric`.
 *
 * @param isCut whether the experiment's `steps` ended the epoch before its last batch
 */
export const afterEpoch = (
  experiment: Experiment,
  progress: Progress,
  metric: number,
  isCut: boolean,
): Progress => ({
  steps: progress.steps,
  epoch: progress.epoch + 1,
  sofar: freshEpoch,
  control: experiment.control.map((c, i) => c.update(progress.control[i], metric)),
  ...(isCut && { cut: progress }),
})

/** Returns the progress to resume from: within the last epoch if that was cut and the run now takes more steps. */
export const resumed = (experiment: Experiment, progress: Progress): Progress =>
  progress.cut && endOf(experiment, progress.cut) === undefined ? progress.cut : progress

/** Returns the factor by which all learning rates are multiplied: the product of the controllers' factors. */
export const factorOf = ({ control }: Experiment, progress: Progress): number =>
  control.reduce((product, c, i) => product * c.factor(progress.control[i]), 1)

/** Returns whether a run is complete: all steps are taken, and the last epoch is evaluated. */
export const isOver = (experiment: Experiment, progress: Progress): boolean =>
  endOf(experiment, progress) !== undefined && progress.sofar.batches === 0

/** Returns a phrase that says why a run ended, such as `all 20 steps are done`. */
export function becauseOf(experiment: Experiment, progress: Progress): string {
  const { control, epochs = 0, steps = 0, monitor } = experiment
  const reason = endOf(experiment, progress)
  if (reason !== 'control') {
    const [number, noun] = reason === 'epochs' ? [epochs, 'epoch'] : [steps, 'step']
    return number === 1 ? `the one ${noun} is done` : `all ${counted(number, noun)} are done`
  }
  const i = control.findIndex((one, i) => one.stop(progress.control[i]))
  const { spec, reason: why = () => 'made it stop' } = control[i]!
  return `stopped early by ${spec.type}: ${monitor} ${why(progress.control[i])}`
}

/** Returns why a run has ended (all `epochs` or `steps` are done, or a controller stopped it); undefined if it goes on. */
export function endOf(
  { control, epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY }: Experiment,
  progress: Progress,
): 'epochs' | 'steps' | 'control' | undefined {
  if (control.some((c, i) => c.stop(progress.control[i]))) return 'control'
  if (progress.epoch >= epochs) return 'epochs'
  return progress.steps >= steps ? 'steps' : undefined
}

/**
 * Returns settings that lengthen a finished run, such as `steps=24`: twice as many `epochs` or `steps`, whichever of
 * the two ended the run; both if either alone would end it at once. Empty if a controller stopped the run.
 */
export function longer(experiment: Experiment, progress: Progress): string[] {
  if (endOf(experiment, progress) === 'control') return []
  const { epochs, steps } = experiment
  return [
    ...(epochs !== undefined && progress.epoch >= epochs ? [`epochs=${2 * progress.epoch}`] : []),
    ...(steps !== undefined && progress.steps >= steps ? [`steps=${2 * progress.steps}`] : []),
  ]
}

/** Checks that a run will end. @throws {DivergedError} when only `steps` can end it and an epoch took no step. */
export function checkProgress(
  { epochs, steps }: Experiment,
  task: Pick<Task, 'steps' | 'lr'>,
  { sofar }: Progress,
): void {
  if (sofar.steps > 0 || epochs !== undefined) return
  throw new DivergedError(
    `train: wanted ${steps} steps, got an epoch in which each would have made a number not finite; ` +
      'lower the rate, or look for numbers in the data that are not finite',
    task.steps,
    task.lr(task.steps),
  )
}
