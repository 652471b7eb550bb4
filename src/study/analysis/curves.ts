import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { keyOf } from '../settings.ts'
import type { TrialCurve } from '../trial.ts'
import { bestOfEach } from './cells.ts'
import type { Cell, DriftOf, Finished, LayerCurves, MeanCurve } from './findings.ts'
import { bootstrap } from './statistics.ts'

/** The finished trials of the best cell of each normalization and schedule. */
export const bestTrials = (
  cells: readonly Cell[],
  finished: readonly Finished[],
  goal: Goal,
): (readonly Finished[])[] =>
  bestOfEach(cells, ['normalization', 'schedule'], goal).map((best) => {
    const key = keyOf(best.settings)
    return finished.filter((trial) => keyOf(trial.settings) === key && trial.steps === best.steps)
  })

/** The mean training loss of trials over seeds with its 95 % band, at the steps of the first. */
export function meanCurve(trials: readonly Finished[]): MeanCurve {
  const [first] = trials
  const { steps } = first!.result.curve
  const points = steps.map((step) => bootstrap(trials.map(({ result }) => lossAt(result.curve, step))))
  return {
    settings: first!.settings,
    steps,
    mean: points.map(({ value }) => value),
    low: points.map(({ value, interval }) => interval?.[0] ?? value),
    high: points.map(({ value, interval }) => interval?.[1] ?? value),
  }
}

/** The loss at a step, interpolated linearly between the neighbouring points. */
function lossAt({ steps, trainLoss }: TrialCurve, step: number): number {
  const after = steps.findIndex((at) => at >= step)
  if (after <= 0) return trainLoss.at(after)! // the first point, or the last
  const part = (step - steps[after - 1]!) / (steps[after]! - steps[after - 1]!)
  return trainLoss[after - 1]! + part * (trainLoss[after]! - trainLoss[after - 1]!)
}

/** The layers' curves of the first trial that was watched, if any. */
export const layerCurves = (trials: readonly Finished[]): LayerCurves[] => {
  const watched = trials.find(({ result }) => result.layers !== undefined)
  return watched ? [{ settings: watched.settings, layers: watched.result.layers! }] : []
}

/** The mean drift of the trials, if it was measured. */
export function meanDrift(trials: readonly Finished[]): DriftOf[] {
  const drifts = trials.flatMap(({ result }) => result.drift ?? [])
  if (drifts.length === 0) return []
  const mean = (key: 'kl' | 'validationLoss' | 'recalibratedLoss'): number =>
    meanOf(drifts.map((drift) => drift[key]))
  return [
    {
      settings: trials[0]!.settings,
      kl: mean('kl'),
      validationLoss: mean('validationLoss'),
      recalibratedLoss: mean('recalibratedLoss'),
    },
  ]
}
