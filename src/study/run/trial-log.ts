import { join } from 'node:path'
import type { Optimizer } from '../../optim/optimizer.ts'
import { equilibriumAngles } from '../../train/equilibrium-angles.ts'
import type { EpochEvent, TrainEvent } from '../../train/event.ts'
import { readSteps, toLines } from '../../train/event-log.ts'
import { StepColumns } from '../../train/step-columns.ts'
import type { Steps } from '../../train/steps.ts'
import { tensorsInside } from '../../train/tensor-file.ts'
import { layerLog, layerOf } from '../../train/watch-layers.ts'
import { thinned } from '../thinned.ts'
import type { LayerCurve, TrialCurve, TrialResult } from '../trial.ts'
import { explosionOf } from './explosion.ts'

/** The part of a trial's result that is computed from its log. */
export interface Logged extends Pick<TrialResult, 'metrics' | 'steps' | 'curve' | 'layers'> {
  /** Seconds spent in training steps. */
  readonly training: number
  /** Reason why the trial counts as diverged although its losses are finite; undefined if it does not. */
  readonly explosion: string | undefined
}

/** Maximum number of points in a curve. */
const most = 100

/** What a trial's log says of its steps and epochs. */
interface Log {
  readonly steps: Steps
  readonly epochs: readonly Epoch[]
}

/**
 * Gathers what a trial logs while it trains, so that nobody has to read and parse the log again. What is gathered are
 * the numbers that `readLog` would find.
 */
export class TrialLog {
  readonly #columns = new StepColumns()
  readonly #epochs: Epoch[] = []

  add(event: TrainEvent): void {
    if (event.type === 'steps') this.#columns.addSteps(event)
    if (event.type === 'epoch') this.#epochs.push(JSON.parse(toLines(event)) as Epoch)
  }

  get log(): Log {
    return { steps: this.#columns.steps, epochs: this.#epochs }
  }
}

/**
 * Returns the result of a trial from the log in its folder. Because the result is computed from the log only, it is the
 * same for a resumed run as for an uninterrupted one.
 *
 * @param log what the whole log says, if that is known. @default what the folder's log says
 */
export function readLog(folder: string, optimizer: Optimizer, log: Log = logIn(folder)): Logged {
  const { steps, epochs } = log
  const points = pointsOf(steps.losses.length)
  const layers = layersOf(folder, steps, points, optimizer)
  const { trainLoss, validationLoss } = epochs.at(-1) ?? {}
  const [first, last] = [steps.losses[0], steps.losses.at(-1)!]
  return {
    metrics: metricsOf(epochs.at(-1)),
    explosion: first === undefined ? undefined : explosionOf(first, [last, trainLoss, validationLoss]),
    steps: steps.losses.length,
    training: epochs.reduce((sum, { time }) => sum + time.seconds, 0),
    curve: {
      steps: points.map(lastOf),
      trainLoss: points.map((point) => mean(steps.losses, point)),
      lr: points.map((point) => steps.lrs[lastOf(point)]!),
      validation: validationOf(epochs),
    },
    ...(Object.keys(layers).length > 0 && { layers }),
  }
}

function logIn(folder: string): Log {
  const epochs: Epoch[] = []
  const steps = readSteps(folder, (line) => line.type === 'epoch' && epochs.push(line)) ?? noSteps
  return { steps, epochs }
}

const noSteps: Steps = { losses: new Float64Array(), lrs: new Float64Array() }

type Epoch = Omit<EpochEvent, 'progress'>

/** Returns the validation losses after at most 100 epochs, evenly spaced, including the first and the last. */
function validationOf(epochs: readonly Epoch[]): Required<TrialCurve>['validation'] {
  const kept = thinned(epochs, most)
  return { steps: kept.map(({ steps }) => steps - 1), loss: kept.map(({ validationLoss }) => validationLoss) }
}

/** A point of a learning curve: the consecutive steps `from` to `to` (exclusive), over which values are averaged. */
interface Point {
  readonly from: number
  readonly to: number
}

function pointsOf(count: number): Point[] {
  const length = Math.max(1, Math.ceil(count / most))
  return Array.from({ length: Math.ceil(count / length) }, (_, i) => ({
    from: i * length,
    to: Math.min(count, (i + 1) * length),
  }))
}

const lastOf = ({ to }: Point): number => to - 1

function mean(values: ArrayLike<number>, { from, to }: Point): number {
  let sum = 0
  for (let step = from; step < to; step++) sum += values[step]!
  return sum / (to - from)
}

/** Returns the values of an epoch's metrics by name, omitting metrics that are not single numbers. */
export function metricsOf(epoch: Epoch | undefined): Record<string, number> {
  if (epoch === undefined) return {}
  const { trainLoss, validationLoss, validationAccuracy, metrics } = epoch
  const all = Object.entries({ trainLoss, validationLoss, validationAccuracy, ...metrics })
  return Object.fromEntries(all.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

/** Returns logged curves of each batch normalization layer, by its path in the model; empty if none were logged. */
function layersOf(
  folder: string,
  steps: Steps,
  points: readonly Point[],
  optimizer: Optimizer,
): Record<string, LayerCurve> {
  const { logs = {} } = steps
  const paths = Object.keys(logs).flatMap((name) => layerOf(name, 'effectiveRate') ?? [])
  if (paths.length === 0) return {}
  const angles = anglesOf(folder, steps, points, optimizer)
  const means = (name: string): number[] =>
    name in logs ? points.map((point) => mean(logs[name]!, point)) : []
  const curveOf = (path: string): LayerCurve => ({
    steps: points.map(lastOf),
    effectiveRate: means(layerLog(path, 'effectiveRate')),
    angle: means(layerLog(path, 'angle')),
    ...(angles && { equilibrium: angles }),
  })
  return Object.fromEntries(paths.map((path) => [path, curveOf(path)]))
}

/** Returns the angle of the equilibrium at each point of a curve; undefined where it is unknown or there is none. */
function anglesOf(
  folder: string,
  { lrs }: Steps,
  points: readonly Point[],
  optimizer: Optimizer,
): number[] | undefined {
  const tensors = tensorsInside(join(folder, 'model.safetensors')) ?? new Map()
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  return equilibriumAngles(optimizer, shapes, lrs, points.map(lastOf))
}
