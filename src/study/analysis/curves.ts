import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { keyOf } from '../settings.ts'
import type { DriftSummary, TrialCurve } from '../trial.ts'
import { bestOfEach } from './cells.ts'
import type { Band, Cell, DriftOf, Finished, LayerCurves, MeanCurve } from './findings.ts'
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

/** Returns the mean losses over trials, each with a 95 % band, at the steps of the first trial's curves. */
export function meanCurve(trials: readonly Finished[]): MeanCurve {
  const curves = trials.map(({ result }) => result.curve)
  const validations = curves.flatMap(({ validation }) => (validation?.steps.length ? [validation] : []))
  return {
    settings: trials[0]!.settings,
    ...bandOf(curves.map(({ steps, trainLoss }) => ({ steps, loss: trainLoss }))),
    ...(validations.length === trials.length && { validation: bandOf(validations) }),
  }
}

/** A loss of one trial over steps. */
type Curve = Required<TrialCurve>['validation']

function bandOf(curves: readonly Curve[]): Band {
  const { steps } = curves[0]!
  const range = rangeOf(
    'loss',
    curves.flatMap(({ loss }) => loss),
  )
  const points = steps.map((step) =>
    bootstrap(
      curves.map((curve) => lossAt(curve, step)),
      range,
    ),
  )
  return {
    steps,
    mean: points.map(({ value }) => value),
    low: points.map(({ value, interval }) => interval?.[0] ?? value),
    high: points.map(({ value, interval }) => interval?.[1] ?? value),
  }
}

/** Returns the loss at a step, interpolated linearly between the two nearest points of a curve. */
function lossAt({ steps, loss }: Curve, step: number): number {
  const after = steps.findIndex((at) => at >= step)
  if (after <= 0) return loss.at(after)! // the first point, or the last
  const fraction = (step - steps[after - 1]!) / (steps[after]! - steps[after - 1]!)
  return loss[after - 1]! + fraction * (loss[after]! - loss[after - 1]!)
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
