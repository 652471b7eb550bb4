import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hyperparameter, valueAt } from '../optim/hyperparameter.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { LayerCurve, TrialCurve, TrialResult } from './trial.ts'

/** A step's line in the log of a run. */
interface StepLine {
  readonly type: 'step'
  readonly step: number
  readonly loss: number
  readonly lr: number
  readonly [log: string]: unknown
}

interface EpochLine {
  readonly type: 'epoch'
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  readonly metrics?: Readonly<Record<string, unknown>>
  readonly time: { readonly seconds: number }
}

type Line = StepLine | EpochLine | { readonly type: 'start' | 'end' }

/** How many points a curve has, at most. */
const most = 100

/**
 * What the log of a run in a folder says of a trial. It is read, rather than added up on the way, so that a run that
 * went on from a checkpoint gives what one without a stop gives.
 */
export function readLog(
  folder: string,
  optimizer: Optimizer,
): Pick<TrialResult, 'metrics' | 'steps' | 'curve' | 'layers'> & { readonly training: number } {
  const text = readFileSync(join(folder, 'events.jsonl'), 'utf8')
  const lines = text.split('\n').flatMap((line): Line[] => (line === '' ? [] : [JSON.parse(line)]))
  const steps = lines.filter((line) => line.type === 'step')
  const epochs = lines.filter((line) => line.type === 'epoch')
  const points = pointsOf(steps)
  const layers = layersOf(points, optimizer)
  return {
    metrics: metricsOf(epochs.at(-1)),
    steps: steps.length,
    training: epochs.reduce((sum, { time }) => sum + time.seconds, 0),
    curve: {
      steps: points.map(({ last }) => last.step),
      trainLoss: points.map((point) => mean(point, 'loss')),
      lr: points.map(({ last }) => last.lr),
    } satisfies TrialCurve,
    ...(Object.keys(layers).length > 0 && { layers }),
  }
}

/** Steps that make one point of a curve. */
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

/** Numbers alone: what is not defined is left out. */
function metricsOf(epoch: EpochLine | undefined): Record<string, number> {
  if (epoch === undefined) return {}
  const { trainLoss, validationLoss, validationAccuracy, metrics } = epoch
  const all = Object.entries({ trainLoss, validationLoss, validationAccuracy, ...metrics })
  return Object.fromEntries(all.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

const rateKey = 'effectiveRate'
const angleKey = 'angle'

function layersOf(points: readonly Point[], optimizer: Optimizer): Record<string, LayerCurve> {
  const keys = Object.keys(points[0]?.last ?? {}).filter((key) => key.split('.').at(-1) === rateKey)
  const equilibrium = equilibriumOf(points, optimizer)
  const hasAngle = (path: string): boolean => points[0]?.last[path + angleKey] !== undefined
  return Object.fromEntries(
    keys.map((key) => {
      const path = key.slice(0, -rateKey.length)
      const curve: LayerCurve = {
        steps: points.map(({ last }) => last.step),
        effectiveRate: points.map((point) => mean(point, key)),
        angle: hasAngle(path) ? points.map((point) => mean(point, path + angleKey)) : [],
        ...(equilibrium && { equilibrium }),
      }
      return [path.replace(/\.$/, ''), curve]
    }),
  )
}

/**
 * The angle by which a step turns a weight when weight decay and gradients are in balance, √(2ηλ / (1 + μ)), at each
 * point: of SGD with momentum μ and weight decay λ. Source: Wan et al. 2020, https://arxiv.org/abs/2006.08419.
 */
function equilibriumOf(points: readonly Point[], { spec }: Optimizer): number[] | undefined {
  const {
    type,
    weightDecay = 0,
    momentum = 0,
  } = spec as {
    readonly type: string
    readonly weightDecay?: Hyperparameter
    readonly momentum?: Hyperparameter
  }
  if (type !== 'sgd' || weightDecay === 0) return undefined
  return points.map(({ last: { step, lr } }) =>
    Math.sqrt((2 * lr * valueAt(weightDecay, step)) / (1 + valueAt(momentum, step))),
  )
}
