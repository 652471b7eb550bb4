import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { keyOf } from '../settings.ts'
import type { DriftSummary, TrialCurve } from '../trial.ts'
import { bestOfEach } from './cells.ts'
import type { Cell, DriftOf, Finished, LayerCurves, MeanCurve } from './findings.ts'
import { bootstrap, rangeOf } from './statistics.ts'

/** Returns, for each pair of normalization and schedule, the trials of its best settings, one per seed. */
export const bestTrials = (
  cells: readonly Cell[],
  finished: readonly Finished[],
  goal: Goal,
): (readonly Finished[])[] =>
  bestOfEach(cells, ['normalization', 'schedule'], goal).map((best) => {
    const key = keyOf(best.settings)
    return finished.filter((trial) => keyOf(trial.settings) === key && trial.steps === best.steps)
  })

/** Returns the mean training loss over trials, with a 95 % band, at the steps of the first trial's curve. */
export function meanCurve(trials: readonly Finished[]): MeanCurve {
  const [first] = trials
  const { steps } = first!.result.curve
  const seen = trials.flatMap(({ result }) => result.curve.trainLoss)
  const range = rangeOf('trainLoss', seen)
  const points = steps.map((step) =>
    bootstrap(
      trials.map(({ result }) => lossAt(result.curve, step)),
      range,
    ),
  )
  return {
    settings: first!.settings,
    steps,
    mean: points.map(({ value }) => value),
    low: points.map(({ value, interval }) => interval?.[0] ?? value),
    high: points.map(({ value, interval }) => interval?.[1] ?? value),
  }
}

/** Returns the training loss at a step, interpolated linearly between the two nearest points of a curve. */
function lossAt({ steps, trainLoss }: TrialCurve, step: number): number {
  const after = steps.findIndex((at) => at >= step)
  if (after <= 0) return trainLoss.at(after)! // the first point, or the last
  const fraction = (step - steps[after - 1]!) / (steps[after]! - steps[after - 1]!)
  return trainLoss[after - 1]! + fraction * (trainLoss[after]! - trainLoss[after - 1]!)
}

/** Returns, as a list of one, the curves of the BN layers in the first trial that logged any; [] if none did. */
export const layerCurves = (trials: readonly Finished[]): LayerCurves[] => {
  const watched = trials.find(({ result }) => result.layers !== undefined)
  return watched ? [{ settings: watched.settings, layers: watched.result.layers! }] : []
}

/** Returns the drift (error of BN's running statistics) averaged over trials, in a list; [] if no trial measured it. */
export function meanDrift(trials: readonly Finished[]): DriftOf[] {
  const drifts = trials.flatMap(({ result }) => result.drift ?? [])
  if (drifts.length === 0) return []
  const mean = (key: keyof DriftSummary): number => meanOf(drifts.map((drift) => drift[key]))
  return [
    {
      settings: trials[0]!.settings,
      kl: mean('kl'),
      validationLoss: mean('validationLoss'),
      recalibratedLoss: mean('recalibratedLoss'),
    },
  ]
}
