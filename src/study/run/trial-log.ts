import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shape } from '../../core/shape.ts'
import { Variable } from '../../core/variable.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { equilibrium, type WeightRule, weightRule } from '../../optim/weight-rule.ts'
import type { EpochEvent } from '../../train/event.ts'
import { readEvents, type StepLine } from '../../train/event-log.ts'
import { readSafetensors } from '../../train/safetensors.ts'
import { layerLog, layerOf } from '../../train/watch.ts'
import type { LayerCurve, TrialResult } from '../trial.ts'
import { explosionOf } from './explosion.ts'

/** The part of a trial's result that is computed from its log. */
export interface Logged extends Pick<TrialResult, 'metrics' | 'steps' | 'curve' | 'layers'> {
  /** Seconds spent in training steps. */
  readonly training: number
  /** Why the trial counts as diverged although its losses are finite; undefined if it does not count so. */
  readonly explosion: string | undefined
}

/** Maximum number of points in a curve. */
const most = 100

/**
 * Returns the result of a trial, read from the log in its folder. As it is not accumulated during training,
 * it is the same for a resumed run as for an uninterrupted one.
 */
export function readLog(folder: string, optimizer: Optimizer): Logged {
  const lines = [...readEvents(folder)]
  const steps = lines.filter((line) => line.type === 'step')
  const epochs = lines.filter((line) => line.type === 'epoch')
  const points = pointsOf(steps)
  const layers = layersOf(folder, points, optimizer)
  const { trainLoss, validationLoss } = epochs.at(-1) ?? {}
  return {
    metrics: metricsOf(epochs.at(-1)),
    explosion: steps[0] && explosionOf(steps[0].loss, [steps.at(-1)!.loss, trainLoss, validationLoss]),
    steps: steps.length,
    training: epochs.reduce((sum, { time }) => sum + time.seconds, 0),
    curve: {
      steps: points.map(({ last }) => last.step),
      trainLoss: points.map((point) => mean(point, 'loss')),
      lr: points.map(({ last }) => last.lr),
    },
    ...(Object.keys(layers).length > 0 && { layers }),
  }
}

/** A point of a learning curve: the log lines of consecutive steps, over which values are averaged. */
interface Point {
  readonly lines: readonly StepLine[]
  readonly last: StepLine
}

function pointsOf(steps: readonly StepLine[]): Point[] {
  const length = Math.max(1, Math.ceil(steps.length / most))
  return Array.from({ length: Math.ceil(steps.length / length) }, (_, i) => {
    const lines = steps.slice(i * length, (i + 1) * length)
    return { lines, last: lines.at(-1)! }
  })
}

const mean = ({ lines }: Point, key: string): number =>
  lines.reduce((sum, line) => sum + Number(line[key]), 0) / lines.length

/** Maps the names of an epoch's metrics to their values; only metrics that are single numbers. */
export function metricsOf(epoch: Omit<EpochEvent, 'progress'> | undefined): Record<string, number> {
  if (epoch === undefined) return {}
  const { trainLoss, validationLoss, validationAccuracy, metrics } = epoch
  const all = Object.entries({ trainLoss, validationLoss, validationAccuracy, ...metrics })
  return Object.fromEntries(all.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

/** Maps the path of each batch normalization in the model to its logged curves; empty if none were logged. */
function layersOf(
  folder: string,
  points: readonly Point[],
  optimizer: Optimizer,
): Record<string, LayerCurve> {
  const { last = {} } = points[0] ?? {}
  const paths = Object.keys(last).flatMap((name) => layerOf(name, 'effectiveRate') ?? [])
  if (paths.length === 0) return {}
  const angles = anglesOf(folder, points, optimizer)
  const means = (name: string): number[] => (name in last ? points.map((point) => mean(point, name)) : [])
  const curveOf = (path: string): LayerCurve => ({
    steps: points.map(({ last }) => last.step),
    effectiveRate: means(layerLog(path, 'effectiveRate')),
    angle: means(layerLog(path, 'angle')),
    ...(angles && { equilibrium: angles }),
  })
  return Object.fromEntries(paths.map((path) => [path, curveOf(path)]))
}

/**
 * Returns, for each point of a curve, the angle in radians by which one step turns a weight once weight decay
 * and gradients balance; 0 if the rate is 0. Undefined without decay, without a model in the folder, and if
 * parameter groups give weights different angles, since the log does not say which weight feeds a layer.
 */
function anglesOf(folder: string, points: readonly Point[], optimizer: Optimizer): number[] | undefined {
  const [angles, ...others] = rulesOf(folder, points, optimizer).map((rule) =>
    points.map(({ last: { step } }) => equilibrium(rule, step)?.angle ?? 0),
  )
  const same = others.every((other) => other.every((angle, i) => angle === angles![i]))
  return same && angles?.some((angle) => angle > 0) ? angles : undefined
}

/** Returns how the optimizer updates weights of two or more axes: one rule for each set of rate and options. */
function rulesOf(folder: string, points: readonly Point[], optimizer: Optimizer): WeightRule[] {
  const file = join(folder, 'model.safetensors')
  if (!existsSync(file)) return []
  const matrices = [...readSafetensors(readFileSync(file), file)].filter(([, { shape }]) => shape.length >= 2)
  const attached = optimizer.attach(
    new Map(matrices.map(([name, { shape }]) => [name, standIn(shape)])),
    undefined,
    true,
  )
  const factors = new Float64Array(points.at(-1)!.last.step + 1).fill(1)
  for (const { step, lr } of points.flatMap(({ lines }) => lines)) {
    const scheduled = attached.lr(step)
    if (scheduled > 0) factors[step] = lr / scheduled
  }
  return [...new Set(attached.options.values())].map((options) => weightRule(optimizer, options, factors))
}

/** Makes a one-element variable with a weight's number of axes: parameter groups look at nothing else in it. */
function standIn(shape: Shape): Variable {
  const variable = new Variable(shape.map(() => 1))
  variable.initialize(0)
  return variable
}
