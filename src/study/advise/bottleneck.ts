import { meanOf } from '../../core/vector.ts'
import { isStream } from '../../data/stream.ts'
import type { Experiment } from '../../train/experiment.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { keyOf } from '../settings.ts'
import type { Settings, Trial } from '../trial.ts'
import { isOwn } from './recommendation.ts'
import { valuesOf } from './scores.ts'

/** Size of a batch from which on more examples in it are not tried. */
const enough = 32
/** How many times as many examples in a batch are tried, with so many times fewer steps. */
const factor = 4
/** Largest number of seeds. */
const seeds = 2
/** Smallest gain, in logarithms of the loss, that counts. */
const least = 0.03

/** That the batch is too small: one of `tried` examples, with as many examples in all, gave a better score. */
export interface Bottleneck {
  readonly batchSize: number
  readonly tried: number
  /** Mean ratio of the losses with larger and with own batches, such as 0.9; see `valuesOf` for other metrics. */
  readonly ratio: number
}

/** Whether batches are so small that larger ones are worth a try, and there are examples for them. */
const isSmall = ({ batchSize, data: { train } }: Experiment): boolean =>
  batchSize < enough && (isStream(train) || factor * batchSize <= train.length)

/** Returns the number of steps that a comparison with larger batches takes; 0 if there is none. */
export const batchSteps = (experiment: Experiment, whole: number): number =>
  isSmall(experiment) ? seeds * Math.ceil(whole / factor) : 0

/** Returns trials of settings with batches four times as large, and twice the rate, on as many examples in all. */
export function largerBatches(
  experiment: Experiment,
  settings: Settings,
  whole: readonly Finished[],
): Omit<Trial, 'id'>[] {
  const known = whole.filter((trial) => keyOf(trial.settings) === keyOf(settings)).slice(0, seeds)
  if (!isSmall(experiment) || isOwn(settings)) return []
  const larger = { ...settings, lr: 2 * Number(settings.lr), batchSize: factor * experiment.batchSize }
  return known.map(({ id: _, result: __, ...trial }) => ({
    ...trial,
    settings: larger,
    steps: Math.ceil(trial.steps / factor),
    rung: 2,
  }))
}

/** Returns whether batches are too small: larger ones were better with each of up to two seeds, by 3 % on average. */
export function bottleneckOf(
  { batchSize }: Experiment,
  finished: readonly Finished[],
  settings: Settings,
  metric: Objective,
): Bottleneck | undefined {
  const larger = finished.filter(({ rung }) => rung === 2)
  const own = larger.flatMap(({ seed }) =>
    finished.filter((one) => one.rung === 1 && one.seed === seed && keyOf(one.settings) === keyOf(settings)),
  )
  if (own.length === 0 || own.length !== larger.length) return undefined
  const values = valuesOf([...own, ...larger], metric)
  const gains = own.map((_, i) => values[i]! - values[own.length + i]!)
  if (gains.some((gain) => !(gain > 0)) || meanOf(gains) < least) return undefined
  return { batchSize, tried: factor * batchSize, ratio: Math.exp(-meanOf(gains)) }
}
