import { counted } from '../core/text.ts'
import type { Experiment } from './experiment.ts'
import type { Steps } from './steps.ts'

/** Progress of a run, as plain JSON. Together with the task's variables, it is enough to resume the run. */
export interface Progress {
  /** Number of optimizer steps taken since the start of the run. */
  readonly steps: number
  /** Number of the current epoch, from 0; between epochs, of the next one. */
  readonly epoch: number
  /** Progress within the current epoch; all zero between epochs. */
  readonly sofar: EpochProgress
  /** States of the controllers, in the order of the experiment's `control`. */
  readonly control: readonly unknown[]
}

interface EpochProgress {
  /** Number of batches seen in the epoch, including skipped ones. */
  readonly batches: number
  readonly steps: number
  readonly skipped: number
  /** Sum of the losses of the epoch's steps. */
  readonly loss: number
  /** Learning rate of the epoch's last step so far. */
  readonly lr: number
}

const freshEpoch: EpochProgress = { batches: 0, steps: 0, skipped: 0, loss: 0, lr: 0 }

/** Returns the progress of a run before its first step. */
export const beginning = ({ control }: Pick<Experiment, 'control'>): Progress => ({
  steps: 0,
  epoch: 0,
  sofar: freshEpoch,
  control: control.map(({ initial }) => initial),
})

/** Advances `progress`: by `batches`, which include skipped ones, and by the optimizer steps they led to. */
export function afterSteps(
  progress: Progress,
  batches: number,
  { losses, lrs, skipped = 0 }: Steps,
): Progress {
  const { sofar } = progress
  let { loss } = sofar
  // Sequential, so that the rounding of the sum does not depend on the number of steps per call.
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

/** Returns the progress after the end of an epoch, whose monitored value `metric` updates the controllers. */
export const afterEpoch = (experiment: Experiment, progress: Progress, metric: number): Progress => ({
  ...progress,
  epoch: progress.epoch + 1,
  sofar: freshEpoch,
  control: experiment.control.map((c, i) => c.update(progress.control[i], metric)),
})

/** Returns the factor of all learning rates: the product of the controllers' factors. */
export const factorOf = ({ control }: Experiment, progress: Progress): number =>
  control.reduce((product, c, i) => product * c.factor(progress.control[i]), 1)

/** Returns whether a run is complete: every step is taken, and the last epoch is evaluated. */
export const isOver = (experiment: Experiment, progress: Progress): boolean =>
  endOf(experiment, progress) !== undefined && progress.sofar.batches === 0

/** Returns as a phrase why a run ended, for which `endOf` gives the reason in one word. */
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

/** Returns why a run takes no more steps: all `epochs` or `steps` done, or stopped; undefined before that. */
export function endOf(
  { control, epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY }: Experiment,
  progress: Progress,
): 'epochs' | 'steps' | 'control' | undefined {
  if (control.some((c, i) => c.stop(progress.control[i]))) return 'control'
  if (progress.epoch >= epochs) return 'epochs'
  return progress.steps >= steps ? 'steps' : undefined
}
